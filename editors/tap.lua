-- Stands between an editor and a language server, passes everything on, and writes down every message.
-- nvim -l tap.lua LOG SERVER ARGUMENT…     LOG gets one JSON object per line: {from, at, message}, and at last {exit}.
local uv = vim.uv
local log = assert(io.open(arg[1], 'w'))
local command, arguments = arg[2], vim.list_slice(arg, 3)
local start, over = uv.hrtime(), false

local function note(entry)
  entry.at = math.floor((uv.hrtime() - start) / 1e6)
  log:write(vim.json.encode(entry), '\n')
  log:flush()
end

-- A function that is given bytes as they come, and notes each message that is complete.
local function reader(from)
  local pending = ''
  return function(bytes)
    pending = pending .. bytes
    while true do
      local head, body = pending:find('\r\n\r\n', 1, true)
      local length = head and tonumber(pending:sub(1, head):match('[Cc]ontent%-[Ll]ength: *(%d+)'))
      if not length or #pending < body + length then return end
      note({ from = from, message = vim.json.decode(pending:sub(body + 1, body + length)) })
      pending = pending:sub(body + length + 1)
    end
  end
end

local input, output = uv.new_pipe(false), uv.new_pipe(false)
local editor_in, editor_out = uv.new_pipe(false), uv.new_pipe(false)
editor_in:open(0)
editor_out:open(1)
local server = uv.spawn(command, { args = arguments, stdio = { input, output, 2 } }, function(code, signal)
  note({ exit = code, signal = signal })
  over = true
end)
assert(server, 'cannot start ' .. command)

local from_editor, from_server = reader('editor'), reader('server')
editor_in:read_start(function(_, bytes)
  if not bytes then return input:shutdown() end
  input:write(bytes)
  from_editor(bytes)
end)
output:read_start(function(_, bytes)
  if not bytes then return end
  editor_out:write(bytes)
  from_server(bytes)
end)

-- An editor ends its servers by a signal when it is in a hurry. The log must tell how the server itself ended.
for _, name in ipairs({ 'sigterm', 'sigint', 'sighup' }) do
  uv.new_signal():start(name, function() note({ signal_to_tap = name }) end)
end
vim.wait(2 ^ 30, function() return over end, 5)
