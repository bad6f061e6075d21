-- The device looks. What waits is handed out once and gone.
-- KEYS  1 the handoff
-- Answer: state, expiry in ms, result
local values = redis.call('HMGET', KEYS[1], 'state', 'expires', 'result')
if values[1] == 'completed' then
  redis.call('DEL', KEYS[1])
end
return values
