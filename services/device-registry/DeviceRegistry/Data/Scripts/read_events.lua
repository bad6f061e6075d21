-- What came after an event, if nothing in between is lost.
-- KEYS  1 stream, 2 state
-- ARGV  1 now in ms, 2 the id that the reader knows, or nothing, 3 how many entries at most
-- Answer: 1 and the newest id, then the entries; 0 and the newest id when the reader cannot be brought up to date
local newest = redis.call('HGET', KEYS[2], 'newest')
if not newest then
  -- Nothing has ever happened here, or Redis has lost it: every id from now on is newer than this one.
  newest = string.format('%.0f-0', tonumber(ARGV[1]))
  redis.call('HSET', KEYS[2], 'newest', newest)
  redis.call('PEXPIRE', KEYS[2], STATE_TTL)
  return { ARGV[2] == '' and 1 or 0, newest }
end
if ARGV[2] == '' or ARGV[2] == newest then
  return { 1, newest }
end
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+', 'COUNT', ARGV[3])
local first = entries[1]
if not first or first[2][2] ~= ARGV[2] then
  return { 0, newest }
end
local ms = tonumber(string.sub(first[1], 1, string.find(first[1], '-', 1, true) - 1))
if ms < tonumber(ARGV[1]) - EVENT_AGE then
  return { 0, newest }
end
-- A break further on: what comes before it is of no use any more, because what comes after it cannot follow.
for i = 2, #entries do
  if entries[i][2][2] ~= entries[i - 1][1] then
    return { 0, newest }
  end
end
return { 1, newest, entries }
