-- The device looks. What waits is handed out once and gone.
-- KEYS  1 the handoff
-- ARGV  1 digest of its secret, or empty from a device of old
-- Answer: state, expiry in ms, result
local values = redis.call('HMGET', KEYS[1], 'state', 'expires', 'result', 'secret')
if ARGV[1] ~= '' and ARGV[1] ~= values[4] then
  return {false, false, false}
end
if values[1] == 'completed' then
  redis.call('DEL', KEYS[1])
end
return values
