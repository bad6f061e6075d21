-- A device that gave no sign of life for the whole window is not online any more, and its group is told; once, whoever looks.
-- KEYS  1 devices online, 2 stream, 3 state of the stream
-- ARGV  1 now in ms, 2 channel, 3 group, 4 device, 5 the last sign of life that the caller saw, in ms, 6 the event's data
local member = ARGV[3] .. ':' .. ARGV[4]
local seen = redis.call('ZSCORE', KEYS[1], member)
if not seen or tonumber(seen) ~= tonumber(ARGV[5]) then
  return 0
end
redis.call('ZREM', KEYS[1], member)
append(KEYS[2], KEYS[3], tonumber(ARGV[1]), { 'e', 'device_presence', 'd', ARGV[6] })
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
