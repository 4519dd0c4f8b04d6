-- The four workloads, for wrk: `wrk ... -s workloads.lua URL -- WORKLOAD CHANNELS_PATH TOKEN THIRD_PAGE`.
-- Prints the measurement as one line of JSON.

local workload, channels_path, token, third_page
-- wrk calls request() once before the first request that it sends.
local sent = -1
local run_id = os.time() % 100000

local function form(address)
  return "communication_channel%5Baddress%5D=" .. address .. "&communication_channel%5Btype%5D=email"
end

local function list() return "GET", channels_path(1) end

local function page() return "GET", channels_path(2) .. third_page end

-- A user accepts about a hundred channels, so the requests rotate through 2,000 users.
local function create()
  local address = "made" .. run_id .. "x" .. sent .. "%40school.example"
  return "POST", channels_path(10000 + sent % 2000), form(address)
end

-- 200 deletions, then 200 creations of the same channels, so that a creation never overtakes its deletion.
local function recreate()
  local user_id = 1000 + sent % 200
  local address = "person" .. user_id .. "-1%40school.example"
  if math.floor(sent / 200) % 2 == 0 then return "DELETE", channels_path(user_id) .. "/email/" .. address end
  return "POST", channels_path(user_id), form(address)
end

local workloads = { list = list, page = page, create = create, recreate = recreate }

function init(args)
  workload, token, third_page = workloads[args[1]], args[3], args[4]
  channels_path = function(user_id) return (string.gsub(args[2], "{}", user_id)) end
end

function request()
  local method, path, body = workload()
  sent = sent + 1
  local headers = { Authorization = "Bearer " .. token }
  if body then headers["Content-Type"] = "application/x-www-form-urlencoded" end
  return wrk.format(method, path, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "error_responses": %d, "socket_errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
