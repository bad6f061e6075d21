-- Removes a handoff, whatever its state.
-- KEYS  1 the handoff
-- Answer: the result that waited, or nothing
local result = redis.call('HGET', KEYS[1], 'result')
redis.call('DEL', KEYS[1])
return result
