-- The four loads, for wrk: `wrk ... -s load.lua URL -- LOAD PREFIX TOKEN PAGE`. Prints its figures as one line of JSON.

local load, collection, token, third_page
-- wrk asks for one request more than it sends, before all others.
local sent = -1
local from = os.time() % 100000

local function list() return "GET", collection(1) end

local function page() return "GET", collection(2) .. third_page end

-- A person takes no more than about a hundred channels, so the loads go around.
local function create()
  local address = "made" .. from .. "x" .. sent .. "%40school.example"
  return "POST", collection(10000 + sent % 2000),
    "communication_channel%5Baddress%5D=" .. address .. "&communication_channel%5Btype%5D=email"
end

-- 200 deletions, then 200 creations of the same: an address is long deleted when it is made again.
local function recreate()
  local person = 1000 + sent % 200
  local address = "person" .. person .. "-1%40school.example"
  if math.floor(sent / 200) % 2 == 0 then return "DELETE", collection(person) .. "/email/" .. address end
  return "POST", collection(person),
    "communication_channel%5Baddress%5D=" .. address .. "&communication_channel%5Btype%5D=email"
end

local loads = { list = list, page = page, create = create, recreate = recreate }

function init(args)
  load, token, third_page = loads[args[1]], args[3], args[4]
  collection = function(person) return (string.gsub(args[2], "{}", person)) end
end

function request()
  local method, path, body = load()
  sent = sent + 1
  local headers = { Authorization = "Bearer " .. token }
  if body then headers["Content-Type"] = "application/x-www-form-urlencoded" end
  return wrk.format(method, path, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
