-- A component for lualine.nvim: sections = { lualine_x = { 'treefill' } }
local M = require('lualine.component'):extend()

function M:update_status()
  local status = require('treefill').status()
  return status == '' and '' or 'treefill: ' .. status
end

return M
