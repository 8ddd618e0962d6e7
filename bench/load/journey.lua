-- GET /glue/user: the journey of one of JOURNEYS visitors that bench/disk has filled in, 100 events each.
local journeys = tonumber(os.getenv("JOURNEYS") or "100")

function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", string.format("/glue/user/journey_%04d", math.random(0, journeys - 1)))
end
