-- What treefill is doing, in the words of the server: a few letters for a status line, a sentence for messages.
local words = require('treefill.words')
local client = require('treefill.client')

local M = {}

-- Milliseconds after which what is known is asked for again while somebody looks at it.
local FRESH = 2000

-- The share of a model that has been downloaded, in percent, while one is.
M.download = nil

-- What a server of an earlier version tells.
local function of_earlier(result)
  local short = result.paused and 'paused' or result.engine.state
  return { id = short, short = short, sentence = words.engine_is:format(result.engine.state), level = 'normal' }
end

-- What the server has told last, about which buffer, and the number of the newest question.
local known = { state = nil, thinking = nil, buffer = nil, asked = -FRESH, number = 0 }

local function redraw(before)
  if M.text() ~= before then vim.cmd.redrawstatus() end
end

--- Asks the server about the current buffer, so that the next look is right.
--- @param after fun(result: table)? gets all that the server tells
function M.refresh(after)
  local from = client.any()
  if not from then return end
  local buffer = vim.api.nvim_get_current_buf()
  known.asked, known.number = vim.uv.now(), known.number + 1
  local number = known.number
  local params = { command = 'treefill.status', arguments = { { uri = vim.uri_from_bufnr(buffer) } } }
  client.request(from, 'workspace/executeCommand', params, function(err, result)
    if err or not result then return end
    if number == known.number then
      local before = M.text()
      known.state, known.thinking, known.buffer = result.state or of_earlier(result), result.thinking, buffer
      redraw(before)
    end
    if after then after(result) end
  end, 0)
end

--- The server tells of a change by itself: what that is for the current buffer is asked.
function M.told(told)
  local before = M.text()
  if not known.state then known.state = told.state end
  redraw(before)
  M.refresh()
end

--- The state as the server tells it; nil where no server runs.
--- @return { id: string, short: string, sentence: string, level: string }?
function M.state()
  local from = client.of(0)
  if not from then return nil end
  local state = known.state or { id = 'starting', short = 'starting', sentence = words.starting, level = 'busy' }
  local suggests = state.level == 'normal' or state.id == 'built_in_instead'
  -- Neovim tells nobody of the answer to what it has cancelled itself.
  local request = from.requests[require('treefill.suggestion').of(vim.api.nvim_get_current_buf()).pending or -1]
  return suggests and request and request.type == 'pending' and known.thinking or state
end

--- @return string # e.g. `ready`, `thinking`, `loading 42 %`, `engine restarting`, `paused`; empty where no server runs
function M.text()
  local state = M.state()
  if state and M.download then return words.downloading_share:format(M.download) end
  return state and state.short or ''
end

--- The same for a status line, which asks often.
--- @return string
function M.line()
  local other = known.buffer ~= vim.api.nvim_get_current_buf()
  if client.of(0) and (vim.uv.now() - known.asked >= FRESH or (other and vim.uv.now() - known.asked >= 50)) then M.refresh() end
  return M.text()
end

--- Listens to the progress that the server reports while it works.
function M.watch()
  local group = vim.api.nvim_create_augroup('treefill.status', {})
  vim.api.nvim_create_autocmd('LspProgress', {
    group = group,
    callback = function(event)
      local from = vim.lsp.get_client_by_id(event.data.client_id)
      if from and from.name == client.name then M.refresh() end
    end,
  })
  vim.api.nvim_create_autocmd('BufEnter', {
    group = group,
    callback = function(event)
      if client.of(event.buf) then M.refresh() end
    end,
  })
end

return M
