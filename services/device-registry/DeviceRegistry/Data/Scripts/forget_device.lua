-- A device has changed hands or is gone: its presence is dropped, and for a while every beat for it is checked against the database,
-- also by an instance that has read the database before the change and writes down what it read after it.
-- KEYS  1 what is known of the device, 2 times of the group's devices, 3 devices online
-- ARGV  1 now in ms, 2 group, 3 device, 4 for how many ms
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('ZREM', KEYS[3], ARGV[2] .. ':' .. ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'ask', tonumber(ARGV[1]) + tonumber(ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
