-- Drives a real Neovim, with the configuration of our README, through typing, taking and undoing suggestions.
-- nvim -l drive.lua NVIM SERVER WORKSPACE README     The exit code tells; every step prints a line.
local nvim, server, workspace, readme = unpack(arg)
local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
local traffic = dofile(here .. '/../../traffic.lua')

-- What stands in the file, with a ˇ where the cursor goes, and what is typed there. Left of the cursor: a letter of two
-- bytes and one of four (two UTF-16 units), so that a wrong position encoding shows.
local cases = {
  {
    file = 'shelf.py',
    text = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def label(self):
        return "größe 🧀: " + ˇ

    def first(self):
        return self.items[0]
]],
    typed = 'self.',
  },
  {
    file = 'tally.rs',
    text = [[
pub struct Tally {
    counts: Vec<usize>,
    total: usize,
}

impl Tally {
    pub fn new() -> Self {
        Self { counts: Vec::new(), total: 0 }
    }

    pub fn total(&self) -> usize {
        println!("größe 🧀 {}", ˇ
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
]],
    typed = 'self.',
  },
}

-- The lines of the README, as a user would copy them; only the program's path is ours.
local function configuration(log)
  local lines = table.concat(vim.fn.readfile(readme), '\n'):match('```lua\n(.-)\n```')
  local ours = vim.json.encode({ nvim, '-l', here .. '/../../tap.lua', log, server, 'serve' }):gsub('^%[', '{'):gsub('%]$', '}')
  local found
  lines, found = lines:gsub("{ 'treefill', 'serve' }", function() return ours end)
  assert(found == 1, 'the README names the command in another way')
  return 'vim.o.swapfile = false\nvim.o.shadafile = "NONE"\n' .. lines .. '\n'
end

-- Lua that runs in the driven editor: the ghost text on the screen, and how many suggestions were answered.
local inside = [[
function Ghost()
  local namespace = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  local out = {}
  for _, mark in ipairs(namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}) do
    local function add(chunks) out[#out + 1] = vim.iter(chunks):map(function(chunk) return chunk[1] end):join('') end
    if mark[4].virt_text then add(mark[4].virt_text) end
    for _, line in ipairs(mark[4].virt_lines or {}) do add(line) end
  end
  return table.concat(out, '\n')
end
Answered = 0
vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
  local request = event.data.request
  if request.method == 'textDocument/inlineCompletion' and request.type == 'complete' then Answered = Answered + 1 end
end })
]]

local failed = false
local function check(name, ok, detail)
  print((ok and 'ok   ' or 'FAIL ') .. name .. ((detail or '') ~= '' and ': ' .. detail or ''))
  failed = failed or not ok
  return ok
end

local function run(case)
  local dir = workspace .. '/' .. case.file .. '.run'
  vim.fn.mkdir(dir, 'p')
  local file, log, socket = dir .. '/' .. case.file, dir .. '/traffic.jsonl', dir .. '/nvim.sock'
  local before_cursor, after_cursor = case.text:match('^(.-)ˇ(.*)$')
  local original = before_cursor .. after_cursor
  vim.fn.writefile(vim.split(original, '\n'), file, 'b')
  vim.fn.writefile(vim.split(configuration(log), '\n'), dir .. '/init.lua')
  local ended
  local editor = vim.system(
    { nvim, '--headless', '--clean', '-u', dir .. '/init.lua', '--listen', socket, file },
    { cwd = dir, env = { NVIM_LOG_FILE = dir .. '/nvim.log' } },
    function(result) ended = result end
  )
  local channel
  vim.wait(5000, function()
    local ok, opened = pcall(vim.fn.sockconnect, 'pipe', socket, { rpc = true })
    channel = ok and opened > 0 and opened or nil
    return channel ~= nil
  end, 20)
  if not check(case.file .. ': Neovim runs', channel ~= nil) then return editor:kill('sigkill') end

  local function lua(code) return vim.rpcrequest(channel, 'nvim_exec_lua', code, {}) end
  local function keys(text) vim.rpcrequest(channel, 'nvim_input', text) end
  local function buffer() return table.concat(lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)'), '\n') .. '\n' end
  local function until_true(name, condition, detail)
    local ok = vim.wait(20000, condition, 20)
    return check(case.file .. ': ' .. name, ok, (detail and detail()) or nil)
  end
  local function ghost() return lua('return Ghost()') end

  lua(inside)
  until_true('treefill is attached', function() return lua('return #vim.lsp.get_clients({ name = "treefill" })') == 1 end)
  local row = select(2, before_cursor:gsub('\n', '')) + 1
  lua(('vim.api.nvim_win_set_cursor(0, { %d, 0 })'):format(row))
  keys('A')
  keys(case.typed)
  if until_true('ghost text', function() return ghost() ~= '' end, function() return vim.inspect(ghost()) end) then
    -- Typing what is shown keeps the rest, without asking the model.
    local shown, answered = ghost(), lua('return Answered')
    local first, rest = shown:match('^([%w_][%w_])(.+)$')
    if check(case.file .. ': the suggestion can be typed in part', first ~= nil) then
      keys(first)
      until_true('typing through it keeps the rest', function()
        return lua('return Answered') > answered and ghost() == rest
      end, function() return vim.inspect(ghost()) end)
      keys('<Tab>')
      local expected = before_cursor .. case.typed .. shown .. after_cursor
      until_true('Tab takes it: the text is what stood there and the ghost', function() return buffer() == expected end)
      if buffer() ~= expected then print(buffer()) end
    end
  end
  keys('<Esc>u')
  until_true('undo brings the file back', function() return buffer() == original end)
  -- Leaving closes the channel while we ask: that is no error.
  pcall(keys, ':q<CR>')
  vim.wait(10000, function() return ended ~= nil end, 20)
  if not check(case.file .. ': :q leaves', ended ~= nil and ended.code == 0) then
    editor:kill('sigkill')
  end
  -- The server may outlive the editor by a moment.
  local wrong, counts
  vim.wait(3000, function()
    wrong, counts = traffic(log)
    return #wrong == 0
  end, 50)
  check(case.file .. ': all requests answered, code 0', #wrong == 0, table.concat(wrong, '; '))
  local told = vim.iter(counts):map(function(method, count) return count .. ' ' .. method end):join(', ')
  check(case.file .. ': the traffic was recorded', (counts['textDocument/inlineCompletion'] or 0) >= 2
    and counts['textDocument/didChange'] ~= nil and counts['shutdown'] == 1, told)
end

for _, case in ipairs(cases) do run(case) end
os.exit(failed and 1 or 0)
