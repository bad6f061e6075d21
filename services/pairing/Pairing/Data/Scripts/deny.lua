-- The proof was refused: verifying → denied, by the holder of the claim only.
-- KEYS  1 state, 2 due times
-- ARGV  1 now, 2 jti, 3 claim id, 4 reason, 5 retention after the end; times in ms
local state = redis.call('HMGET', KEYS[1], 'status', 'claim')
if state[1] ~= 'verifying' or state[2] ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], 'status', 'denied', 'reason', ARGV[4], 'until', tonumber(ARGV[1]) + tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
