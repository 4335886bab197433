-- What the server is doing, in a few letters for a status line.
local client = require('treefill.client')

local M = {}

-- Milliseconds after which what is known is asked for again while somebody looks at it.
local FRESH = 2000

local known = { state = nil, share = nil, paused = false, asked = -FRESH }

--- Asks the server again, so that the next look is right.
function M.refresh()
  local from = client.any()
  if not from then return end
  known.asked = vim.uv.now()
  client.request(from, 'workspace/executeCommand', { command = 'treefill.status' }, function(err, result)
    if err or not result then return end
    local before = M.text()
    known.state, known.share, known.paused = result.engine.state, result.engine.share, result.paused
    if M.text() ~= before then vim.cmd.redrawstatus() end
  end, 0)
end

--- @return string # e.g. `ready`, `thinking`, `loading 42 %`, `restarting`, `paused`; empty where no server runs
function M.text()
  local from = client.of(0)
  if not from then return '' end
  if known.paused then return 'paused' end
  if known.state == 'loading' then return ('loading %d %%'):format((known.share or 0) * 100) end
  if known.state and known.state ~= 'ready' then return known.state end
  if require('treefill.suggestion').of(vim.api.nvim_get_current_buf()).pending then return 'thinking' end
  return known.state or 'starting'
end

--- The same for a status line, which asks often.
--- @return string
function M.line()
  if client.of(0) and vim.uv.now() - known.asked >= FRESH then M.refresh() end
  return M.text()
end

--- Listens to the progress that the server reports while the model loads.
function M.watch()
  vim.api.nvim_create_autocmd('LspProgress', {
    group = vim.api.nvim_create_augroup('treefill.status', {}),
    callback = function(event)
      local from = vim.lsp.get_client_by_id(event.data.client_id)
      if from and from.name == client.name then M.refresh() end
    end,
  })
end

return M
