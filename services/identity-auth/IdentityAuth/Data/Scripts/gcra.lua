-- Generic cell rate algorithm (ITU-T I.371, virtual scheduling) on several buckets at once. A bucket is the time at which it will be
-- full again; a request moves that time on by one emission interval. All buckets have to have room, or none is touched.
-- KEYS  one per bucket
-- ARGV  1 now, then for each bucket its emission interval and its window; times in microseconds
-- Answer: number of the bucket that refuses or 0, its wait, then for each bucket the time at which it is full again
local now = tonumber(ARGV[1])
local refused, wait = 0, 0
local full = {}
for i, key in ipairs(KEYS) do
  local emission, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local stored = math.max(tonumber(redis.call('GET', key) or 0), now)
  local missing = stored + emission - window - now
  if missing > 0 and missing > wait then
    refused, wait = i, missing
  end
  full[i] = stored
end
if refused == 0 then
  for i, key in ipairs(KEYS) do
    full[i] = full[i] + tonumber(ARGV[2 * i])
    redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1)
  end
end
return {refused, wait, unpack(full)}
