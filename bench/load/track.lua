-- /glue/track: one new event a request, in the shape of the guide's own. EVENT_ID=1 gives each an id of the client's own.
local visits = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "visits.lua")

local own_ids = os.getenv("EVENT_ID") == "1"

function request()
  local now = visits.now()
  local visit = visits.next(now)
  local id = own_ids and ',"event_id":"evt_' .. now .. "_" .. visits.word() .. '"' or ""
  return visits.post("/glue/track", '{"glue_user_id":"' .. visit.user .. '",' .. visits.event(visit.session, now) .. id .. "}")
end
