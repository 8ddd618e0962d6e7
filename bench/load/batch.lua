-- /glue/batch: 1,000 new events a request, of the browsers side by side, without ids of their own.
local visits = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "visits.lua")

function request()
  local items = {}
  for i = 1, 1000 do
    local now = visits.now()
    local visit = visits.next(now)
    items[i] = '{"type":"track","glue_user_id":"' .. visit.user .. '",' .. visits.event(visit.session, now) .. "}"
  end
  return visits.post("/glue/batch", '{"batch":[' .. table.concat(items, ",") .. "]}")
end
