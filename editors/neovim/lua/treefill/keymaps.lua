-- Keys in insert mode. What a key did before it still does when there is no ghost text.
local M = {}

local ACTIONS = require('treefill.words').keys

local function codes(keys) return vim.api.nvim_replace_termcodes(keys, true, true, true) end

local TAB = codes('<Tab>')

-- What else shows a menu or jumps in a snippet, by its module: whether it is at work. None is loaded here.
local OTHERS = {
  cmp = function(it) return it.visible() end,
  ['blink.cmp'] = function(it) return it.is_menu_visible() end,
  luasnip = function(it) return it.locally_jumpable(1) end,
  ['mini.snippets'] = function(it) return it.session.get() ~= nil end,
}

--- Whether a menu or a snippet is active, to which `<Tab>` belongs.
--- @return boolean
function M.busy()
  if vim.fn.pumvisible() == 1 or (vim.snippet and vim.snippet.active({ direction = 1 })) then return true end
  return vim.iter(OTHERS):any(function(name, active)
    local ok, found = pcall(function() return package.loaded[name] and active(package.loaded[name]) end)
    return ok and found == true
  end)
end

-- Does what the key did before. In a snippet of Neovim itself that nothing is mapped for, it goes on to the next place.
local function feed(before, mode, key)
  if mode == 'in' and key == TAB and vim.snippet and vim.snippet.active({ direction = 1 }) then
    return vim.snippet.jump(1)
  end
  vim.api.nvim_feedkeys(before, mode, false)
end

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
        if (codes(key) == TAB and M.busy()) or not require('treefill')[name]() then feed(before, mode, codes(key)) end
      end, { desc = 'treefill: ' .. ACTIONS[name] })
    end
  end
end

--- The keys in insert mode, one line each, in the order in which one needs them.
--- @return string[]
function M.list()
  local keymaps = require('treefill.config').options.keymaps or {}
  local order = { 'accept', 'accept_word', 'accept_line', 'next', 'previous', 'trigger', 'dismiss', 'toggle' }
  local lines = {}
  for _, name in ipairs(order) do
    if keymaps[name] then lines[#lines + 1] = ('%-11s %s'):format(keymaps[name], ACTIONS[name]) end
  end
  return lines
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
