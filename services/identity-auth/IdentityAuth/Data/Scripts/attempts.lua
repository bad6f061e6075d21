-- A sliding window over attempts that can be forgiven: at most so many in any window, exactly. A refused attempt leaves nothing
-- behind, in none of the sets.
-- KEYS  one sorted set per limit
-- ARGV  1 now, 2 name of this attempt, then for each limit its number and its window; times in ms
-- Answer: 0, or the time to wait
local now = tonumber(ARGV[1])
local wait = 0
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local count = redis.call('ZCARD', key)
  if count >= limit then
    -- When this one has left the window there is room again.
    local leaving = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
    wait = math.max(wait, tonumber(leaving[2]) + window - now)
  end
end
if wait > 0 then
  return wait
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[2])
  redis.call('PEXPIRE', key, tonumber(ARGV[2 + 2 * i]))
end
return 0
