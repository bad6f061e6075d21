-- The session of a claimed handoff waits for its device, unless the handoff was cancelled in between.
-- KEYS  1 the handoff
-- ARGV  1 new state, 2 the sealed result
-- Answer: 1 when it waits
if redis.call('HGET', KEYS[1], 'state') ~= 'claimed' then
  return 0
end
redis.call('HMSET', KEYS[1], 'state', ARGV[1], 'result', ARGV[2])
return 1
