-- GETDEL, which the client does not know: KEYS[1] is read and deleted.
local value = redis.call('GET', KEYS[1])
if value then
    redis.call('DEL', KEYS[1])
end
return value
