-- Part of other scripts: how a sign of life is recorded. The times are values, by the service's clock; the keys' own end only tidies up.
local PRESENCE_WINDOW = 90 * 1000
local PRESENCE_TTL = 24 * 60 * 60 * 1000

-- A device that was not online becomes so, and its group is told.
local function sign_of_life(seen, online, stream, state, channel, group, device, now, now_text)
  local before = redis.call('HGET', seen, device)
  if before and tonumber(before) >= now then
    return
  end
  redis.call('HSET', seen, device, now)
  redis.call('PEXPIRE', seen, PRESENCE_TTL)
  redis.call('ZADD', online, now, group .. ':' .. device)
  redis.call('PEXPIRE', online, PRESENCE_TTL)
  if not before or tonumber(before) + PRESENCE_WINDOW <= now then
    append(stream, state, now, { 'e', 'device_presence', 'd',
      '{"groupId":' .. group .. ',"deviceId":"' .. device .. '","status":"online","lastSeenAt":"' .. now_text .. '","at":"' .. now_text .. '"}' })
    redis.call('PUBLISH', channel, group)
  end
end
