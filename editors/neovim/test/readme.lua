-- Drives a real Neovim, with the configuration of our README and no plugin, through typing, taking and undoing.
-- nvim -l readme.lua NVIM SERVER WORKSPACE README     The exit code tells; every step prints a line.
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local nvim, server, workspace, readme = unpack(arg)

-- The lines of the README, as a user would copy them; only the program's path is ours.
local function configuration(log)
  local text, lines = table.concat(vim.fn.readfile(readme), '\n'), nil
  for block in text:gmatch('\n```lua\n(.-)\n```') do
    if block:find('vim.lsp.enable', 1, true) then lines = block end
  end
  local found
  lines, found = lines:gsub("{ 'treefill', 'serve' }", function() return editor.command(log, nvim, server) end)
  assert(found == 1, 'the README names the command in another way')
  return lines
end

local function run(case)
  local dir = ('%s/readme-%s'):format(workspace, case.file)
  local log = dir .. '/traffic.jsonl'
  local it = editor.start({
    nvim = nvim, name = 'six lines, ' .. case.file, dir = dir, file = case.file, text = case.text, init = configuration(log),
  })
  if not it then return end
  it:await_attached()
  it:insert_here()
  it:keys(case.typed)
  if it:await_ghost('ghost text') then
    -- Typing what is shown keeps the rest, without asking the model.
    local shown, answered = it:ghost(), it:lua('return Answered')
    local first, rest = shown:match('^([%w_][%w_])(.+)$')
    if it:check_here('the suggestion can be typed in part', first ~= nil) then
      it:keys(first)
      it:await('typing through it keeps the rest', function()
        return it:lua('return Answered') > answered and it:ghost() == rest
      end, function() return it:ghost() end)
      it:keys('<Tab>')
      it:await_text('Tab takes it: the text is what stood there and the ghost', it.before .. case.typed .. shown .. it.after)
    end
  end
  it:keys('<Esc>u')
  it:await_text('undo brings the file back', it.original)
  local counts = it:quit(log)
  local told = vim.iter(counts):map(function(method, count) return count .. ' ' .. method end):join(', ')
  it:check_here('the traffic was recorded', (counts['textDocument/inlineCompletion'] or 0) >= 2
    and counts['textDocument/didChange'] ~= nil and counts['shutdown'] == 1, told)
end

editor.main(function()
  for _, case in ipairs(dofile(here .. '/cases.lua')) do run(case) end
end)
