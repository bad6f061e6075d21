-- A sliding window over attempts that can be forgiven: at most so many in any window, exactly. A refused attempt leaves nothing
-- behind, in none of the sets.
-- KEYS  one sorted set per limit
-- ARGV  1 now, 2 name of this attempt, then for each limit its number and its window; times in ms
-- Answer: number of the limit that refuses or 0, and the time to wait
local now = tonumber(ARGV[1])
local reached, wait = 0, 0
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local count = redis.call('ZCARD', key)
  if count >= limit then
    -- When this one has left the window there is room again.
    local leaving = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
    local missing = tonumber(leaving[2]) + window - now
    if missing > wait then
      reached, wait = i, missing
    end
  end
end
if reached > 0 then
  return {reached, wait}
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[2])
  redis.call('PEXPIRE', key, tonumber(ARGV[2 + 2 * i]))
end
return {0, 0}
