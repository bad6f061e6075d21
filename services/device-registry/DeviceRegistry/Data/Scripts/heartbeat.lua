-- Beats, one after the other: may this caller beat for this device, is it one too many, and does it change the device's status?
-- KEYS  1 devices online
-- ARGV  1 now in ms, 2 now as text, 3 channel, 4 beats allowed or 0, 5 in how many ms, 6 ms for which a check is good,
--       7 ms between two writes of the time to the database, 8 what all names begin with, then for each beat lines: group, device, 1 when the
--       caller was just checked against the database, name of the group by which he is a member or nothing when a row says so, caller, and the
--       names of the caller's groups, if any, with a line break before and after each
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

local function beat(group, device, is_checked, group_name, caller, groups)
  -- As StreamKeys names them.
  local name = group .. ':' .. device
  local known, beats = ARGV[8] .. 'device:' .. name, ARGV[8] .. 'beats:' .. name
  local seen, stream, state = ARGV[8] .. 'seen:' .. group, ARGV[8] .. 'stream:' .. group, ARGV[8] .. 'state:' .. group
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

  sign_of_life(seen, KEYS[1], stream, state, ARGV[3], group, device, now, ARGV[2])

  local write = not written or tonumber(written) + tonumber(ARGV[7]) <= now
  if write then
    redis.call('HSET', known, 'written', now)
  end
  redis.call('PEXPIRE', known, ARGV[6])
  return write and 1 or 0
end

local answers = {}
for i = 9, #ARGV do
  answers[i - 8] = beat(string.match(ARGV[i], '^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)(.*)$'))
end
return answers
