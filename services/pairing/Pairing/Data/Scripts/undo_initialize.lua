-- The commit behind an init failed: the pairing can be initialized again.
-- KEYS  1 state, 2 the user's unfinished pairings, 3 due times
-- ARGV  1 jti, 2 nonce of that init, 3.. names of nonce and device
local state = redis.call('HMGET', KEYS[1], 'status', 'nonce', 'before')
if state[1] ~= 'pending' or state[2] ~= ARGV[2] then
  return 0
end
if state[3] == '' then
  redis.call('DEL', KEYS[1])
  redis.call('SREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('HSET', KEYS[1], 'status', 'created', 'reason', state[3])
  redis.call('HDEL', KEYS[1], 'before', unpack(ARGV, 3))
end
return 1
