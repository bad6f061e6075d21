-- Reserves an attempt at a ticket. KEYS[1]: the ticket. ARGV[1]: attempts that may be open or have failed.
-- Returns its user, stamp and invite code; nothing if there is no ticket or its attempts are used up.
local ticket = redis.call('HMGET', KEYS[1], 'user', 'stamp', 'invite', 'attempts')
if not ticket[1] or tonumber(ticket[4] or '0') >= tonumber(ARGV[1]) then
    return nil
end
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
return { ticket[1], ticket[2], ticket[3] }
