-- Postgres has committed the link: whatever stands here, the pairing is approved. What the proof needed is dropped.
-- KEYS  1 state, 2 due times
-- ARGV  1 jti, 2 tenant, 3 user, 4 issuer, 5 exp, or '' when only the state knows, 6 visible until, 7 time to keep, 8.. names of nonce and device; times in ms
local exp = ARGV[5] ~= '' and ARGV[5] or redis.call('HGET', KEYS[1], 'exp') or 0
redis.call('HSET', KEYS[1], 'status', 'approved', 'reason', 'completed', 'tenant', ARGV[2], 'user', ARGV[3], 'issuer', ARGV[4],
  'exp', exp, 'until', ARGV[6])
redis.call('HDEL', KEYS[1], 'before', 'claim', 'claimed', unpack(ARGV, 8))
redis.call('PEXPIRE', KEYS[1], math.max(1, tonumber(ARGV[7])))
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
