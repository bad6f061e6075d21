-- A phone announces itself: created → pending, in one step with nonce and device. A realm's pairing is made here.
-- KEYS  1 state, 2 the user's unfinished pairings, 3 due times
-- ARGV  1 now, 2 jti, 3 tenant, 4 user, 5 issuer, 6 exp of a pairing that may be made now, or '', 7 its user name,
--       8 retention after the end, 9 lifetime of an index, 10.. names and values of nonce and device; times in ms
-- Answer: {'ok', exp, user name} or {refusal}; the order of the refusals is the contract's (§5.1)
local now = tonumber(ARGV[1])
local state = redis.call('HMGET', KEYS[1], 'status', 'exp', 'tenant', 'user', 'issuer', 'username')
local exp, username = state[2], state[6]

if not state[1] then
  if ARGV[6] == '' then return {'not_found'} end
  exp, username = ARGV[6], ARGV[7]
end
if now >= tonumber(exp) then return {'not_found'} end
if state[1] then
  if state[3] ~= ARGV[3] then return {'tenant_mismatch'} end
  -- The same jti from another issuer or for another user is another pairing, which does not exist.
  if state[4] ~= ARGV[4] or state[5] ~= ARGV[5] then return {'not_found'} end
  if state[1] ~= 'created' then return {'already_initialized'} end
else
  redis.call('HSET', KEYS[1], 'tenant', ARGV[3], 'user', ARGV[4], 'issuer', ARGV[5], 'username', username,
    'exp', exp, 'until', tonumber(exp) + tonumber(ARGV[8]))
  redis.call('PEXPIRE', KEYS[1], tonumber(exp) - now + tonumber(ARGV[8]))
  redis.call('SADD', KEYS[2], ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[9])
  redis.call('ZADD', KEYS[3], exp, ARGV[2])
  redis.call('PEXPIRE', KEYS[3], ARGV[9])
end

redis.call('HSET', KEYS[1], 'before', state[1] and redis.call('HGET', KEYS[1], 'reason') or '',
  'status', 'pending', 'reason', 'initialized', unpack(ARGV, 10))
return {'ok', exp, username}
