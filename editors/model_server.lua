-- An inference server on loopback whose model writes what a file says, for the tests: nvim -l model_server.lua FOLDER
-- Its address stands in FOLDER/address. FOLDER/answer.json is read at each request for text: { text, logprob, hold }; while `hold` is
-- true the request waits. It speaks as llama.cpp's server does; its tokens are characters.
local uv = vim.uv
local folder = arg[1]
local CONTROL = { '<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|file_sep|>' }
-- The numbers of the control tokens begin here.
local FIRST = 2000000
local MODEL = { id = 'scripted', owned_by = 'llamacpp', meta = { n_params = 7000000000 } }
local CHARACTER = '[%z\1-\127\194-\244][\128-\191]*'

local function number_of(character)
  local first = character:byte()
  if first < 128 then return first end
  local number = first % (first < 224 and 32 or first < 240 and 16 or 8)
  for at = 2, #character do number = number * 64 + character:byte(at) % 64 end
  return number
end

local function character_of(number)
  if number < 128 then return string.char(number) end
  local bytes, lead, room = {}, 128, 64
  while number >= room do
    table.insert(bytes, 1, string.char(128 + number % 64))
    number, lead, room = math.floor(number / 64), lead / 2 + 128, room / 2
  end
  return string.char(lead % 256 + number) .. table.concat(bytes)
end

local function tokens_of(text, special)
  local tokens, at = {}, 1
  while at <= #text do
    local control
    for number, name in ipairs(special and CONTROL or {}) do
      if text:sub(at, at + #name - 1) == name then control = number end
    end
    local character = control and CONTROL[control] or text:match('^' .. CHARACTER, at) or text:sub(at, at)
    tokens[#tokens + 1] = control and FIRST + control - 1 or number_of(character)
    at = at + #character
  end
  return tokens
end

local function text_of(tokens)
  local out = {}
  for _, number in ipairs(tokens) do out[#out + 1] = number >= FIRST and CONTROL[number - FIRST + 1] or character_of(number) end
  return table.concat(out)
end

local function whole(client, status, value)
  local body = vim.json.encode(value)
  client:write(('HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s'):format(status, #body, body))
end

local function script()
  local file = io.open(folder .. '/answer.json', 'rb')
  local text = file and file:read('*a') or ''
  if file then file:close() end
  local ok, told = pcall(vim.json.decode, text)
  return ok and told or { hold = true }
end

-- Once nothing holds it back, a character at a time, each as likely as the script says.
local function write_text(client, begins)
  local told = script()
  if told.hold then
    local timer = uv.new_timer()
    return timer:start(30, 0, function()
      timer:close()
      if not client:is_closing() then write_text(client, begins) end
    end)
  end
  local function event(value)
    local text = ('data: %s\n\n'):format(vim.json.encode(value))
    client:write(('%x\r\n%s\r\n'):format(#text, text))
  end
  for character in (begins .. told.text):gmatch(CHARACTER) do
    local token = { id = number_of(character), token = character, bytes = { character:byte(1, -1) }, logprob = told.logprob }
    local probable = vim.tbl_extend('force', token, { top_logprobs = { token } })
    event({ content = character, stop = false, tokens = { token.id }, completion_probabilities = { probable } })
  end
  event({ content = '', stop = true, stop_type = 'eos' })
  client:write('0\r\n\r\n')
end

local function answer(client, path, body)
  if path == '/props' then
    return whole(client, '200 OK', { default_generation_settings = { n_ctx = 2048 }, model_path = '/m/scripted-coder.gguf' })
  elseif path == '/v1/models' then
    return whole(client, '200 OK', { data = { MODEL } })
  elseif path == '/tokenize' then
    return whole(client, '200 OK', { tokens = tokens_of(body.content, body.parse_special == true) })
  elseif path == '/detokenize' then
    return whole(client, '200 OK', { content = text_of(body.tokens) })
  elseif path == '/completion' and body.stream then
    client:write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    -- What has been typed of a word is asked for by a grammar.
    return write_text(client, (body.grammar or ''):match('^root ::= "([%w_ ]*)" ') or '')
  elseif path == '/completion' then
    return whole(client, '200 OK', { content = 'x', stop = true, stop_type = 'limit' })
  end
  whole(client, '404 Not Found', vim.empty_dict())
end

local server = assert(uv.new_tcp())
assert(server:bind('127.0.0.1', 0))
server:listen(16, function()
  local client, got = assert(uv.new_tcp()), ''
  server:accept(client)
  client:read_start(function(_, bytes)
    if not bytes then
      if not client:is_closing() then client:close() end
      return
    end
    got = got .. bytes
    while true do
      local head, last = got:find('\r\n\r\n', 1, true)
      local length = head and tonumber(got:sub(1, head):lower():match('content%-length: *(%d+)') or 0)
      if not length or #got < last + length then return end
      local path, body = got:match('^%u+ (%S+)'), got:sub(last + 1, last + length)
      got = got:sub(last + length + 1)
      answer(client, path, length > 0 and vim.json.decode(body) or {})
    end
  end)
end)
local file = assert(io.open(folder .. '/address.part', 'w'))
file:write(('127.0.0.1:%d'):format(server:getsockname().port))
file:close()
assert(os.rename(folder .. '/address.part', folder .. '/address'))
vim.wait(2 ^ 30, function() return false end, 1000)
