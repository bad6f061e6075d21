-- Checks a code that was sent by text message. KEYS[1]: hash with the code's keyed hash and the wrong tries so far.
-- ARGV: tries after which the code is dead, then the keyed hashes that what was given may have.
-- Returns 1 and deletes the code if it is right, otherwise 0.
local code = redis.call('HGET', KEYS[1], 'code')
if not code then
    return 0
end
for i = 2, #ARGV do
    if code == ARGV[i] then
        redis.call('DEL', KEYS[1])
        return 1
    end
end
if redis.call('HINCRBY', KEYS[1], 'wrong', 1) >= tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
end
return 0
