-- A stream is open: it holds its place, and its device is there.
-- KEYS  1 times of the group's devices, 2 devices online, 3 stream, 4 state of the stream
-- ARGV  1 now in ms, 2 now as text, 3 channel, 4 group, 5 device
sign_of_life(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[1]), ARGV[2])
return 1
