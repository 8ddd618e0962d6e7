-- Browsers side by side, each on a visit of 20 events; then the next visitor comes. Ids look like those that the guide's script makes: a
-- time and something random; events are stamped with the present time. VISITORS=N picks instead one of N returning visitors at random
-- for each event: the worst that an index can meet.
local ffi = require("ffi")

ffi.cdef("struct moment { long seconds; long microseconds; }; int gettimeofday(struct moment *now, void *zone);")

-- Of each script that takes its events from here.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  math.randomseed(os.time() * 7 + number)
end

local visits = {}
local moment = ffi.new("struct moment")

local returning = tonumber(os.getenv("VISITORS") or "0")
local browsers = math.max(1, math.floor(tonumber(os.getenv("BROWSERS") or "256")))
local events_of_visit = 20
local names = { "page_view", "page_view", "page_view", "scroll", "click", "form_submit", "add_to_cart", "purchase" }
local pages = { "/", "/pricing", "/landing", "/docs/start", "/blog/what-worked", "/checkout" }
local current = {}
local made = 0

function visits.word()
  return string.format("%08x", math.random(0, 4294967295))
end

-- The present time in milliseconds, as text. Lua itself knows whole seconds only, and events that jumped about within one would be
-- dearer to store than real ones, which come in their order.
function visits.now()
  made = made + 1
  ffi.C.gettimeofday(moment, nil)
  return string.format("%d%03d", tonumber(moment.seconds), tonumber(moment.microseconds) / 1000)
end

local function returning_visitor()
  local word = string.format("%08x", (math.random(returning) * 2654435761) % 4294967296)
  return { user = "glue_" .. word .. word, session = "session_" .. word }
end

-- The visit of the browser whose turn it is.
function visits.next(now)
  if returning > 0 then
    return returning_visitor()
  end
  local browser = made % browsers
  local visit = current[browser]
  if not visit or visit.left == 0 then
    visit = { user = "glue_" .. now .. "_" .. visits.word(), session = "session_" .. now .. "_" .. visits.word(), left = events_of_visit }
    current[browser] = visit
  end
  visit.left = visit.left - 1
  return visit
end

-- The members of an event but for whose it is.
function visits.event(session, now)
  return string.format(
    '"session_id":"%s","event":"%s","properties":{"url":"https://shop.example%s","title":"Landing Page","n":%d},"timestamp":%s',
    session, names[math.random(#names)], pages[math.random(#pages)], made, now)
end

-- A whole request, its head made by hand: wrk's own would be made anew for each.
function visits.post(path, body)
  return "POST " .. path .. " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

return visits
