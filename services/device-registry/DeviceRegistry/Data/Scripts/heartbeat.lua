-- Beats, one after the other: may this caller beat for this device, is it one too many, and does it change the device's status?
-- KEYS  for each: 1 what is known of the device, 2 its last beats, 3 times of the group's devices, 4 devices online, 5 stream, 6 state of the stream
-- ARGV  1 now in ms, 2 now as text, 3 channel, 4 beats allowed or 0, 5 in how many ms, 6 ms for which a check is good,
--       7 ms between two writes of the time to the database, then for each: 1 group, 2 device, 3 caller,
--       4 names of the caller's groups, each between newlines, 5 1 when the caller was just checked against the database,
--       6 name of the group by which he is a member, or nothing when a row says so
-- Answer for each: 0 done; 1 done, and the time is to be written; -1 check against the database first; -2 - n: too many, wait n ms
local now = tonumber(ARGV[1])
local limit, window = tonumber(ARGV[4]), tonumber(ARGV[5])

-- Whether the caller is a member by the name that he was checked with, and the group still had that name then.
local function claims(state, groups, member_of, good_until)
  if not string.find(groups, '\n' .. member_of .. '\n', 1, true) then
    return false
  end
  local renamed = redis.call('HGET', state, 'renamed')
  return not renamed or good_until - tonumber(ARGV[6]) >= tonumber(renamed)
end

local function beat(known, beats, seen, online, stream, state, group, device, caller, groups, is_checked, group_name)
  local ask, good_until, owner, member_of, written = unpack(redis.call('HMGET', known, 'ask', 'until', 'owner', 'group', 'written'))
  local must_ask = ask and tonumber(ask) > now
  if is_checked == '1' then
    if must_ask then
      -- Revoked or removed a moment ago, after the database was read: the beat was before that, and brings nothing back.
      return 0
    end
    redis.call('HSET', known, 'owner', caller, 'group', group_name, 'until', now + tonumber(ARGV[6]))
  elseif must_ask or not good_until or tonumber(good_until) <= now or owner ~= caller
      or (member_of ~= '' and not claims(state, groups, member_of, tonumber(good_until))) then
    return -1
  end

  if limit > 0 then
    local oldest = redis.call('LINDEX', beats, limit - 1)
    if oldest and tonumber(oldest) + window > now then
      return -2 - (tonumber(oldest) + window - now)
    end
    redis.call('LPUSH', beats, now)
    redis.call('LTRIM', beats, 0, limit - 1)
    redis.call('PEXPIRE', beats, window)
  end

  sign_of_life(seen, online, stream, state, ARGV[3], group, device, now, ARGV[2])

  local write = not written or tonumber(written) + tonumber(ARGV[7]) <= now
  if write then
    redis.call('HSET', known, 'written', now)
  end
  redis.call('PEXPIRE', known, ARGV[6])
  return write and 1 or 0
end

local answers = {}
for i = 0, #KEYS / 6 - 1 do
  local k, a = i * 6, 7 + i * 6
  answers[i + 1] = beat(KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4], KEYS[k + 5], KEYS[k + 6],
    ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5], ARGV[a + 6])
end
return answers
