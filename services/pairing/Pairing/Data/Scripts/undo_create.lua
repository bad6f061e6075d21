-- A create's answer was lost, or the commit behind it failed: takes the new pairing back and gives the superseded ones their state again.
-- KEYS  1 state of the new pairing, 2 the user's unfinished pairings, 3 due times
-- ARGV  1 now, 2 jti, 3 retention after the end, 4 lifetime of an index, 5 prefix of state keys; times in ms
local created = redis.call('HMGET', KEYS[1], 'status', 'superseded')
if created[1] ~= 'created' then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])

for jti, before, reason in string.gmatch(created[2] or '', '(%S+) (%S+) (%S+)') do
  local key = ARGV[5] .. jti
  local state = redis.call('HMGET', key, 'status', 'reason', 'exp')
  if state[1] == 'denied' and state[2] == 'superseded' then
    local last = tonumber(state[3]) + tonumber(ARGV[3])
    -- A claim that was stale then is not given back.
    local status = before == 'verifying' and 'pending' or before
    redis.call('HSET', key, 'status', status, 'reason', reason, 'until', last)
    redis.call('PEXPIRE', key, math.max(1, last - tonumber(ARGV[1])))
    redis.call('SADD', KEYS[2], jti)
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
    redis.call('ZADD', KEYS[3], state[3], jti)
    redis.call('PEXPIRE', KEYS[3], ARGV[4])
  end
end
return 1
