-- The check of recorded traffic that all editors share, for a driver that is not Lua: nvim -l traffic.lua LOG…
-- Prints {wrong, counts} of each log as a line of JSON.
local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
local traffic = dofile(here .. '/../../../traffic.lua')
for _, log in ipairs(arg) do
  local wrong, counts = traffic(log)
  io.stdout:write(vim.json.encode({ wrong = wrong, counts = next(counts) and counts or vim.empty_dict() }), '\n')
end
