-- Takes or keeps one of a caller's places for streams in a group. A place that is not kept is free again after a while: its instance
-- may have died.
-- KEYS  1 his places
-- ARGV  1 now in ms, 2 the stream, 3 until when it is held in ms, 4 how many places there are, 5 ms after which nobody remembers them
-- Answer: 1, or 0 when all are taken
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if not redis.call('ZSCORE', KEYS[1], ARGV[2]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
