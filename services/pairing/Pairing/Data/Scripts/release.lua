-- A complete failed for reasons of ours: verifying → pending, also when it had been denied already and the commit failed.
-- KEYS  1 state, 2 due times
-- ARGV  1 now, 2 jti, 3 claim id, 4 retention after the end, 5 lifetime of an index; times in ms
local state = redis.call('HMGET', KEYS[1], 'status', 'claim', 'exp')
if (state[1] ~= 'verifying' and state[1] ~= 'denied') or state[2] ~= ARGV[3] then
  return 0
end
local last = tonumber(state[3]) + tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'status', 'pending', 'reason', 'initialized', 'until', last)
redis.call('HDEL', KEYS[1], 'claim', 'claimed')
redis.call('PEXPIRE', KEYS[1], math.max(1, last - tonumber(ARGV[1])))
redis.call('ZADD', KEYS[2], state[3], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
