-- The suggestions of each buffer: what was asked, what was answered, what of it fits the present text, and taking it.
-- Who draws them is not known here: a drawer gets `show` and `hide` calls.
local client = require('treefill.client')
local fit = require('treefill.fit')

local M = {}

--- The trigger kind of a request that the user makes by a key (LSP: InlineCompletionTriggerKind.Invoked).
M.INVOKED = 1

--- @class treefill.State
--- @field serial integer the newest request
--- @field pending integer? its id while it is not answered
--- @field items treefill.Item[]
--- @field index integer which of them is shown, from 1
--- @field encoding string
--- @field invoked { row: integer, column: integer, line: string }? where a key has asked, and nothing changed since

--- @class treefill.Item
--- @field text string
--- @field row integer from 0
--- @field asked { line: string, from: integer, to: integer? } in bytes
--- @field last { row: integer, column: integer }? where the replaced part ends, when that is another row
--- @field command table?

--- @type table<integer, treefill.State>
local states = {}

--- @param buffer integer
--- @return treefill.State
function M.of(buffer)
  states[buffer] = states[buffer] or { serial = 0, items = {}, index = 1 }
  return states[buffer]
end

vim.api.nvim_create_autocmd('BufWipeout', {
  group = vim.api.nvim_create_augroup('treefill.suggestion', {}),
  callback = function(event) states[event.buf] = nil end,
})

local function line_of(buffer, row) return vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or '' end

--- Turns to the next suggestion, or to the one before (-1). A key as you type gets one only, so more are asked for first.
--- @param show fun() draws the one that `index` then names
--- @param ask fun(after: fun()) asks for all there are
function M.cycle(buffer, step, show, ask)
  local state = M.of(buffer)
  local function turn()
    local count = #state.items
    if count < 2 then return end
    state.index = (state.index - 1 + step) % count + 1
    show()
  end
  if #state.items > 1 then turn() else ask(turn) end
end

--- Where the cursor is: row and column from 0.
local function cursor()
  local at = vim.api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

--- A new request is about to be sent; the previous one is not waited for any more. Where a key has asked and nothing changed
--- since, what the editor asks by itself is sent as if the key had asked: else its answer hides the one to the key.
--- @param params table? of the request; its trigger kind may change
--- @return { serial: integer, row: integer, column: integer, line: string } # to be given to `answered`
function M.asking(buffer, from, params)
  local state = M.of(buffer)
  state.serial = state.serial + 1
  if state.pending then
    client.cancel(from, state.pending)
    state.pending = nil
  end
  local row, column = cursor()
  local place = { row = row, column = column, line = line_of(buffer, row) }
  local context = params and params.context
  if context and context.triggerKind == M.INVOKED then
    state.invoked = place
  elseif context and vim.deep_equal(state.invoked, place) then
    context.triggerKind = M.INVOKED
  else
    state.invoked = nil
  end
  return vim.tbl_extend('error', { serial = state.serial }, place)
end

--- Nothing that is asked for is wanted any more.
function M.abandon(buffer)
  local from = client.of(buffer)
  if from then M.asking(buffer, from) end
  M.of(buffer).items = {}
end

--- The user hides what is shown: the server is told, and shows it there no more.
--- @return boolean # whether there was something
function M.dismiss(buffer)
  local current, from = M.current(buffer), client.of(buffer)
  M.abandon(buffer)
  if not current then return false end
  local command = current.item.command
  local id = command and command.arguments and command.arguments[1] and command.arguments[1].id
  local provider = from and from.server_capabilities.executeCommandProvider or {}
  -- A server of an earlier version does not know it.
  if id and vim.tbl_contains(provider.commands or {}, 'treefill.dismissed') then
    client.run(from, { command = 'treefill.dismissed', arguments = { { id = id } } }, buffer)
  end
  return true
end

-- The line that an item is for. Mostly the one that was asked for; but where typing went on as suggested, the server answers
-- for the text as it became meanwhile: the present line without what may have been typed since.
local function base(buffer, first, question, encoding)
  local there = client.from_byte(question.line, question.column, encoding)
  if first.line == question.row and first.character == there then return question.line, question.column end
  local row, column = cursor()
  local line = line_of(buffer, row)
  local from = client.to_byte(line, first.character, encoding)
  if row ~= first.line or column < from then return nil end
  return line:sub(1, from) .. line:sub(column + 1), from
end

local function read(buffer, item, question, encoding)
  -- The server always sends plain text and a range that begins at the cursor.
  if type(item.insertText) ~= 'string' or not item.range or vim.api.nvim_get_current_buf() ~= buffer then return nil end
  local first, last = item.range.start, item.range['end']
  local line, from = base(buffer, first, question, encoding)
  if not line then return nil end
  local same_row = last.line == first.line
  local column = client.to_byte(same_row and line or line_of(buffer, last.line), last.character, encoding)
  return {
    text = item.insertText,
    row = first.line,
    asked = { line = line, from = from, to = same_row and column or nil },
    last = not same_row and { row = last.line, column = column } or nil,
    command = item.command,
  }
end

--- Takes an answer in.
--- @return boolean # whether it is the one that is waited for
function M.answered(buffer, question, result, encoding)
  local state = M.of(buffer)
  if state.serial ~= question.serial then return false end
  -- Where a key has asked and the editor asks again by itself, what the user has chosen stays chosen.
  local place = { row = question.row, column = question.column, line = question.line }
  local chosen = vim.deep_equal(state.invoked, place) and state.items[state.index] or nil
  state.pending, state.items, state.index, state.encoding = nil, {}, 1, encoding
  -- It says no longer that the model is thinking.
  vim.cmd.redrawstatus()
  for _, item in ipairs(result and (result.items or result) or {}) do
    state.items[#state.items + 1] = read(buffer, item, question, encoding)
  end
  for index, item in ipairs(state.items) do
    if chosen and item.row == chosen.row and item.text == chosen.text then state.index = index end
  end
  return true
end

--- What of the shown suggestion can be put at the cursor now; nil when nothing of it.
--- @return { text: string, row: integer, column: integer, to: { row: integer, column: integer }, item: treefill.Item }?
function M.current(buffer)
  local state = states[buffer]
  local item = state and state.items[state.index]
  if not item or vim.api.nvim_get_current_buf() ~= buffer then return nil end
  local row, column = cursor()
  if row ~= item.row then return nil end
  local rest = fit.rest(item.text, item.asked, { line = line_of(buffer, row), column = column })
  if not rest then return nil end
  local to = item.last or { row = row, column = rest.to }
  return { text = rest.text, row = row, column = column, to = to, item = item }
end

--- @return string # what stands between the cursor and the end of the replaced part, in the same line
function M.between(buffer, current)
  if current.to.row ~= current.row then return '' end
  return line_of(buffer, current.row):sub(current.column + 1, current.to.column)
end

-- What is left becomes a suggestion of its own, made for the text as it is now.
local function keep_rest(buffer, item, rest, after)
  local row, column = cursor()
  local same_row = after.row == row
  M.of(buffer).items = {
    {
      text = rest,
      row = row,
      asked = { line = line_of(buffer, row), from = column, to = same_row and after.column or nil },
      last = not same_row and after or nil,
      command = item.command,
    },
  }
  M.of(buffer).index = 1
end

-- The first part of a module's path is what the text calls it.
local function name_of(source)
  local name = source.alias or (source.name ~= '' and source.name) or source.module
  return name:match('^[%w_\128-\255]+') or name
end

-- A part of the suggestion was taken: what that part uses is imported now. The server adds only what is missing.
local function import(buffer, from, command, text)
  local argument = command and command.arguments and command.arguments[1]
  local imports = argument and argument.imports
  local function is_used(source) return text:find('%f[%w_]' .. vim.pesc(name_of(source)) .. '%f[^%w_]') ~= nil end
  local sources = imports and vim.tbl_filter(is_used, imports.sources) or {}
  if #sources == 0 then return end
  local wanted = vim.tbl_extend('force', imports, { sources = sources })
  client.run(from, { command = 'treefill.import', arguments = { wanted } }, buffer)
end

--- Puts the suggestion, or its first word or line, into the text.
--- @param part 'all'|'word'|'line'
--- @return 'all'|'part'|nil # nil: there was nothing to take
function M.take(buffer, part)
  local current = M.current(buffer)
  if not current then return nil end
  local text = part == 'all' and current.text or fit[part](current.text)
  local whole = text == current.text
  local to = whole and current.to or { row = current.row, column = current.column }
  -- One undo takes back what was accepted, the next one what was typed before (:help undo-break).
  vim.cmd('let &g:undolevels = &g:undolevels')
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(buffer, current.row, current.column, to.row, to.column, lines)
  local row, column = current.row + #lines - 1, (#lines == 1 and current.column or 0) + #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + 1, column })
  local from = client.of(buffer)
  if whole then
    M.of(buffer).items = {}
    -- Any answer on its way is for a text that is gone.
    if from then M.asking(buffer, from) end
    local command = current.item.command
    if from and command then client.run(from, command, buffer) end
    return 'all'
  end
  if from then
    M.asking(buffer, from)
    local taken = vim.api.nvim_buf_get_text(buffer, current.row, 0, row, column, {})
    import(buffer, from, current.item.command, table.concat(taken, '\n'))
  end
  local after = vim.deepcopy(current.to)
  if after.row == current.row then
    after = { row = row, column = column + current.to.column - current.column }
  else
    after.row = after.row + #lines - 1
  end
  keep_rest(buffer, current.item, current.text:sub(#text + 1), after)
  return 'part'
end

--- The present suggestion as an item of the protocol, for a drawer that wants one.
function M.as_item(buffer)
  local current = M.current(buffer)
  if not current then return nil end
  local encoding = M.of(buffer).encoding
  local function position(row, column)
    return { line = row, character = client.from_byte(line_of(buffer, row), column, encoding) }
  end
  return {
    insertText = current.text,
    range = { start = position(current.row, current.column), ['end'] = position(current.to.row, current.to.column) },
    command = current.item.command,
  }
end

return M
