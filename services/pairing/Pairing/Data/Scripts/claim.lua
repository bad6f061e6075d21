-- A complete takes the pairing for itself: pending → verifying. A claim that is too old is taken over.
-- KEYS  1 state, 2 due times
-- ARGV  1 now, 2 jti, 3 tenant, 4 user, 5 issuer, 6 claim id, 7 lifetime of a claim, 8 lifetime of an index,
--       9.. names of the values that are wanted; times in ms
-- Answer: {'ok', values} or {refusal}; the order of the refusals is the contract's (§5.2)
local now = tonumber(ARGV[1])
local state = redis.call('HMGET', KEYS[1], 'status', 'exp', 'tenant', 'user', 'issuer', 'claimed')
if not state[1] or now >= tonumber(state[2]) then return {'not_found'} end
if state[3] ~= ARGV[3] then return {'tenant_mismatch'} end
if state[4] ~= ARGV[4] or state[5] ~= ARGV[5] then return {'not_found'} end
if state[1] == 'approved' then return {'replayed'} end
local stale = state[1] == 'verifying' and now >= tonumber(state[6]) + tonumber(ARGV[7])
if state[1] ~= 'pending' and not stale then return {'not_pending'} end

redis.call('HSET', KEYS[1], 'status', 'verifying', 'claim', ARGV[6], 'claimed', now)
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[7]), ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[8])
return {'ok', redis.call('HMGET', KEYS[1], unpack(ARGV, 9))}
