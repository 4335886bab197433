-- Checks recorded traffic against the protocol: nvim -l check.lua LOG…      LOG as tap.lua writes it.
-- As a module (dofile): a function: path of a log -> complaints, number of messages.
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local protocol = dofile(here .. '/shape.lua')(here .. '/metaModel.json')
local traffic = dofile(here .. '/../traffic.lua')

-- Methods of our own, which no metamodel has: the state, told to clients that announce experimental.treefillStatus.
local OURS = { 'treefill/status' }

-- What editors send and the metamodel does not have: who, in which property, why it is no fault of ours.
local KNOWN = {
  { from = 'editor', at = 'initialize.capabilities.workspace.diagnostic', why = 'Helix; the protocol says diagnostics' },
  {
    from = 'editor',
    at = 'initialize.capabilities.textDocument.diagnostic.markupMessageSupport',
    why = 'VS Code; in the final LSP 3.18, while the metamodel is of a draft',
  },
}

local DIRECTION = { editor = 'clientToServer', server = 'serverToClient' }
local PROGRESS = { begin = 'WorkDoneProgressBegin', report = 'WorkDoneProgressReport', ['end'] = 'WorkDoneProgressEnd' }
local ERRORS = { 'code', 'message', 'data' }
local MEMBERS = { 'jsonrpc', 'id', 'method', 'params', 'result', 'error' }

local function reference(name) return { kind = 'reference', name = name } end

local function check_only(value, names, where, complain)
  for name in pairs(value) do
    if not vim.list_contains(names, name) then complain(where .. '.' .. name, 'is not in the protocol') end
  end
end

local function check_call(entry, definition, complain)
  local method, params = entry.message.method, entry.message.params
  if not definition then
    if not vim.list_contains(OURS, method) then complain(method, 'is not in the protocol') end
    return
  end
  local direction = definition.messageDirection
  if direction ~= 'both' and direction ~= DIRECTION[entry.from] then complain(method, 'goes the wrong way') end
  if definition.params then
    protocol.check(definition.params, params, method, complain)
  elseif params ~= nil and params ~= vim.NIL and not (type(params) == 'table' and next(params) == nil) then
    complain(method, 'takes no parameters')
  end
  -- The value of a progress is LSPAny for the protocol; with a kind it is one of three.
  local value = method == '$/progress' and type(params) == 'table' and params.value
  if type(value) == 'table' and value.kind then
    local shape = PROGRESS[value.kind]
    if shape then protocol.check(reference(shape), value, method .. '.value', complain) else complain(method .. '.value.kind', 'is unknown') end
  end
end

local function check_answer(message, method, complain)
  local definition = protocol.requests[method]
  if message.error ~= nil then
    if message.result ~= nil then complain(method, 'has a result and an error') end
    if type(message.error) ~= 'table' or type(message.error.code) ~= 'number' or type(message.error.message) ~= 'string' then
      return complain(method .. '.error', 'is no error')
    end
    return check_only(message.error, ERRORS, method .. '.error', complain)
  end
  if definition then protocol.check(definition.result, message.result, method .. '.result', complain) end
end

local function known(from, at)
  return vim.iter(KNOWN):any(function(one) return one.from == from and one.at == at end)
end

local function check(path)
  local wrong, asked, count, line_number = {}, {}, 0, 0
  for line in io.lines(path) do
    line_number = line_number + 1
    local entry = vim.json.decode(line)
    local message = entry.message
    if message then
      count = count + 1
      local function complain(at, what)
        if known(entry.from, at) then return end
        wrong[#wrong + 1] = ('line %d, from %s: %s %s'):format(line_number, entry.from, at, what)
      end
      if message.jsonrpc ~= '2.0' then complain('jsonrpc', 'is not 2.0') end
      check_only(message, MEMBERS, 'the message', complain)
      if message.method then
        local list = message.id ~= nil and protocol.requests or protocol.notifications
        if message.id ~= nil then asked[entry.from .. vim.json.encode(message.id)] = message.method end
        check_call(entry, list[message.method], complain)
      else
        local other = entry.from == 'editor' and 'server' or 'editor'
        local method = asked[other .. vim.json.encode(message.id)]
        -- Who answers what nobody asked is found by traffic.lua.
        if method then check_answer(message, method, complain) end
      end
    end
  end
  vim.list_extend(wrong, (traffic(path)))
  if count == 0 then wrong[#wrong + 1] = 'there is no message' end
  return wrong, count
end

if not (arg and vim.endswith(arg[0] or '', 'metamodel/check.lua')) then return check end

local failed = #arg == 0
if failed then io.stdout:write('FAIL traffic: no recordings given\n') end
for _, path in ipairs(arg) do
  local wrong, count = check(path)
  failed = failed or #wrong > 0
  io.stdout:write(('%s traffic, %s: %d messages\n'):format(#wrong == 0 and 'ok  ' or 'FAIL', vim.fs.basename(path), count))
  for _, complaint in ipairs(wrong) do io.stdout:write('     ', complaint, '\n') end
end
os.exit(failed and 1 or 0)
