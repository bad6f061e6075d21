-- Generic cell rate algorithm (ITU-T I.371, virtual scheduling) for several requests, one after the other, each on two buckets at once: its
-- operation's and the global one. A bucket is the time at which it will be full again; a request moves that time on by one emission
-- interval. Both buckets have to have room, or neither is touched, unless the request was let through already: then both are moved on.
-- KEYS  for each request its two buckets; several requests may have the same
-- ARGV  1 now, then for each request the emission interval and the window of both, and 1 if it is through already; times in microseconds
-- Answer for each request: number of the bucket that refuses or 0, its wait, then for both the time at which it is full again
local now = tonumber(ARGV[1])
local full, moved = {}, {}
for i, stored in ipairs(redis.call('MGET', unpack(KEYS))) do
  full[KEYS[i]] = math.max(tonumber(stored or 0), now)
end

local answer = {}
for k = 1, #KEYS, 2 do
  local refused, wait = 0, 0
  local first = 2 + 5 * (k - 1) / 2
  for i = 1, 2 do
    local emission, window = tonumber(ARGV[first + 2 * i - 2]), tonumber(ARGV[first + 2 * i - 1])
    local missing = full[KEYS[k + i - 1]] + emission - window - now
    if ARGV[first + 4] == '0' and missing > 0 and missing > wait then
      refused, wait = i, missing
    end
  end
  if refused == 0 then
    for i = 1, 2 do
      local key = KEYS[k + i - 1]
      full[key] = full[key] + tonumber(ARGV[first + 2 * i - 2])
      moved[key] = true
    end
  end
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = refused, wait, full[KEYS[k]], full[KEYS[k + 1]]
end

-- Ten seconds longer than it takes: the clock of whoever asks is not the one by which keys expire.
for key in pairs(moved) do
  redis.call('SET', key, string.format('%.0f', full[key]), 'PX', math.ceil((full[key] - now) / 1000) + 10000)
end
return answer
