-- Tests of the plugin's parts that need no editor: nvim -l unit.lua
local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
vim.opt.runtimepath:prepend(vim.fs.dirname(here))
local fit = require('treefill.fit')

local failed = 0
local function equal(name, found, expected)
  if vim.deep_equal(found, expected) then return end
  failed = failed + 1
  io.stdout:write(('FAIL %s: %s, expected %s\n'):format(name, vim.inspect(found), vim.inspect(expected)))
end

-- A line with ˇ for the cursor; for the line that was asked for, « » around what is to be replaced (the cursor is at «).
local function now(text)
  local before, after = text:match('^(.-)ˇ(.*)$')
  return { line = before .. after, column = #before }
end
local function asked(text)
  local before, replaced, after = text:match('^(.-)«(.-)»(.*)$')
  return { line = before .. replaced .. after, from = #before, to = #before + #replaced }
end
local function rest(name, insert, old, new, text, line_after)
  local found = fit.rest(insert, asked(old), now(new))
  equal(name, found and found.text, text)
  if found and line_after then
    local at = now(new)
    equal(name .. ', applied', at.line:sub(1, at.column) .. found.text .. at.line:sub(found.to + 1), line_after)
  end
end

rest('untouched', 'items)', 'len(«»', 'len(ˇ', 'items)', 'len(items)')
rest('typed in part', 'items)', 'len(«»', 'len(iteˇ', 'ms)', 'len(items)')
rest('another letter', 'items)', 'len(«»', 'len(xˇ', nil)
rest('all typed', 'items', 'len(«»)', 'len(itemsˇ)', nil)
rest('left of where it begins', 'items)', 'len(«»', 'leˇ(', nil)
rest('before it changed', 'items)', 'len(«»', 'Len(ˇ', nil)
rest('behind an emoji', 'größe', '"🧀ö" + «»', '"🧀ö" + grˇ', 'öße', '"🧀ö" + größe')
rest('a closer that stood there', 'x)', 'f(«)»', 'f(ˇ)', 'x)', 'f(x)')
rest('and typed on', 'xy)', 'f(«)» # ü', 'f(xˇ) # ü', 'y)', 'f(xy) # ü')
rest('a closer that came by itself', 'g(x)', 'f(«»)', 'f(g(ˇ))', 'x)', 'f(g(x))')
rest('a closer that was typed over', 'x);', 'f(«)»', 'f(x)ˇ', ';', 'f(x);')
rest('something else came right of it', 'x', 'f(«»)', 'f(ˇy)', nil)
rest('the rest of the line changed', 'x', 'f(«»)', 'f(ˇ]', nil)
equal('replaces to another row, untouched',
  fit.rest('x', { line = 'f(a', from = 2 }, { line = 'f(a', column = 2 }), { text = 'x' })
equal('replaces to another row, changed', fit.rest('x', { line = 'f(a', from = 2 }, { line = 'f(b', column = 2 }), nil)

for text, expected in pairs({
  ['items[0]'] = 'items',
  ['[0]'] = '[',
  [' = größe + 1'] = ' =',
  ['größe + 1'] = 'größe',
  ['\n    return x'] = '\n    return',
  ['🧀.x'] = '🧀',
  ['):\n  x'] = '):',
  ['  '] = '  ',
}) do
  equal('the first word of ' .. text, fit.word(text), expected)
end
for text, expected in pairs({ ['a\nb\nc'] = 'a', ['\n  b\nc'] = '\n  b', ['a'] = 'a', ['\n'] = '\n', ['\n\nb'] = '\n' }) do
  equal('the first line of ' .. vim.inspect(text), fit.line(text), expected)
end
-- Words and lines put together are the whole, whatever the text.
for _, part in ipairs({ 'word', 'line' }) do
  local left, taken = 'a  = [größe, 🧀] \n\n\n    return x.y()\n', ''
  while left ~= '' do
    local next_part = fit[part](left)
    assert(next_part ~= '', part .. ' of ' .. vim.inspect(left))
    taken, left = taken .. next_part, left:sub(#next_part + 1)
  end
  equal('all parts by ' .. part, taken, 'a  = [größe, 🧀] \n\n\n    return x.y()\n')
end
equal('shown without the closer that is there', fit.shown('x)', ')'), 'x')
equal('shown whole', fit.shown('x]', ')'), 'x]')

local config = require('treefill.config')
local function refused(name, options, words)
  local ok, why = pcall(config.set, options)
  equal(name, not ok and why:find(words, 1, true) ~= nil, true)
end
refused('an unknown option', { filetype = {} }, 'there is no option filetype; known: cmd, ')
refused('a wrong type', { filetypes = 'python' }, 'filetypes must be a table')
refused('an unknown drawer', { ghost = 'mine' }, "ghost must be 'auto'")
refused('an unknown key', { keymaps = { acept = '<Tab>' } }, 'there is no key acept')
equal('a list is replaced', config.set({ filetypes = { 'lua' } }).filetypes, { 'lua' })
equal('one key changed keeps the others', config.set({ keymaps = { accept = '<C-y>' } }).keymaps.next, '<M-]>')

local complete = require('treefill.command').complete
equal('subcommands', complete('st', 'Treefill st'), { 'stats', 'status' })
equal('their values', complete('', 'Treefill toggle '), { 'file', 'language', 'all' })
equal('values that begin so', complete('a', 'Treefill! toggle a'), { 'all' })
equal('nothing behind a value', complete('', 'Treefill toggle all '), {})
equal('models and more', complete('m', 'Treefill m'), { 'model' })
equal('behind a range', complete('ac', "'<,'>Treefill ac"), { 'actions' })

-- Rewriting: what is sent for a cursor, for lines, and after a question.
local sent, told, answer, shown = {}, {}, nil, {}
local client = require('treefill.client')
local of, execute, request, input, notify = client.of, client.execute, client.request, vim.ui.input, vim.notify
client.of = function() return { offset_encoding = 'utf-16', server_capabilities = {} } end
client.execute = function(command, argument)
  sent[#sent + 1] = { command, argument }
  return true
end
vim.ui.input = function(_, done) done(answer) end
vim.notify = function(text) shown[#shown + 1] = text end
local missing
client.request = function(_, method, params, handler)
  if method == 'workspace/executeCommand' then return handler(nil, { instruct_missing = missing }) end
  told[#told + 1] = { method, params.range, params.context.only }
  handler(nil, {
    { title = 'Implement', data = { action = 'implement' }, command = { command = 'a' } },
    { title = 'Explain', command = { command = 'treefill.apply', arguments = { { action = 'explain' } } } },
  })
end
local run = client.run
client.run = function(_, command) sent[#sent + 1] = command.command end
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'a = "🧀"; b = 1', 'c = 2', 'd = 3' })
vim.api.nvim_win_set_cursor(0, { 1, 12 })
vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()] = 7
local function call(line)
  sent = {}
  vim.api.nvim_create_user_command('Treefill', function(given) require('treefill.command').run(given) end, {
    nargs = '*', bang = true, range = true, force = true,
  })
  vim.cmd(line)
  return sent
end
local function argument(from_line, from, to_line, to, instruction)
  local range = { start = { line = from_line, character = from }, ['end'] = { line = to_line, character = to } }
  return { { 'treefill.rewrite', { uri = vim.uri_from_bufnr(0), range = range, instruction = instruction, version = 7 } } }
end
equal('rewriting at the cursor, after an emoji', call('Treefill rewrite use a list'), argument(0, 10, 0, 10, 'use a list'))
equal('rewriting lines', call('2,3Treefill rewrite shorter'), argument(1, 0, 3, 0, 'shorter'))
answer = ' asked for '
equal('what to do is asked for', call('Treefill rewrite'), argument(0, 10, 0, 10, 'asked for'))
answer = nil
equal('and nothing is done without an answer', call('Treefill rewrite'), {})
equal('an action by its name', call('2,3Treefill explain'), { 'treefill.apply' })
equal('asked for the lines', told[#told][2], argument(1, 0, 3, 0, '')[1][2].range)
equal('and one that is not there', call('Treefill docstring'), {})
equal('is said', shown, { 'treefill: there is nothing to do here' })
missing = 'No model: this takes one that follows instructions.'
call('Treefill docstring')
equal('without the model that it takes that is said', shown[#shown], 'treefill: ' .. missing)
client.of, client.execute, client.request, client.run = of, execute, request, run
vim.ui.input, vim.notify = input, notify

for _, case in ipairs({ { 'utf-8', 3 }, { 'utf-16', 2 }, { 'utf-32', 2 } }) do
  equal('ö is two bytes, ' .. case[1], client.from_byte('aöb', 3, case[1]), case[2])
  equal('and back, ' .. case[1], client.to_byte('aöb', case[2], case[1]), 3)
end
equal('🧀 in UTF-16', client.to_byte('🧀b', 2, 'utf-16'), 4)
equal('a column behind the end is its end', client.to_byte('ab', 9, 'utf-16'), 2)

io.stdout:write(failed == 0 and 'ok   Neovim plugin: unit tests' or ('FAIL Neovim plugin: %d unit tests'):format(failed), '\n')
os.exit(failed == 0 and 0 or 1)
