-- The workloads, for wrk: `wrk ... -s workloads.lua URL -- WORKLOAD CHANNELS_PATH TOKEN THIRD_PAGE`.
-- Prints the measurement as one line of JSON.

local workload, channels_path, shared_token, third_page
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

-- All pages of a user's 40 channels, with 5, 10, 20 and 40 channels per page.
local pages = {}
for _, per_page in ipairs({ 5, 10, 20, 40 }) do
  for number = 1, 40 / per_page do pages[#pages + 1] = "?page=" .. number .. "&per_page=" .. per_page end
end

-- 1,000 users in turn, each with its own token. Each user reads all pages in turn.
-- One request in 20 is a write: the creation of an own channel, or the deletion of the one made 1,020 requests before.
-- 1,020 = 25 * 40 + 20, so the number of a deletion (20 modulo 40) leads to that of a creation (0 modulo 40).
local function mixed()
  local function own_channel(number)
    -- Each round of 1,000 starts one user later; else the same 25 users would get all writes.
    local user_id = 20000 + (number + math.floor(number / 1000)) % 1000
    return user_id, "own" .. run_id .. "x" .. number .. "%40school.example"
  end
  local user_id, address = own_channel(sent)
  local body
  local method, path = "GET", pages[(user_id + math.floor(sent / 1000)) % #pages + 1]
  if sent % 40 == 0 then
    method, path, body = "POST", "", form(address)
  elseif sent % 40 == 20 and sent >= 1020 then
    user_id, address = own_channel(sent - 1020)
    method, path = "DELETE", "/email/" .. address
  end
  return method, channels_path(user_id) .. path, body, shared_token .. "-" .. user_id
end

local workloads = { list = list, page = page, mixed = mixed, create = create, recreate = recreate }

function init(args)
  workload, shared_token, third_page = workloads[args[1]], args[3], args[4]
  channels_path = function(user_id) return (string.gsub(args[2], "{}", user_id)) end
end

function request()
  local method, path, body, own_token = workload()
  sent = sent + 1
  local headers = { Authorization = "Bearer " .. (own_token or shared_token) }
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
