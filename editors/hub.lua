-- A hub of models with one file, on loopback, in the process of the test, and a catalogue that knows the file.
local M = {}
local CHUNK = 1048576

local function headers(status, length, more)
  return ('HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n'):format(status, length, more or '')
end

-- Sends a part after the other, so that there is progress to see.
local function send(client, text, at)
  local part = text:sub(at, at + CHUNK - 1)
  if part == '' then return client:shutdown(function() client:close() end) end
  client:write(part, function(err)
    if err then return client:close() end
    send(client, text, at + CHUNK)
  end)
end

local function answer(client, request, content)
  local method, path = request:match('^(%u+) (%S+)')
  if not path:match('/resolve/') then return send(client, headers('404 Not Found', 0), 1) end
  if method == 'HEAD' then return send(client, headers('200 OK', #content), 1) end
  local from = tonumber(request:lower():match('range: bytes=(%d+)%-')) or 0
  local part = content:sub(from + 1)
  local range = from > 0 and ('Content-Range: bytes %d-%d/%d\r\n'):format(from, #content - 1, #content) or nil
  send(client, headers(from > 0 and '206 Partial Content' or '200 OK', #part, range) .. part, 1)
end

--- The file of the model inside the program, unpacked.
--- @return string?, string # what the program said
function M.built_in(server)
  local info = vim.system({ server, 'model', 'info', 'built-in' }, { text = true }):wait()
  local cache = vim.env.XDG_CACHE_HOME or (vim.env.HOME .. '/.cache')
  return vim.fn.glob(cache .. '/treefill/models/*.gguf', true, true)[1], info.stderr
end

--- Writes a catalogue into the folder of the settings that has the model of the program under another name, `tiny`.
function M.catalogue(file, config)
  local sha = vim.system({ 'sha256sum', file }, { text = true }):wait().stdout:match('^%x+')
  local text = ([==[
[[model]]
name = "tiny"
title = "Tiny"
family = "starcoder"
parameters = 15300000
licence = "gemma"
context = 1024
languages = "Python, Rust"
memory_mb = 40
speed = "small"
[[model.quant]]
name = "Q8_0"
repository = "test/tiny"
revision = "main"
file = "tiny.gguf"
bytes = %d
exact = true
sha256 = "%s"
]==]):format(vim.uv.fs_stat(file).size, sha)
  vim.fn.mkdir(config, 'p')
  vim.fn.writefile(vim.split(text, '\n'), config .. '/catalogue.toml')
end

--- Serves the file: its address, and a function that ends it.
function M.start(file)
  local handle = assert(io.open(file, 'rb'))
  local content = handle:read('*a')
  handle:close()
  local server = assert(vim.uv.new_tcp())
  assert(server:bind('127.0.0.1', 0))
  server:listen(8, function()
    local client = assert(vim.uv.new_tcp())
    server:accept(client)
    local got = ''
    client:read_start(function(_, data)
      got = got .. (data or '')
      if got:find('\r\n\r\n', 1, true) then
        client:read_stop()
        answer(client, got, content)
      elseif not data then
        client:close()
      end
    end)
  end)
  return ('http://127.0.0.1:%d'):format(server:getsockname().port), function() server:close() end
end

return M
