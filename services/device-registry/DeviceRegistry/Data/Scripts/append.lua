-- Part of other scripts: how an event is appended to a group's stream.
-- Each entry names the one before it (field p), so that a reader can prove that it has missed nothing: the first entry after the one
-- it knows has to name that one. The newest id is kept apart and for longer than the entries, because a group may be quiet for hours.
-- Ids come from the service's clock, and grow even where two instances' clocks differ.
local EVENTS_KEPT = 1000
local EVENT_AGE = 15 * 60 * 1000
local STREAM_TTL = 16 * 60 * 1000
local STATE_TTL = 24 * 60 * 60 * 1000

-- fields: what the entry says; is_broken: whether something before it is missing
local function append(stream, state, now, fields, is_broken)
  local previous = redis.call('HGET', state, 'newest')
  local ms, seq = now, 0
  if previous then
    local dash = string.find(previous, '-', 1, true)
    local previous_ms = tonumber(string.sub(previous, 1, dash - 1))
    if previous_ms >= ms then
      ms, seq = previous_ms, tonumber(string.sub(previous, dash + 1)) + 1
    end
  end
  local id = string.format('%.0f-%.0f', ms, seq)
  redis.call('XADD', stream, 'MAXLEN', '=', EVENTS_KEPT, id, 'p', not is_broken and previous or '', unpack(fields))
  redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f-0', now - EVENT_AGE))
  redis.call('PEXPIRE', stream, STREAM_TTL)
  redis.call('HSET', state, 'newest', id)
  redis.call('PEXPIRE', state, STATE_TTL)
end
