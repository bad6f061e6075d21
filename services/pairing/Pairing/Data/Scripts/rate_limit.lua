-- A sliding window: at most so many uses in any window, exactly. The last uses are kept as a list, newest first; the use at
-- position limit - 1 has to be out of the window. A refused attempt leaves nothing behind, in none of the lists.
-- KEYS  one list per limit
-- ARGV  1 now, 2 window, 3.. the limit of each; times in ms
-- Answer: 0, or the time to wait
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait = 0
for i, key in ipairs(KEYS) do
  local oldest = redis.call('LINDEX', key, tonumber(ARGV[2 + i]) - 1)
  if oldest then
    wait = math.max(wait, tonumber(oldest) + window - now)
  end
end
if wait > 0 then
  return wait
end
for i, key in ipairs(KEYS) do
  redis.call('LPUSH', key, now)
  redis.call('LTRIM', key, 0, tonumber(ARGV[2 + i]) - 1)
  redis.call('PEXPIRE', key, window)
end
return 0
