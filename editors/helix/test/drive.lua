-- Drives a real Helix, with our languages.toml, through opening the menu, previewing, taking and saving suggestions.
-- nvim -l drive.lua HELIX WORKSPACE     The exit code tells; every step prints a line.
local helix, workspace = unpack(arg)
local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
local traffic = dofile(here .. '/../../traffic.lua')

-- What stands in the file, with a ˇ where the cursor goes, and what is typed there. Left of the cursor, where one line is
-- completed: a letter of two bytes and one of four (two UTF-16 units), so that a wrong position encoding shows. The
-- empty lines are where the model goes on for several lines.
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
    file = 'shelf_lines.py',
    text = [[
class Shelf:
    def __init__(self, items):
        self.items = items

    def find(self, name):
        """größe 🧀"""
        for item in self.items:
            ˇ
        return None
]],
    typed = '',
  },
  {
    file = 'tally.rs',
    text = [[
pub struct Tally {
    counts: Vec<usize>,
    total: usize,
}

impl Tally {
    pub fn total(&self) -> usize {
        println!("größe 🧀 {}", ˇ);
        self.total
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
]],
    typed = 'self.to',
  },
  {
    file = 'tally_lines.rs',
    text = [[
impl Tally {
    /// größe 🧀
    pub fn find(&self, name: &str) -> Option<&Item> {
        for item in &self.items {
            ˇ
        }
        None
    }
}
]],
    typed = '',
  },
}

-- Who says whether a file is well formed. Nothing else in this project needs Python, so it may be missing.
local judges = {
  py = { 'python3', '-c', 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read())' },
  rs = { 'rustfmt', '--edition', '2021', '--emit', 'stdout' },
}

local function say(text) io.stdout:write(text, '\n') end

local failed = false
local function check(name, ok, detail)
  say((ok and 'ok   ' or 'FAIL ') .. name .. ((detail or '') ~= '' and ': ' .. detail or ''))
  failed = failed or not ok
  return ok
end

-- A tmux of its own for each case, with a socket in the workspace: one that is going down refuses the next session.
local socket
local function tmux(...) return vim.system({ 'tmux', '-u', '-f', '/dev/null', '-S', socket, ... }):wait() end
local function screen() return tmux('capture-pane', '-p', '-t', 'helix').stdout or '' end
local function keys(...) tmux('send-keys', '-t', 'helix', ...) end

-- How often a text stands on a screen.
local function times(text, plain)
  local count, at = 0, 1
  while true do
    local first, last = text:find(plain, at, true)
    if not first then return count end
    count, at = count + 1, last + 1
  end
end

local function read(path)
  local file = io.open(path, 'rb')
  if not file then return '' end
  local text = file:read('*a')
  file:close()
  return text
end

-- The messages so far; the last line may still be being written.
local function messages(log)
  local out = {}
  for line in read(log):gmatch('([^\n]*)\n') do
    local entry = vim.json.decode(line)
    if entry.message then out[#out + 1] = entry end
  end
  return out
end

-- The newest entry that treefill offered for the menu.
local function newest_item(log)
  local asked, item = {}, nil
  for _, entry in ipairs(messages(log)) do
    local message = entry.message
    if entry.from == 'editor' and message.method == 'textDocument/completion' then asked[message.id] = true end
    if entry.from == 'server' and not message.method and asked[message.id] and type(message.result) == 'table' then
      item = message.result.items[1]
    end
  end
  return item
end

-- The file after the edit, whose columns are bytes.
local function edited(text, edit)
  local lines = vim.split(text, '\n')
  local from, to = edit.range.start, edit.range['end']
  assert(from.line == to.line, 'an entry replaces a part of one line')
  local line = lines[from.line + 1]
  lines[from.line + 1] = line:sub(1, from.character) .. edit.newText .. line:sub(to.character + 1)
  return table.concat(lines, '\n')
end

-- The code that the documentation shows.
local function promised(item)
  local documentation = item.documentation
  return type(documentation) == 'table' and documentation.value:match('^```+%w*\n(.*)\n```+$') or nil
end

local function judge(case, path)
  local kind = vim.fs.basename(path):match('%.(%w+)$')
  local command = vim.list_extend(vim.deepcopy(judges[kind]), { path })
  if vim.fn.executable(command[1]) == 0 then
    return say(('none %s: there is no %s here to judge the result'):format(case.file, command[1]))
  end
  -- From here, because the toolchain file of the project says which rustfmt runs.
  local result = vim.system(command, { cwd = here }):wait()
  check(('%s: %s accepts the result'):format(case.file, command[1]), result.code == 0, result.code ~= 0 and result.stderr or '')
end

local several_lines = 0

-- Opens the menu, previews, takes and saves. The steps build on each other: the first that fails ends the case.
local function complete(case, file, log, await)
  local before_cursor, after_cursor = case.text:match('^(.-)ˇ(.*)$')
  local typed = before_cursor .. case.typed .. after_cursor
  local row = select(2, before_cursor:gsub('\n', '')) + 1
  local column = vim.fn.strchars(before_cursor:match('([^\n]*)$'))
  if not await('Helix has the file open at treefill', function()
    return vim.iter(messages(log)):any(function(entry) return entry.message.method == 'textDocument/didOpen' end)
  end) then return end
  -- Not `A`: there may be text after the cursor.
  keys(('%dgg'):format(row))
  keys('-l', 'gh' .. (column > 0 and (column .. 'l') or '') .. 'i')
  if not await('insert mode', function() return screen():find(' INS ', 1, true) end) then return end
  if case.typed ~= '' then keys('-l', case.typed) end
  local lines = vim.split(typed, '\n')
  if not await('the text is typed', function() return screen():find(lines[row], 1, true) end) then return end
  keys('C-x')
  local item
  if not await('the menu has an entry', function()
    item = newest_item(log)
    return item and screen():find(vim.pesc(item.label) .. ' +text')
  end, function() return item and vim.inspect(item.label) or '' end) then return end
  local text = item.textEdit.newText
  local shown = vim.split(text, '\n')
  several_lines = several_lines + (#shown > 1 and 1 or 0)
  local first = vim.iter(shown):find(function(line) return vim.trim(line) ~= '' end) or ''
  check(case.file .. ': the label is its first line', vim.trim(first):sub(1, #item.label) == item.label, vim.trim(first))
  check(case.file .. ': the documentation is the text', promised(item) == text, vim.inspect(text))
  local expected = edited(typed, item.textEdit)
  keys('C-n')
  -- In the buffer and in the documentation beside the menu, and its first line also in the menu.
  await('C-n previews all of it', function()
    local now = screen()
    local buffer = vim.split(expected, '\n')
    for at, line in ipairs(shown) do
      if not now:find(buffer[row + at - 1], 1, true) then return false end
      if vim.trim(line) ~= '' and times(now, vim.trim(line)) < (line == first and 3 or 2) then return false end
    end
    return true
  end)
  keys('Enter')
  keys('Escape')
  await('Enter takes it, Escape leaves insert mode', function() return screen():find(' NOR ', 1, true) end)
  keys(':w', 'Enter')
  if not await('the file on disk is what stood there and the entry', function() return read(file) == expected end) then
    say(read(file))
  end
  judge(case, file)
end

local function run(case, number)
  socket = ('%s/tmux%d'):format(workspace, number)
  local dir = workspace .. '/' .. case.file .. '.run'
  vim.fn.mkdir(dir, 'p')
  local file, log = dir .. '/' .. case.file, dir .. '/traffic.jsonl'
  vim.fn.writefile(vim.split((case.text:gsub('ˇ', '')), '\n'), file, 'b')
  -- A shell stays in the terminal as it does at home: when its leader goes, the terminal hangs up on what still runs.
  -- Only treefill is in Helix's PATH: other servers' entries would differ from machine to machine. Wide, so that no menu
  -- is cut.
  local script = 'PATH="$1" TERM=xterm-256color LC_ALL=C.UTF-8 "$2" -v --log helix.log "$3"; echo "left with $?"; read wait'
  local started = tmux('new-session', '-d', '-s', 'helix', '-x', '180', '-y', '40', '-c', dir,
    'sh', '-c', script, 'sh', workspace .. '/bin', helix, case.file)
  if not check(case.file .. ': tmux runs', started.code == 0, started.stderr) then return end
  local function await(name, condition, detail)
    local ok = vim.wait(20000, function() return condition() and true or false end, 30)
    if not ok then
      vim.fn.writefile(vim.split(screen(), '\n'), dir .. '/screen.txt')
      say(screen())
    end
    return check(case.file .. ': ' .. name, ok, detail and detail() or nil)
  end
  complete(case, file, log, await)
  -- A key right behind an Escape would be read as Alt with that key, so only where it is needed, and looked after.
  if not screen():find(' NOR ', 1, true) then
    keys('Escape')
    await('back in normal mode', function() return screen():find(' NOR ', 1, true) end)
  end
  keys(':q!', 'Enter')
  await(':q leaves', function() return screen():find('left with 0', 1, true) end)
  if read(log) == '' then
    tmux('kill-server')
    return check(case.file .. ': treefill was started', false)
  end
  -- The server may outlive the editor by a moment.
  local wrong, counts
  vim.wait(3000, function()
    wrong, counts = traffic(log)
    return #wrong == 0
  end, 50)
  tmux('kill-server')
  check(case.file .. ': all requests answered, code 0', #wrong == 0, table.concat(wrong, '; '))
  local told = vim.iter(counts):map(function(method, count) return count .. ' ' .. method end):join(', ')
  check(case.file .. ': the traffic was recorded', (counts['textDocument/completion'] or 0) >= 1
    and counts['textDocument/didChange'] ~= nil and counts['textDocument/didSave'] ~= nil and counts['shutdown'] == 1, told)
end

for number, case in ipairs(cases) do run(case, number) end
check('some entry had several lines; if not, the cases must change', several_lines > 0, several_lines .. ' of ' .. #cases)
os.exit(failed and 1 or 0)
