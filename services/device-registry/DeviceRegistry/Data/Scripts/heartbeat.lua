-- One beat: may this caller beat for this device, is it one too many, and does it change the device's status?
-- KEYS  1 what is known of the device, 2 its last beats, 3 times of the group's devices, 4 devices online, 5 stream, 6 state of the stream
-- ARGV  1 now in ms, 2 now as text, 3 channel, 4 group, 5 device, 6 caller, 7 names of the caller's groups, each between newlines,
--       8 1 when the caller was just checked against the database, 9 name of the group by which he is a member, or nothing when a row says so,
--       10 beats allowed or 0, 11 in how many ms, 12 ms for which the check is good, 13 ms between two writes of the time to the database
-- Answer: 0 done; 1 done, and the time is to be written; -1 check against the database first; -2 and the ms to wait
local now = tonumber(ARGV[1])
local ask, good_until, owner, group_name, written = unpack(redis.call('HMGET', KEYS[1], 'ask', 'until', 'owner', 'group', 'written'))
local must_ask = ask and tonumber(ask) > now

if ARGV[8] == '1' then
  if not must_ask then
    redis.call('HSET', KEYS[1], 'owner', ARGV[6], 'group', ARGV[9], 'until', now + tonumber(ARGV[12]))
  end
elseif must_ask or not good_until or tonumber(good_until) <= now or owner ~= ARGV[6]
    or (group_name ~= '' and not string.find(ARGV[7], '\n' .. group_name .. '\n', 1, true)) then
  return { -1 }
end

local limit, window = tonumber(ARGV[10]), tonumber(ARGV[11])
if limit > 0 then
  local oldest = redis.call('LINDEX', KEYS[2], limit - 1)
  if oldest and tonumber(oldest) + window > now then
    return { -2, tonumber(oldest) + window - now }
  end
  redis.call('LPUSH', KEYS[2], now)
  redis.call('LTRIM', KEYS[2], 0, limit - 1)
  redis.call('PEXPIRE', KEYS[2], window)
end

sign_of_life(KEYS[3], KEYS[4], KEYS[5], KEYS[6], ARGV[3], ARGV[4], ARGV[5], now, ARGV[2])

local write = not written or tonumber(written) + tonumber(ARGV[13]) <= now
if write then
  redis.call('HSET', KEYS[1], 'written', now)
end
redis.call('PEXPIRE', KEYS[1], ARGV[12])
return { write and 1 or 0 }
