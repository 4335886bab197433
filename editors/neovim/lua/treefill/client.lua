-- The language server as Neovim's client: how it is started and asked, in Neovim 0.10 to 0.12.
local words = require('treefill.words')
local config = require('treefill.config')

local M = { name = 'treefill', method = 'textDocument/inlineCompletion' }

local NEW = vim.fn.has('nvim-0.11') == 1

-- The server offers ghost text to every client, but a client that does not announce it gets menu entries too.
local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.textDocument.inlineCompletion = all.textDocument.inlineCompletion or { dynamicRegistration = false }
  -- Answers have sentences that are shown here; without this the server would show them as messages too.
  all.experimental = vim.tbl_extend('force', all.experimental or {}, { treefillStatus = true })
  return all
end

local handlers = {
  ['treefill/status'] = function(_, told) require('treefill.status').told(told) end,
  ['treefill/hint'] = function(_, hint) require('treefill.model').hint(hint) end,
}

--- Starts the server for every buffer of the file types, present and future.
function M.enable()
  local options = config.options
  local settings = {
    cmd = config.command(),
    filetypes = options.filetypes,
    root_markers = options.root_markers,
    init_options = options.init_options,
    capabilities = capabilities(),
    handlers = handlers,
  }
  if NEW then
    vim.lsp.config(M.name, settings)
    vim.lsp.enable(M.name)
    return
  end
  local function start(buffer)
    if vim.bo[buffer].buftype ~= '' then return end
    settings.name, settings.root_dir = M.name, vim.fs.root(buffer, options.root_markers)
    -- Neovim's own rule starts one more server for each file that is in no project, and each time it is read again.
    local function reuse(other, wanted) return other.name == M.name and other.config.root_dir == wanted.root_dir end
    vim.lsp.start(settings, { bufnr = buffer, reuse_client = reuse })
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('treefill.start', {}),
    pattern = options.filetypes,
    callback = function(event) start(event.buf) end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local loaded = vim.api.nvim_buf_is_loaded(buffer)
    if loaded and vim.list_contains(options.filetypes, vim.bo[buffer].filetype) then start(buffer) end
  end
end

--- Changes one of the settings of suggestions, in all running servers and those to come.
--- @param key string of the section `completion`
--- @param value any
function M.set(key, value)
  local all = vim.deepcopy(config.options.init_options or {})
  local within = all.treefill or all
  within.completion = vim.tbl_extend('force', within.completion or {}, { [key] = value })
  config.options.init_options = all
  if NEW then vim.lsp.config(M.name, { init_options = all }) end
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    local settings = { settings = all }
    if NEW then
      client:notify('workspace/didChangeConfiguration', settings)
    else
      client.notify('workspace/didChangeConfiguration', settings)
    end
  end
end

--- Ends all servers and starts them again. `after` runs when they have ended.
--- @param after fun()?
function M.restart(after)
  local old = vim.lsp.get_clients({ name = M.name })
  for _, client in ipairs(old) do
    if NEW then client:stop() else client.stop() end
  end
  local waited = 0
  local function again()
    waited = waited + 1
    local left = vim.iter(old):any(function(client) return vim.lsp.get_client_by_id(client.id) ~= nil end)
    -- One that does not end by itself is ended.
    if left and waited == 60 then
      for _, client in ipairs(old) do
        if NEW then client:stop(true) else client.stop(true) end
      end
    end
    if left and waited < 80 then return vim.defer_fn(again, 50) end
    M.enable()
    if after then after() end
  end
  again()
end

--- The client of a buffer.
--- @param buffer integer? 0 or nil: the current one
--- @return vim.lsp.Client?
function M.of(buffer)
  buffer = (buffer == nil or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
  return vim.lsp.get_clients({ name = M.name, bufnr = buffer })[1]
end

--- The client of a buffer, else any: for what concerns no buffer.
--- @return vim.lsp.Client?
function M.any()
  return M.of(0) or vim.lsp.get_clients({ name = M.name })[1]
end

--- Sends a request. In 0.10 a client's functions take no self.
--- @return integer? # its id; nil when the server is gone
function M.request(client, method, params, handler, buffer)
  local sent, id
  if NEW then
    sent, id = client:request(method, params, handler, buffer)
  else
    sent, id = client.request(method, params, handler, buffer)
  end
  return sent and id or nil
end

function M.cancel(client, id)
  if NEW then client:cancel_request(id) else client.cancel_request(id) end
end

--- Runs a command of the server: execute('treefill.pause', { minutes = 5 }, function(result) … end)
--- @param command string
--- @param argument table?
--- @param callback fun(result: any)? gets nothing when it fails: the user has been told then
--- @param client vim.lsp.Client?
--- @return boolean # whether there was a server to ask
function M.execute(command, argument, callback, client)
  client = client or M.any()
  if not client then
    vim.notify(words.ours(words.no_server:format(table.concat(config.options.filetypes, ', '))), vim.log.levels.WARN)
    return false
  end
  M.request(client, 'workspace/executeCommand', { command = command, arguments = { argument } }, function(err, result)
    if err then
      vim.notify(words.ours(err.message or vim.inspect(err)), vim.log.levels.ERROR)
    elseif callback then
      callback(result)
    end
  end, 0)
  return true
end

--- Runs a command that came with an item or an action; its answer matters to nobody.
function M.run(client, command, buffer)
  local params = { command = command.command, arguments = command.arguments }
  M.request(client, 'workspace/executeCommand', params, function(err)
    if err then vim.notify(words.ours(err.message or vim.inspect(err)), vim.log.levels.ERROR) end
  end, buffer)
end

--- A column in bytes from one of the protocol.
--- @param line string
--- @param character integer
--- @param encoding string the client's offset encoding
function M.to_byte(line, character, encoding)
  if encoding == 'utf-8' then return math.min(character, #line) end
  if NEW then return vim.str_byteindex(line, encoding, character, false) end
  local most = select(encoding == 'utf-16' and 2 or 1, vim.str_utfindex(line))
  return vim.str_byteindex(line, math.min(character, most), encoding == 'utf-16')
end

--- A column of the protocol from one in bytes.
--- @param line string
--- @param column integer
--- @param encoding string
function M.from_byte(line, column, encoding)
  if encoding == 'utf-8' then return column end
  if NEW then return vim.str_utfindex(line, encoding, column, false) end
  return select(encoding == 'utf-16' and 2 or 1, vim.str_utfindex(line, column))
end

--- The place of the cursor as parameters. Not by vim.lsp.util: in Neovim 0.10.4 its UTF-16 columns are wrong in the last
--- part of a line with letters of several bytes.
--- @return table
function M.here(encoding)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local character = M.from_byte(vim.api.nvim_get_current_line(), column, encoding)
  return { textDocument = { uri = vim.uri_from_bufnr(0) }, position = { line = row - 1, character = character } }
end

return M
