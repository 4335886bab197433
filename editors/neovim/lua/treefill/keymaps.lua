-- Keys in insert mode. What a key did before it still does when there is no ghost text.
local M = {}

local ACTIONS = {
  accept = 'Take the suggestion',
  accept_word = 'Take its next word',
  accept_line = 'Take its next line',
  next = 'Show the next suggestion',
  previous = 'Show the suggestion before',
  dismiss = 'Hide the suggestion',
  toggle = 'Switch suggestions in this file on or off',
}

local function codes(keys) return vim.api.nvim_replace_termcodes(keys, true, true, true) end

-- Gives the mapping that `key` has now another name, and returns what to feed instead of the key.
local function move_away(name, key, buffer)
  local old = vim.fn.maparg(key, 'i', false, true)
  if vim.tbl_isempty(old) or (old.desc or ''):match('^treefill: ') or (old.buffer == 1 and not buffer) then
    return codes(key), 'in'
  end
  local plug = ('<Plug>(treefill-before-%s)'):format(name)
  old.lhs, old.lhsraw, old.lhsrawalt, old.buffer = plug, codes(plug), nil, 0
  vim.fn.mapset('i', false, old)
  return codes(plug), 'im'
end

--- Maps the keys of the options.
--- @param keymaps table<string, string|false>|false
function M.set(keymaps)
  for name, key in pairs(keymaps or {}) do
    if key then
      local before, mode = move_away(name, key)
      vim.keymap.set('i', key, function()
        if not require('treefill')[name]() then vim.api.nvim_feedkeys(before, mode, false) end
      end, { desc = 'treefill: ' .. ACTIONS[name] })
    end
  end
end

--- Defines <Plug>(treefill-…), for those who map their own keys.
function M.define_plugs()
  for name, description in pairs(ACTIONS) do
    vim.keymap.set('i', ('<Plug>(treefill-%s)'):format(name:gsub('_', '-')), function() require('treefill')[name]() end, {
      desc = 'treefill: ' .. description,
    })
  end
end

return M
