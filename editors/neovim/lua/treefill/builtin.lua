-- Ghost text by vim.lsp.inline_completion (Neovim 0.12), with what it lacks there:
--   it takes a suggestion for an older text as if nothing had been typed since (neovim/neovim#36529);
--   it goes on showing one that the typed text contradicts;
--   it never cancels a request, and never asks for more than one suggestion.
-- All of it by the client's `request` function and the handler that comes with each request, both public.
local client = require('treefill.client')
local suggestion = require('treefill.suggestion')

local M = {}

local INVOKED = suggestion.INVOKED

--- The handler of vim.lsp.inline_completion for a buffer: what it is given it shows.
--- @type table<integer, fun(err: any, result: any, context: table)>
local handlers = {}
--- @type table<integer, function> clients whose requests go through us, and their own request function
local senders = {}

local function draw(buffer, items, client_id)
  local handler = handlers[buffer]
  if handler then handler(nil, { items = items }, { client_id = client_id, bufnr = buffer, method = client.method }) end
end

-- Sends an inline request of vim.lsp.inline_completion, or one of ours with its handler.
local function ask(send, from, params, handler, buffer, after)
  local question = suggestion.asking(buffer, from, params)
  local sent, id = send(from, client.method, params, function(err, result, context)
    if not suggestion.answered(buffer, question, not err and result or nil, from.offset_encoding) then return end
    -- What no longer fits is not shown: an empty answer hides what is there.
    local fits = suggestion.current(buffer) ~= nil
    if not fits then suggestion.of(buffer).items = {} end
    handler(nil, fits and result or { items = {} }, context)
    if after then after() end
  end, buffer)
  if sent then suggestion.of(buffer).pending = id end
  return sent, id
end

local function wrap(from)
  if senders[from.id] then return end
  local send = from.request
  senders[from.id] = send
  from.request = function(self, method, params, handler, buffer)
    if method ~= client.method or not handler then return send(self, method, params, handler, buffer) end
    buffer = (buffer == nil or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
    handlers[buffer] = handler
    return ask(send, self, params, handler, buffer)
  end
end

-- Runs behind the same event of vim.lsp.inline_completion, which has moved its ghost text along.
local function moved(buffer)
  local state = suggestion.of(buffer)
  if #state.items == 0 or suggestion.current(buffer) then return end
  state.items = {}
  local from = client.of(buffer)
  if from then draw(buffer, {}, from.id) end
end

function M.attach(buffer, from)
  wrap(from)
  vim.lsp.inline_completion.enable(true, { bufnr = buffer })
  local group = vim.api.nvim_create_augroup('treefill.builtin.' .. buffer, {})
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = buffer, callback = callback })
  end
  on({ 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, function() moved(buffer) end)
  on('InsertLeave', function() suggestion.of(buffer).items = {} end)
  on('BufUnload', function() handlers[buffer] = nil end)
end

function M.detach(buffer)
  pcall(vim.api.nvim_del_augroup_by_name, 'treefill.builtin.' .. buffer)
  suggestion.of(buffer).items = {}
end

function M.accept(part)
  local buffer = vim.api.nvim_get_current_buf()
  local from = client.of(buffer)
  -- It runs this behind the key, with letters in the text that came in between: so what fits is found out there.
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      -- Another server's suggestion: it is taken as a whole or not at all.
      if not from or item.client_id ~= from.id then return item end
      if suggestion.take(buffer, part) == 'part' then draw(buffer, { suggestion.as_item(buffer) }, from.id) end
    end,
  })
end

--- Asks for all suggestions there are. `after` runs when they are shown.
local function ask_for_all(buffer, after)
  local from, handler = client.of(buffer), handlers[buffer]
  if not from or not handler or not senders[from.id] then return end
  local params = client.here(from.offset_encoding)
  params.context = { triggerKind = INVOKED }
  ask(senders[from.id], from, params, handler, buffer, after)
end

function M.cycle(step)
  local buffer = vim.api.nvim_get_current_buf()
  local function show() vim.lsp.inline_completion.select({ bufnr = buffer, count = step }) end
  suggestion.cycle(buffer, step, show, function(after) ask_for_all(buffer, after) end)
end

function M.trigger() ask_for_all(vim.api.nvim_get_current_buf()) end

function M.dismiss()
  -- Also what is on its way.
  suggestion.dismiss(vim.api.nvim_get_current_buf())
  -- To take nothing of what is shown is the public way to hide it.
  return vim.lsp.inline_completion.get({ on_accept = function() end })
end

return M
