-- The plugin in a real Neovim with a scripted server: every key and its effect, exactly.
-- nvim -l scripted.lua NVIM WORKSPACE GHOST       GHOST: auto or own
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local nvim, workspace, ghost = unpack(arg)

local TEXT = [[
def label(self, items):
    value = "größe 🧀" + ˇ
    return value
]]

local dir = ('%s/scripted-%s-%s'):format(workspace, vim.fs.basename(nvim), ghost)
vim.fn.mkdir(dir, 'p')
local init = ([[
vim.keymap.set('i', '<Tab>', function() return 'TAB' end, { expr = true })
vim.o.autoindent = false
dofile(%q)
%s
require('treefill').setup({ cmd = Serve, ghost = %q, keymaps = { toggle = '<M-t>' } })
]]):format(here .. '/fake_server.lua', editor.load_plugin(), ghost)
local name = ('%s, %s ghost text'):format(vim.fs.basename(nvim), ghost)
local it

-- Scripts the suggestions: the Lua source of a function of the trigger kind.
local function script(body, delay)
  it:lua(('Script.items = function(kind) %s end Script.delay = %d'):format(body, delay or 0))
end
local function with(inserted) return it.before .. inserted .. it.after end
-- Suggests `text` at the place of the ˇ (or behind `before`), and what is left of it where a part stands there already.
local function suggest(text, before)
  script(([[
    local line, column = vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2]
    local before, text = %q, %q
    local typed = vim.startswith(line, before) and line:sub(#before + 1, column)
    local left = typed and vim.startswith(text, typed) and text:sub(#typed + 1) or ''
    return left ~= '' and { left } or {}
  ]]):format(before or it.before:match('([^\n]*)$'), text))
end
local function begin(prepare)
  script('return {}')
  it:reset()
  prepare()
  -- A key that changes nothing makes the editor ask.
  it:keys('x<BS>')
end

local function test()
  it = editor.start({ nvim = nvim, name = name, dir = dir, file = 'shelf.py', text = TEXT, init = init })
  if not it then return end
  it:await_attached()

  local LONG = 'self.name(items)\n    print("🧀")\n'

  begin(function() script(('return { %q }'):format(LONG)) end)
  if it:await_ghost('several lines are shown', LONG) then
    it:keys('<Tab>')
    it:await_text('Tab takes all lines', with(LONG))
    it:await('the server is told', function() return #it:lua('return Script.accepted') == 1 end)
    script('return {}')
    it:keys('<Esc>u')
    it:await_text('one undo takes back what was accepted', it.original)
  end

  -- By words and lines: what is left stays on the screen, whether the server says so or not.
  begin(function() script(('return { %q }'):format(LONG)) end)
  if it:await_ghost('several lines are shown again', LONG) then
    script('return {}', 60000)
    it:keys('<M-Right>')
    it:await_ghost('a word is taken, the rest is shown', '.name(items)\n    print("🧀")\n')
    it:keys('<M-Right><M-Right>')
    it:await_ghost('two more', '(items)\n    print("🧀")\n')
    it:await_text('and they are in the text', with('self.name'))
    it:keys('<M-Down>')
    it:await_ghost('the line is taken', '\n    print("🧀")\n')
    it:await_text('and it is in the text', with('self.name(items)'))
    it:keys('<M-Down>')
    it:await_text('the next line is taken', with('self.name(items)\n    print("🧀")'))
    it:check_here('the server is not told of a part', #it:lua('return Script.accepted') == 1)
    it:keys('<Tab>')
    it:await_text('the rest is taken', with(LONG))
    it:await('and the server is told', function() return #it:lua('return Script.accepted') == 2 end)
  end

  -- The race of neovim#36529: letters of the suggestion, and the key that takes it, before anything could be asked again.
  begin(function() suggest('self.items') end)
  if it:await_ghost('a suggestion for the race', 'self.items') then
    it:keys('se<Tab>')
    it:await_text('typed in part and taken at once: no letter twice', with('self.items'))
    begin(function() suggest('self.items') end)
    it:await_ghost('and again', 'self.items')
    it:keys('sel')
    it:await_ghost('typed in part: the rest is shown', 'f.items')
    it:keys('<Tab>')
    it:await_text('and taken', with('self.items'))
  end

  -- A letter that contradicts it: it is gone at once, and the key is what it was before.
  begin(function() suggest('self.items') end)
  if it:await_ghost('a suggestion to contradict', 'self.items') then
    it:lua('Script.delay = 60000')
    it:keys('x')
    it:await_text('the letter is typed', with('x'))
    it:check_here('the contradicted suggestion is gone at once', it:ghost() == '', it:ghost())
    it:keys('<Tab>')
    it:await_text('Tab is what it was before the plugin', with('xTAB'))
  end

  -- Answers that come late, to questions nobody has any more.
  begin(function() script('return { "self.items" }', 400) end)
  it:lua('Script.asked = {}')
  it:keys('y')
  it:await('a slow question is under way', function() return #it:lua('return Script.asked') > 0 end)
  script('return {}', 0)
  it:keys('zz')
  local seen = ''
  vim.wait(900, function()
    seen = seen .. it:ghost()
    return false
  end, 20)
  it:check_here('a late answer is not shown', seen == '', seen)
  it:check_here('the question was cancelled', it:lua('return next(Script.cancelled) ~= nil'))

  -- An answer for the text as it became while the server thought: its range begins behind what was typed meanwhile.
  begin(function() script('return {}') end)
  script([[
    local row, column = unpack(vim.api.nvim_win_get_cursor(0))
    local units = vim.fn.strutf16len(vim.api.nvim_get_current_line():sub(1, column))
    return { 'lf.items' }, { line = row - 1, character = units + 2 }, { line = row - 1, character = units + 2 }
  ]], 1500)
  it:lua('Script.asked = {}')
  it:keys('x<BS>')
  it:await('a question is under way', function() return #it:lua('return Script.asked') > 0 end)
  -- Longer than either drawer waits before it asks: no other question comes any more.
  vim.wait(500, function() return false end, 500)
  it:lua('vim.api.nvim_set_option_value("eventignore", "CursorMovedI,TextChangedI", {})')
  it:keys('se')
  if it:await_ghost('an answer for what was typed meanwhile', 'lf.items') then
    it:lua('vim.api.nvim_set_option_value("eventignore", "", {})')
    it:keys('<Tab>')
    it:await_text('is taken', with('self.items'))
  end
  it:lua('vim.api.nvim_set_option_value("eventignore", "", {})')

  -- Several: only who asks gets them.
  begin(function() script('return kind == 1 and { "one", "two", "three" } or { "one" }') end)
  if it:await_ghost('the first of several', 'one') then
    it:keys('<M-]>')
    it:await_ghost('next shows the second', 'two (2/3)')
    it:keys('<M-]><M-]>')
    it:await_ghost('and round', 'one (1/3)')
    it:keys('<M-[>')
    it:await_ghost('previous', 'three (3/3)')
    it:keys('<Tab>')
    it:await_text('the shown one is taken', with('three'))
  end

  begin(function() suggest('self.items') end)
  if it:await_ghost('a suggestion to dismiss', 'self.items') then
    it:keys('<C-]>')
    it:await('dismissed', function() return it:ghost() == '' end)
    it:await('the server is told that it was not wanted', function() return #it:lua('return Script.dismissed') == 1 end)
    it:keys('<Tab>')
    it:await_text('and not taken any more', with('TAB'))
  end

  -- A key that asks now, and a setting that changes at once.
  begin(function() script('return kind == 1 and { "asked" } or {}') end)
  it:keys('<M-Bslash>')
  it:await_ghost('a key asks', 'asked')
  it:lua('vim.cmd("Treefill set trigger manual") vim.cmd("Treefill set in_strings false")')
  it:check_here('settings change at once', it:lua([[
    local sent = Script.settings.completion
    return sent.trigger == 'manual' and sent.in_strings == false
  ]]))

  -- A menu that is open has the key.
  begin(function() suggest('self.items') end)
  if it:await_ghost('a suggestion beside a menu', 'self.items') then
    it:lua('vim.fn.complete(vim.fn.col("."), { "menu" })')
    it:keys('<Tab>')
    it:check_here('Tab takes no suggestion while a menu is open', not it:buffer():find('self.items', 1, true), it:buffer())
    it:keys('<C-e>')
  end

  -- A closer right of the cursor that the suggestion brings along.
  begin(function() end)
  it:keys('f()<Left>')
  script([[
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local units = vim.fn.strutf16len(vim.api.nvim_get_current_line():sub(1, column))
  return { 'größe)' }, { line = row - 1, character = units + 1 }
]])
  it:keys('g')
  it:keys('<BS>')
  if it:await('a suggestion that brings the closer', function() return vim.startswith(it:ghost(), 'größe') end) then
    it:keys('<Tab>')
    it:await_text('it replaces the one that stood there', with('f(größe)'))
  end

  -- What it replaces may end in a later line.
  begin(function() end)
  script('local row = vim.api.nvim_win_get_cursor(0)[1] return { "self" }, { line = row, character = 4 }')
  it:keys('x<BS>')
  if it:await_ghost('a suggestion over two lines', 'self') then
    it:keys('<Tab>')
    it:await_text('both are replaced', (it.before .. 'selfreturn value\n'))
  end

  if vim.endswith(nvim, 'nvim') then
    -- In a snippet, Tab is what it was before the plugin, also when there is a suggestion.
    begin(function() end)
    script('return {}')
    it:lua('vim.snippet.expand("f(${1:a}, ${2:b})$0")')
    suggest('item', it.before:match('([^\n]*)$') .. 'f(i')
    it:keys('i')
    if it:await_ghost('ghost text in a snippet', 'item') then
      it:keys('<Tab>')
      it:await_text('Tab is what it was in a snippet', with('f(iTAB, b)'))
      it:check_here('the snippet is still active', it:lua('return vim.snippet.active()'))
    end
  end

  it:keys('<Esc>')
  it:lua('vim.cmd.helptags(vim.env.TREEFILL_SITE .. "/pack/test/opt/treefill.nvim/doc") vim.cmd.help("treefill-keymaps")')
  it:check_here('the help is found', it:lua('return vim.fn.expand("%:t")') == 'treefill.txt')

  it:quit()
end

editor.main(test)
