-- One browser confirms a pending handoff. The claim is taken back if the session cannot be made.
-- KEYS  1 the handoff
-- ARGV  1 now in ms
-- Answer: 0 unknown or not pending, 1 past its time, 2 claimed
local state, expires = unpack(redis.call('HMGET', KEYS[1], 'state', 'expires'))
if state ~= 'pending' then
  return 0
end
if tonumber(expires) <= tonumber(ARGV[1]) then
  return 1
end
redis.call('HSET', KEYS[1], 'state', 'claimed')
return 2
