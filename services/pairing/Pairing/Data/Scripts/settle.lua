-- The sweep: gives pairings whose time has come, and which are not linked, the state they are due.
-- An expired pairing stays among the due ones until its event is safe, so that a crash in between only repeats it.
-- KEYS  1 due times
-- ARGV  1 now, 2 lifetime of a claim, 3 prefix of state keys, 4.. jtis; times in ms
-- Answer: for each expired pairing: jti, tenant, user, exp
local now = tonumber(ARGV[1])
local answer = {}
for i = 4, #ARGV do
  local jti, key = ARGV[i], ARGV[3] .. ARGV[i]
  local state = redis.call('HMGET', key, 'status', 'exp', 'tenant', 'user', 'claimed')
  local status = state[1]
  if status == 'verifying' then
    local ends = tonumber(state[5]) + tonumber(ARGV[2])
    if now < ends then
      redis.call('ZADD', KEYS[1], ends, jti)
    else
      -- Nobody is at work any more: the claim is given back.
      status = 'pending'
      redis.call('HSET', key, 'status', status)
      redis.call('HDEL', key, 'claim', 'claimed')
    end
  end
  if status == 'created' or status == 'pending' then
    if now < tonumber(state[2]) then
      redis.call('ZADD', KEYS[1], state[2], jti)
    else
      status = 'expired'
      redis.call('HSET', key, 'status', status, 'reason', 'expired')
    end
  end
  if status == 'expired' then
    for _, value in ipairs({jti, state[3], state[4], state[2]}) do answer[#answer + 1] = value end
  elseif not status or status == 'approved' or status == 'denied' then
    redis.call('ZREM', KEYS[1], jti)
  end
end
return answer
