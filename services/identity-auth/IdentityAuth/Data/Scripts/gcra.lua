-- Generic cell rate algorithm (ITU-T I.371, virtual scheduling) for several requests, one after the other, each on two buckets at once: its
-- operation's and the global one. A bucket is the time at which it will be full again; a request moves that time on by one emission
-- interval. Both buckets have to have room, or neither is touched.
-- KEYS  for each request its two buckets
-- ARGV  1 now, then for each request the emission interval and the window of both; times in microseconds
-- Answer for each request: number of the bucket that refuses or 0, its wait, then for both the time at which it is full again
local now = tonumber(ARGV[1])
local answer = {}
for request = 0, #KEYS / 2 - 1 do
  local refused, wait = 0, 0
  local full = {}
  for i = 1, 2 do
    local emission, window = tonumber(ARGV[4 * request + 2 * i]), tonumber(ARGV[4 * request + 2 * i + 1])
    local stored = math.max(tonumber(redis.call('GET', KEYS[2 * request + i]) or 0), now)
    local missing = stored + emission - window - now
    if missing > 0 and missing > wait then
      refused, wait = i, missing
    end
    full[i] = stored
  end
  if refused == 0 then
    for i = 1, 2 do
      full[i] = full[i] + tonumber(ARGV[4 * request + 2 * i])
      redis.call('SET', KEYS[2 * request + i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1)
    end
  end
  answer[4 * request + 1], answer[4 * request + 2] = refused, wait
  answer[4 * request + 3], answer[4 * request + 4] = full[1], full[2]
end
return answer
