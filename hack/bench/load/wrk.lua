-- Sends the requests of a file in turn, and prints what came of them as JSON.
-- The file has one path a line; headers come from the command line.
local paths, count, i = {}, 0, 0

function init(args)
  for line in io.lines(args[1]) do
    count = count + 1
    paths[count] = wrk.format("GET", line)
  end
end

function request()
  i = i + 1
  if i > count then i = 1 end
  return paths[i]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nresult {"requests":%d,"microseconds":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}\n',
    summary.requests, summary.duration, e.connect, e.read, e.write, e.timeout, e.status))
end
