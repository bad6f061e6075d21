-- An attempt was neither right nor wrong: it is given back. KEYS[1]: the ticket.
if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HINCRBY', KEYS[1], 'attempts', -1)
end
return 1
