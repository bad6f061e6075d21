-- Removes a handoff, whatever its state.
-- KEYS  1 the handoff
-- ARGV  1 digest of its secret, or empty from who does not know it
-- Answer: the result that waited, or nothing
local result, secret = unpack(redis.call('HMGET', KEYS[1], 'result', 'secret'))
if ARGV[1] ~= '' and ARGV[1] ~= secret then
  return false
end
redis.call('DEL', KEYS[1])
return result
