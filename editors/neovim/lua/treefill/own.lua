-- Ghost text of our own, by extmarks: for Neovim 0.10 and 0.11, and by `ghost = 'own'`.
local client = require('treefill.client')
local config = require('treefill.config')
local fit = require('treefill.fit')
local suggestion = require('treefill.suggestion')

local M = {}

local namespace = vim.api.nvim_create_namespace('treefill')
local AUTOMATIC, INVOKED = 2, suggestion.INVOKED

--- @type table<integer, uv.uv_timer_t>
local timers = {}

local function inserting() return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' end

local function stop_timer(buffer)
  local timer = timers[buffer]
  timers[buffer] = nil
  if timer and not timer:is_closing() then
    timer:stop()
    timer:close()
  end
end

function M.hide(buffer)
  if vim.api.nvim_buf_is_valid(buffer) then vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1) end
end

--- Draws what fits the present text, or nothing.
--- @return boolean # whether there is something to see
function M.show(buffer)
  M.hide(buffer)
  local current = inserting() and suggestion.current(buffer) or nil
  if not current then
    suggestion.of(buffer).items = {}
    return false
  end
  local between = suggestion.between(buffer, current)
  local text = fit.shown(current.text, between):gsub('\t', (' '):rep(vim.bo[buffer].tabstop))
  local lines = vim.iter(vim.split(text, '\n', { plain = true })):map(function(line) return { { line, 'TreefillGhost' } } end):totable()
  local state = suggestion.of(buffer)
  if #state.items > 1 then
    table.insert(lines[#lines], { (' (%d/%d)'):format(state.index, #state.items), 'TreefillCount' })
  end
  local covers = between ~= '' and text == current.text
  vim.api.nvim_buf_set_extmark(buffer, namespace, current.row, current.column, {
    virt_text = lines[1],
    virt_lines = #lines > 1 and vim.list_slice(lines, 2) or nil,
    virt_text_pos = covers and 'overlay' or 'inline',
    hl_mode = 'combine',
  })
  return true
end

--- Asks now. `after` runs when the answer has come and is drawn.
function M.ask(buffer, kind, after)
  local from = client.of(buffer)
  if not from or not inserting() or vim.api.nvim_get_current_buf() ~= buffer then return end
  local params = client.here(from.offset_encoding)
  params.context = { triggerKind = kind }
  local question = suggestion.asking(buffer, from, params)
  suggestion.of(buffer).pending = client.request(from, client.method, params, function(err, result)
    if not suggestion.answered(buffer, question, not err and result or nil, from.offset_encoding) then return end
    if vim.api.nvim_buf_is_valid(buffer) and vim.api.nvim_get_current_buf() == buffer then M.show(buffer) end
    if after then after() end
  end, buffer)
end

-- A key was typed or the cursor moved: what is shown is moved along at once, and asked for again a little later.
local function moved(buffer)
  stop_timer(buffer)
  M.show(buffer)
  timers[buffer] = vim.defer_fn(function()
    timers[buffer] = nil
    if vim.api.nvim_buf_is_valid(buffer) then M.ask(buffer, AUTOMATIC) end
  end, config.options.debounce_ms)
end

local function leave(buffer)
  stop_timer(buffer)
  M.hide(buffer)
  suggestion.abandon(buffer)
end

function M.attach(buffer)
  local group = vim.api.nvim_create_augroup('treefill.own.' .. buffer, {})
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = buffer, callback = function() callback(buffer) end })
  end
  on({ 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, moved)
  on({ 'InsertLeave', 'BufLeave' }, leave)
  on({ 'BufUnload' }, stop_timer)
end

function M.detach(buffer)
  pcall(vim.api.nvim_del_augroup_by_name, 'treefill.own.' .. buffer)
  leave(buffer)
end

function M.accept(part)
  local buffer = vim.api.nvim_get_current_buf()
  if not suggestion.take(buffer, part) then return false end
  M.show(buffer)
  return true
end

function M.cycle(step)
  local buffer = vim.api.nvim_get_current_buf()
  suggestion.cycle(buffer, step, function() M.show(buffer) end, function(after) M.ask(buffer, INVOKED, after) end)
end

function M.trigger() M.ask(vim.api.nvim_get_current_buf(), INVOKED) end

function M.dismiss()
  local buffer = vim.api.nvim_get_current_buf()
  local seen = suggestion.dismiss(buffer)
  leave(buffer)
  return seen
end

return M
