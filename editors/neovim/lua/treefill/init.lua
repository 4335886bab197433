-- treefill: local code completion. :help treefill
local words = require('treefill.words')
local M = {}

local config = require('treefill.config')
local client = require('treefill.client')

local function drawer() return require(config.builtin() and 'treefill.builtin' or 'treefill.own') end

-- Whether setup() has run: without it the keys do nothing, and a server that the user started is left alone.
local ready = false

-- Where the cursor rests the first suggestion is prepared; on a battery and while paused the server does nothing.
local function prepare(buffer)
  local from = client.of(buffer)
  if not from or vim.api.nvim_get_current_buf() ~= buffer then return end
  local here = client.here(from.offset_encoding)
  local argument = { uri = here.textDocument.uri, position = here.position }
  -- A server of an earlier version knows the command by its former name.
  local provider = from.server_capabilities.executeCommandProvider or {}
  local known = vim.tbl_contains(provider.commands or {}, 'treefill.prefetch')
  local command = known and 'treefill.prefetch' or 'treefill.warm'
  client.run(from, { command = command, arguments = { argument } }, buffer)
end

local function attach(buffer, from)
  drawer().attach(buffer, from)
  vim.api.nvim_create_autocmd({ 'BufEnter', 'CursorHold' }, {
    group = vim.api.nvim_create_augroup('treefill.rest.' .. buffer, {}),
    buffer = buffer,
    callback = function() prepare(buffer) end,
  })
  prepare(buffer)
  require('treefill.status').refresh()
end

--- Starts the server, shows its suggestions, maps the keys. :help treefill-setup
--- @param options table?
function M.setup(options)
  config.set(options)
  ready = true
  local group = vim.api.nvim_create_augroup('treefill', {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local from = vim.lsp.get_client_by_id(event.data.client_id)
      if from and from.name == client.name then attach(event.buf, from) end
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = function(event)
      local from = vim.lsp.get_client_by_id(event.data.client_id)
      if not from or from.name ~= client.name then return end
      pcall(vim.api.nvim_del_augroup_by_name, 'treefill.rest.' .. event.buf)
      drawer().detach(event.buf)
    end,
  })
  local function highlight()
    vim.api.nvim_set_hl(0, 'TreefillGhost', { link = 'NonText', default = true })
    vim.api.nvim_set_hl(0, 'TreefillCount', { link = 'MoreMsg', default = true })
  end
  highlight()
  vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlight })
  require('treefill.status').watch()
  require('treefill.keymaps').set(config.options.keymaps)
  client.enable()
end

--- Takes the suggestion. @return boolean # whether there was one
function M.accept() return ready and drawer().accept('all') end

--- Takes its next word. @return boolean # whether there was one
function M.accept_word() return ready and drawer().accept('word') end

--- Takes its next line. @return boolean # whether there was one
function M.accept_line() return ready and drawer().accept('line') end

--- Shows the next suggestion for this place. @return boolean # true: the key has done its work
function M.next()
  if not ready or not client.of(0) then return false end
  drawer().cycle(1)
  return true
end

--- Shows the suggestion before. @return boolean # true: the key has done its work
function M.previous()
  if not ready or not client.of(0) then return false end
  drawer().cycle(-1)
  return true
end

--- Asks for all suggestions at this place, without waiting for a key. @return boolean
function M.trigger()
  if not ready or not client.of(0) then return false end
  drawer().trigger()
  return true
end

--- Hides the suggestion. @return boolean # whether there was one
function M.dismiss() return ready and drawer().dismiss() end

--- Switches suggestions on or off: in this file, in this language, or everywhere.
--- @param scope 'file'|'language'|'all'|nil
--- @return boolean # whether there is a server
function M.toggle(scope)
  scope = scope or 'file'
  local argument = { scope = scope, uri = vim.uri_from_bufnr(0) }
  M.dismiss()
  return client.execute('treefill.toggle', argument, function(result)
    -- A server of an earlier version leaves the words to us.
    local said = words.switched[result.enabled and 'on' or 'off']:format(words.switched[scope])
    vim.notify(words.ours(result.sentence or said))
    require('treefill.status').refresh()
  end)
end

--- What treefill is doing, for a status line: `ready`, `thinking`, `loading 42 %`, `engine restarting`, `no model`, `built-in model`
--- (in place of yours), `remote`, `paused`, `off`, `private`, `downloading 42 %`, or an empty string where no server runs.
--- @return string
function M.status() return require('treefill.status').line() end

return M
