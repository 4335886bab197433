-- What treefill can do at the cursor: its code actions, without those of other servers.
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
    if err then return vim.notify('treefill: ' .. err.message, vim.log.levels.ERROR) end
    apply(from, buffer, resolved or action)
  end, buffer)
end

--- Offers the actions at the cursor, or in the lines `first` to `last` (from 1).
--- @param options { only: string[]?, first: integer?, last: integer?, at_once: boolean? } at_once: the first one is applied
function M.offer(options)
  local buffer = vim.api.nvim_get_current_buf()
  local from = client.of(buffer)
  if not from then return vim.notify('treefill: no server runs for this file', vim.log.levels.WARN) end
  local here = client.here(from.offset_encoding)
  local params = { textDocument = here.textDocument, range = { start = here.position, ['end'] = here.position } }
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local first, last = (options.first or row) - 1, (options.last or row) - 1
  if options.first then
    params.range = { start = { line = first, character = 0 }, ['end'] = { line = last + 1, character = 0 } }
  end
  params.context = { diagnostics = diagnostics(buffer, first, last), only = options.only, triggerKind = 1 }
  client.request(from, 'textDocument/codeAction', params, function(err, actions)
    if err then return vim.notify('treefill: ' .. err.message, vim.log.levels.ERROR) end
    if not actions or #actions == 0 then return vim.notify('treefill: there is nothing to do here') end
    if options.at_once or #actions == 1 then
      local preferred = vim.iter(actions):find(function(action) return action.isPreferred end)
      return resolve(from, buffer, preferred or actions[1])
    end
    vim.ui.select(actions, { prompt = 'treefill', format_item = function(action) return action.title end }, function(chosen)
      if chosen then resolve(from, buffer, chosen) end
    end)
  end, buffer)
end

return M
