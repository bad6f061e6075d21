-- A stream is open, so its device is there; unless the device has just been revoked or removed, and the stream has not heard of it yet.
-- KEYS  1 times of the group's devices, 2 devices online, 3 stream, 4 state of the stream, 5 what is known of the device
-- ARGV  1 now in ms, 2 now as text, 3 channel, 4 group, 5 device
local ask = redis.call('HGET', KEYS[5], 'ask')
if ask and tonumber(ask) > tonumber(ARGV[1]) then
  return 0
end
sign_of_life(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[1]), ARGV[2])
return 1
