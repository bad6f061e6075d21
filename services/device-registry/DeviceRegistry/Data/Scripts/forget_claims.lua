-- A group has another name: what was found out before that moment about members by a name does not count for beats any more.
-- KEYS  1 state of the group's stream
-- ARGV  1 that moment and a while, in ms, for instances that have read the old name and write it down after it; 2 for how many ms it matters
redis.call('HSET', KEYS[1], 'renamed', ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
