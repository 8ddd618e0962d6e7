-- /glue/sync: what a browser has kept, 100 events of one new visitor a request, with ids of the client's own.
local visits = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "visits.lua")

function request()
  local now = visits.now()
  local word = visits.word()
  local session = "session_" .. now .. "_" .. word
  local events = {}
  for i = 1, 100 do
    local time = visits.now()
    events[i] = '{"event_id":"evt_' .. time .. "_" .. visits.word() .. '",' .. visits.event(session, time) .. "}"
  end
  return visits.post("/glue/sync", '{"glue_user_id":"glue_' .. now .. "_" .. word .. '","data":{"events":[' .. table.concat(events, ",") .. ']},"synced_at":' .. now .. "}")
end
