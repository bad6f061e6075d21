-- Appends what one change of a group tells. Changes are numbered: one that was appended before is left out, and after one that is missing
-- readers learn that they have lost something.
-- KEYS  1 stream, 2 state
-- ARGV  1 now in ms, 2 channel, 3 group, 4 the change's number, 5.. four values per entry: name, data, only for, closures
-- Answer: 1, or 0 when it was done before
local number = tonumber(ARGV[4])
local known = redis.call('HGET', KEYS[2], 'number')
if known and tonumber(known) >= number then
  return 0
end
local is_broken = known and tonumber(known) + 1 < number
for i = 5, #ARGV, 4 do
  append(KEYS[1], KEYS[2], tonumber(ARGV[1]), { 'e', ARGV[i], 'd', ARGV[i + 1], 'o', ARGV[i + 2], 'c', ARGV[i + 3], 'n', ARGV[4] }, is_broken)
  is_broken = false
end
redis.call('HSET', KEYS[2], 'number', ARGV[4])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
