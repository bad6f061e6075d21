-- An attempt has failed. KEYS[1]: the ticket. ARGV[1]: failures after which it is burnt.
-- Returns whether there was such a ticket.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 0
end
if redis.call('HINCRBY', KEYS[1], 'failures', 1) >= tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
end
return 1
