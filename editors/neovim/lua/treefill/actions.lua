-- What treefill can do at the cursor: its code actions, without those of other servers.
local words = require('treefill.words')
local client = require('treefill.client')

local M = {}

-- What other servers have said about these lines, as they said it.
local function diagnostics(buffer, first, last)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    local told = vim.tbl_get(diagnostic, 'user_data', 'lsp')
    if told and told.range and diagnostic.lnum <= last and (diagnostic.end_lnum or diagnostic.lnum) >= first then
      found[#found + 1] = told
    end
  end
  return found
end

local function apply(from, buffer, action)
  if action.edit then vim.lsp.util.apply_workspace_edit(action.edit, from.offset_encoding) end
  -- A bare command is an action too; then `command` is its name.
  local command = type(action.command) == 'string' and action or action.command
  if command then client.run(from, command, buffer) end
end

-- Some actions come without their edit, which is asked for when they are chosen.
local function resolve(from, buffer, action)
  local provider = from.server_capabilities.codeActionProvider
  local can = type(provider) == 'table' and provider.resolveProvider
  if action.edit or action.command or not can then return apply(from, buffer, action) end
  client.request(from, 'codeAction/resolve', action, function(err, resolved)
    if err then return vim.notify(words.ours(err.message), vim.log.levels.ERROR) end
    apply(from, buffer, resolved or action)
  end, buffer)
end

-- Those with a name, as the server gives them: in `data`, or in the command of a client that cannot resolve.
local function named(actions, name)
  if not name then return actions end
  return vim.tbl_filter(function(action)
    local command = type(action.command) == 'table' and action.command or action
    local data = action.data or (command.arguments or {})[1]
    return type(data) == 'table' and data.action == name
  end, actions or {})
end

-- Some lines (from 0, the last one included) in the protocol's words.
local function lines_of(first, last)
  return { start = { line = first, character = 0 }, ['end'] = { line = last + 1, character = 0 } }
end

-- Actions that take a model which follows instructions.
local INSTRUCTED = { docstring = true, explain = true }

-- Why there is nothing: for an action of such a model, that there is none.
local function nothing(from, name, buffer)
  local function say(text) vim.notify(words.ours(text or words.nothing_to_do)) end
  if not INSTRUCTED[name] then return say() end
  client.request(from, 'workspace/executeCommand', { command = 'treefill.status' }, function(_, result)
    local missing = result and result.instruct_missing
    say(missing ~= vim.NIL and missing or nil)
  end, buffer)
end

--- Offers the actions at the cursor, or in the lines `first` to `last` (from 1).
--- @param options { only: string[]?, name: string?, first: integer?, last: integer?, at_once: boolean? } at_once: the first one is applied
function M.offer(options)
  local buffer = vim.api.nvim_get_current_buf()
  local from = client.of(buffer)
  if not from then return vim.notify(words.ours(words.no_server_here), vim.log.levels.WARN) end
  local here = client.here(from.offset_encoding)
  local params = { textDocument = here.textDocument, range = { start = here.position, ['end'] = here.position } }
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local first, last = (options.first or row) - 1, (options.last or row) - 1
  if options.first then params.range = lines_of(first, last) end
  params.context = { diagnostics = diagnostics(buffer, first, last), only = options.only, triggerKind = 1 }
  client.request(from, 'textDocument/codeAction', params, function(err, actions)
    if err then return vim.notify(words.ours(err.message), vim.log.levels.ERROR) end
    actions = named(actions, options.name)
    if not actions or #actions == 0 then return nothing(from, options.name, buffer) end
    if options.at_once or #actions == 1 then
      local preferred = vim.iter(actions):find(function(action) return action.isPreferred end)
      return resolve(from, buffer, preferred or actions[1])
    end
    vim.ui.select(actions, { prompt = 'treefill', format_item = function(action) return action.title end }, function(chosen)
      if chosen then resolve(from, buffer, chosen) end
    end)
  end, buffer)
end

--- Has the lines `first` to `last` (from 1), or the function around the cursor, rewritten as `instruction` says. Asks for one
--- where there is none.
--- @param options { instruction: string?, first: integer?, last: integer? }
function M.rewrite(options)
  local buffer = vim.api.nvim_get_current_buf()
  local from = client.of(buffer)
  if not from then return vim.notify(words.ours(words.no_server_here), vim.log.levels.WARN) end
  local here = client.here(from.offset_encoding)
  local range = { start = here.position, ['end'] = here.position }
  if options.first then range = lines_of(options.first - 1, options.last - 1) end
  -- None in a buffer that was never sent, and in versions of Neovim that tell it no more: then the newest text is meant.
  local version = (vim.lsp.util.buf_versions or {})[buffer]
  local function run(instruction)
    instruction = vim.trim(instruction or '')
    if instruction == '' then return end
    local argument = { uri = here.textDocument.uri, range = range, instruction = instruction, version = version }
    -- The server has it applied, or says why there is nothing to apply.
    client.execute('treefill.rewrite', argument, nil, from)
  end
  if options.instruction then return run(options.instruction) end
  vim.ui.input({ prompt = words.what_is_to_be_done }, run)
end

return M
