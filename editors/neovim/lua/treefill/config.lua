-- The options of setup(), their defaults, and what is wrong with them.
local words = require('treefill.words')
local M = {}

--- @class treefill.Options
M.defaults = {
  -- The program, by which also `:Treefill doctor` and `stats` are run.
  program = 'treefill',
  -- How the server is started, as vim.lsp.start() has it; nil: { program, 'serve' }.
  cmd = nil,
  filetypes = { 'python', 'rust' },
  root_markers = { '.git' },
  -- treefill's own settings, but for the model and the engine, which it takes only from its own file.
  init_options = nil,
  -- Who draws ghost text: 'builtin' (vim.lsp.inline_completion, Neovim 0.12), 'own' (extmarks), or 'auto'.
  ghost = 'auto',
  -- Milliseconds after a key before 'own' asks. The server itself waits where that saves work.
  debounce_ms = 20,
  -- false: map nothing. A single key that is false is not mapped.
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-Down>',
    next = '<M-]>',
    previous = '<M-[>',
    trigger = '<M-Bslash>',
    dismiss = '<C-]>',
    toggle = false,
  },
}

--- @type treefill.Options
M.options = vim.deepcopy(M.defaults)

local TYPES = {
  program = { 'string' },
  cmd = { 'table', 'function' },
  filetypes = { 'table' },
  root_markers = { 'table' },
  init_options = { 'table' },
  ghost = { 'string' },
  debounce_ms = { 'number' },
  keymaps = { 'table', 'boolean' },
}

local function check(options)
  for name, value in pairs(options) do
    if not TYPES[name] then
      local known = vim.tbl_keys(TYPES)
      table.sort(known)
      error(words.setup.option:format(name, table.concat(known, ', ')), 0)
    end
    if not vim.list_contains(TYPES[name], type(value)) then
      error(words.setup.type:format(name, TYPES[name][1]), 0)
    end
  end
  if not vim.list_contains({ 'auto', 'builtin', 'own' }, options.ghost) then
    error(words.setup.ghost, 0)
  end
  if options.ghost == 'builtin' and not vim.lsp.inline_completion then
    error(words.setup.builtin, 0)
  end
  for name in pairs(options.keymaps or {}) do
    if M.defaults.keymaps[name] == nil then
      error(words.setup.key:format(name), 0)
    end
  end
end

--- Takes over what the user gave; raises an error that names the option when it is wrong.
--- @param given table?
--- @return treefill.Options
function M.set(given)
  local options = vim.tbl_deep_extend('force', vim.deepcopy(M.defaults), given or {})
  -- Lists are replaced as a whole.
  for _, name in ipairs({ 'cmd', 'filetypes', 'root_markers' }) do
    if given and given[name] ~= nil then options[name] = given[name] end
  end
  if options.keymaps == true then options.keymaps = vim.deepcopy(M.defaults.keymaps) end
  check(options)
  M.options = options
  return options
end

--- @return string[]|function
function M.command() return M.options.cmd or { M.options.program, 'serve' } end

--- Whether Neovim itself draws the ghost text.
--- @return boolean
function M.builtin()
  return M.options.ghost ~= 'own' and vim.lsp.inline_completion ~= nil
end

return M
