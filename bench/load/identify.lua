-- /glue/identify: a new visitor a request, with traits and a campaign.
local visits = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "visits.lua")

function request()
  local now = visits.now()
  local word = visits.word()
  return visits.post("/glue/identify", string.format(
    '{"glue_user_id":"glue_%s_%s","email":"%s@shop.example","traits":{"fname":"Test","lname":"User"},"context":{"utm_source":"google","session_id":"session_%s"}}',
    now, word, word, now))
end
