-- A language server inside the driven editor, whose suggestions the test scripts: what the real one would have to be lucky
-- for (several suggestions, several lines, answers that come late) comes as often as it is wanted.
Script = { delay = 0, encoding = 'utf-16', asked = {}, cancelled = {}, accepted = {}, dismissed = {}, settings = nil, items = function() return {} end }

local READY = { id = 'ready', short = 'ready', sentence = 'Suggestions are ready.', level = 'normal' }
local THINKING = { id = 'thinking', short = 'thinking', sentence = 'The model is thinking.', level = 'busy' }

local function capabilities()
  return {
    positionEncoding = Script.encoding,
    textDocumentSync = 1,
    inlineCompletionProvider = true,
    executeCommandProvider = { commands = { 'treefill.accepted', 'treefill.dismissed', 'treefill.status' } },
  }
end

-- One item per text; the range is empty, or ends (and begins) where the script says.
local function items(params)
  local texts, last, first = Script.items(params.context.triggerKind)
  return vim.iter(texts):map(function(text)
    return {
      insertText = text,
      range = { start = first or params.position, ['end'] = last or params.position },
      command = { title = 'accepted', command = 'treefill.accepted', arguments = { { id = #Script.asked } } },
    }
  end):totable()
end

function Serve()
  local number, closing = 0, false
  local function result(method, params)
    if method == 'initialize' then return { capabilities = capabilities() } end
    if method == 'textDocument/inlineCompletion' then
      Script.asked[#Script.asked + 1] = params.context.triggerKind
      return { items = items(params) }
    end
    if params.command == 'treefill.status' then return { engine = { state = 'ready' }, paused = false, state = READY, thinking = THINKING } end
    if params.command == 'treefill.dismissed' then table.insert(Script.dismissed, params.arguments[1].id) end
    if params.command == 'treefill.accepted' then table.insert(Script.accepted, params.arguments[1].id) end
    return vim.NIL
  end
  return {
    request = function(method, params, callback, forget)
      number = number + 1
      local id, answer = number, result(method, params)
      vim.defer_fn(function()
        if Script.cancelled[id] then return end
        if forget then forget(id) end
        callback(nil, answer)
      end, method == 'textDocument/inlineCompletion' and Script.delay or 0)
      return true, id
    end,
    notify = function(method, params)
      if method == 'workspace/didChangeConfiguration' then Script.settings = params.settings end
      if method == '$/cancelRequest' then Script.cancelled[params.id] = true end
      return true
    end,
    is_closing = function() return closing end,
    terminate = function() closing = true end,
  }
end
