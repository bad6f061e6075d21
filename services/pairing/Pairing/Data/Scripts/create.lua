-- A tenant creates a pairing. Ends the user's unfinished ones as superseded, then writes the new one.
-- KEYS  1 state of the new pairing, 2 the user's unfinished pairings, 3 due times
-- ARGV  1 now, 2 jti, 3 exp, 4 retention after the end, 5 lifetime of a claim, 6 lifetime of an index, 7 prefix of state keys,
--       8.. names and values of the new state; times in ms
-- Answer: {'busy'} while a proof is at work on one of them, else {'ok', reason, jtis of the superseded ones}
local now = tonumber(ARGV[1])
local exp = tonumber(ARGV[3])
local retention = tonumber(ARGV[4])

local unfinished = {}
for _, jti in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local key = ARGV[7] .. jti
  local state = redis.call('HMGET', key, 'status', 'reason', 'exp', 'claimed')
  local status = state[1]
  if status == 'verifying' and now < tonumber(state[4]) + tonumber(ARGV[5]) then
    return {'busy'}
  end
  -- What is past its end is left to the sweep: it is EXPIRED, not superseded.
  if (status == 'created' or status == 'pending' or status == 'verifying') and now < tonumber(state[3]) then
    unfinished[#unfinished + 1] = {jti = jti, key = key, status = status, reason = state[2]}
  end
end

-- What undo_create needs is kept with the new pairing: this answer may be lost.
local before = {}
local answer = {'ok', #unfinished == 0 and 'created' or 'recreated'}
for _, old in ipairs(unfinished) do
  redis.call('HSET', old.key, 'status', 'denied', 'reason', 'superseded', 'until', now + retention)
  -- A stale claim ends here: whoever held it must not release the pairing back to pending.
  redis.call('HDEL', old.key, 'claim', 'claimed')
  redis.call('PEXPIRE', old.key, retention)
  redis.call('ZREM', KEYS[3], old.jti)
  answer[#answer + 1] = old.jti
  before[#before + 1] = table.concat({old.jti, old.status, old.reason}, ' ')
end

redis.call('HSET', KEYS[1], 'status', 'created', 'reason', answer[2], 'exp', exp, 'until', exp + retention, 'superseded', table.concat(before, ' '), unpack(ARGV, 8))
redis.call('PEXPIRE', KEYS[1], exp - now + retention)
redis.call('DEL', KEYS[2])
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('ZADD', KEYS[3], exp, ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
return answer
