-- Checks a log written by tap.lua: every request was answered once, by the other side, and the server ended well. Nothing
-- failed, but for what was cancelled.
-- Returns a function: path -> list of what is wrong, counts by method.
local function key(side, id) return side .. ' ' .. vim.json.encode(id) end

return function(path)
  local open, cancelled, wrong, counts, exit = {}, {}, {}, {}, nil
  local function complain(...) wrong[#wrong + 1] = string.format(...) end
  for line in io.lines(path) do
    local entry = vim.json.decode(line)
    local message = entry.message
    if entry.exit then
      exit = entry
    elseif message and message.method then
      counts[message.method] = (counts[message.method] or 0) + 1
      if message.method == '$/cancelRequest' then cancelled[key(entry.from, message.params.id)] = true end
      -- Who leaves waits for nothing any more: what is still open then may be answered as cancelled.
      if message.method == 'exit' then
        for at in pairs(open) do cancelled[at] = true end
      end
      if message.id ~= nil then
        local at = key(entry.from, message.id)
        if open[at] then complain('%s used the id %s again before its answer', entry.from, at) end
        open[at] = message.method
      end
    elseif message then
      local other = entry.from == 'editor' and 'server' or 'editor'
      local at = key(other, message.id)
      if not open[at] then complain('%s answered %s, which nobody asked', entry.from, at) end
      if message.result == nil and message.error == nil then complain('the answer to %s has neither result nor error', at) end
      -- -32801 (content modified) is the one that an editor expects in the course of typing; -32800 where it cancelled.
      local code = message.error and message.error.code
      if code == -32800 and not cancelled[at] then
        complain('%s was answered as cancelled, and nobody cancelled it', open[at])
      elseif code and code ~= -32800 and code ~= -32801 then
        complain('%s failed: %s', open[at], vim.json.encode(message.error))
      end
      open[at] = nil
    end
  end
  for at, method in pairs(open) do complain('no answer: %s (%s)', method, at) end
  if not exit then
    complain('the server did not end')
  elseif exit.exit ~= 0 or exit.signal ~= 0 then
    complain('the server ended with code %d, signal %d', exit.exit, exit.signal)
  end
  return wrong, counts
end
