-- Drives a real Helix, with our languages.toml, through opening the menu, previewing, taking and saving suggestions.
-- nvim -l drive.lua HELIX SERVER WORKSPACE     The exit code tells; every step prints a line.
local helix, server, workspace = unpack(arg)
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')

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
            if item.name == name {
                return Some(item);
            }
        }
        None
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        for (at, item) in self.items.iter().enumerate() {
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

-- How often a text stands on a screen.
local function times(text, plain)
  local count, at = 0, 1
  while true do
    local first, last = text:find(plain, at, true)
    if not first then return count end
    count, at = count + 1, last + 1
  end
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

-- Lines without the white space that all of them begin with.
local function dedented(text)
  local lines, common = vim.split(text, '\n'), nil
  for _, line in ipairs(lines) do
    local indent = line:match('^%s*')
    if #indent < #line and (not common or #indent < common) then common = #indent end
  end
  return table.concat(vim.iter(lines):map(function(line) return line:sub((common or 0) + 1) end):totable(), '\n')
end

-- What the documentation is to show: several lines as they will stand, one line as it is.
local function documented(text, edit)
  if not edit.newText:find('\n', 1, true) then return edit.newText end
  local line = vim.split(text, '\n')[edit.range.start.line + 1]
  return dedented(line:sub(1, edit.range.start.character) .. edit.newText)
end

local function judge(case, path)
  local kind = vim.fs.basename(path):match('%.(%w+)$')
  local command = vim.list_extend(vim.deepcopy(judges[kind]), { path })
  if vim.fn.executable(command[1]) == 0 then
    return editor.say(('none %s: there is no %s here to judge the result'):format(case.file, command[1]))
  end
  -- From here, because the toolchain file of the project says which rustfmt runs.
  local result = vim.system(command, { cwd = here }):wait()
  editor.check(('%s: %s accepts the result'):format(case.file, command[1]), result.code == 0, result.code ~= 0 and result.stderr or '')
end

local several_lines = 0

-- Opens the menu, previews, takes and saves. The steps build on each other: the first that fails ends the case.
local function complete(it)
  local case = it.case
  local typed = it.before .. case.typed .. it.after
  local inserting, row = it:insert_here()
  if not inserting then return end
  if case.typed ~= '' then it:keys('-l', case.typed) end
  local lines = vim.split(typed, '\n')
  if not it:await('the text is typed', function() return it:screen():find(lines[row], 1, true) end) then return end
  it:keys('C-x')
  local item
  if not it:await('the menu has an entry', function()
    item = it:newest_item()
    return it:menu_shows(item)
  end, function() return item and vim.inspect(item.label) or '' end) then return end
  it:check_here('it is not preselected, so Enter stays a line end', item.preselect ~= true)
  local text = item.textEdit.newText
  local shown = vim.split(text, '\n')
  several_lines = several_lines + (#shown > 1 and 1 or 0)
  local first = vim.iter(shown):find(function(line) return vim.trim(line) ~= '' end) or ''
  it:check_here('the label is its first line', vim.trim(first):sub(1, #item.label) == item.label, vim.trim(first))
  it:check_here('it is known as treefill’s', item.detail == 'treefill' or vim.tbl_get(item, 'labelDetails', 'description') == 'treefill', vim.inspect(item.detail))
  local shows = documented(typed, item.textEdit)
  it:check_here('the documentation is the text, as it will stand', promised(item) == shows, vim.inspect({ promised(item), shows }))
  local expected = edited(typed, item.textEdit)
  it:keys('C-n')
  -- In the buffer and in the documentation beside the menu, and its first line also in the menu.
  it:await('C-n previews all of it', function()
    local now = it:screen()
    local buffer = vim.split(expected, '\n')
    for at, line in ipairs(shown) do
      if not now:find(buffer[row + at - 1], 1, true) then return false end
      if vim.trim(line) ~= '' and times(now, vim.trim(line)) < (line == first and 3 or 2) then return false end
    end
    return true
  end)
  if #shown > 1 then it:capture('preview-' .. vim.fn.fnamemodify(case.file, ':e')) end
  it:keys('Enter')
  it:keys('Escape')
  it:await('Enter takes it, Escape leaves insert mode', function() return it:screen():find(' NOR ', 1, true) end)
  it:await_file('the file on disk is what stood there and the entry', expected)
  judge(case, it.file)
  it:keys('u')
  it:await_file('undo takes it back', typed)
  if case.typed ~= '' then
    it:keys('u')
    it:await_file('one more, and the file is as it was', it.before .. it.after)
  end
end

-- A syntax error is mended by the code action.
local function mend(it)
  it:keys('6gg')
  it:keys('Space')
  it:keys('a')
  if not it:await('the action is offered', function() return it:screen():find('insert `)`', 1, true) end) then return end
  it:capture('code-action')
  it:keys('Enter')
  it:await_file('and mends the file', (it.before .. it.after):gsub('str%(self%.name', '%0)'))
  judge(it.case, it.file)
end

-- The engine dies under the fingers: nothing breaks, and entries come again by themselves.
local function killed(it)
  if not it:insert_here() then return end
  it:keys('-l', 'return self.')
  -- What comes by itself is not always likely enough; who asks twice at one place gets it.
  it:await('an entry before the engine dies', function()
    if it:menu_shows((it:newest_item())) then return true end
    it:keys('C-x')
    vim.wait(300)
  end)
  -- An engine with another model, which an editor before has left, may still be there.
  local function pid()
    local status = vim.system({ server, 'engine', 'status' }, { text = true }):wait().stdout
    for process, clients in status:gmatch('process (%d+): ready\n.-\n  clients +(%d+)') do
      if clients ~= '0' then return tonumber(process) end
    end
  end
  local dead = pid()
  if not it:check_here('an engine runs', dead ~= nil) then return end
  vim.uv.kill(dead, 'sigkill')
  it:keys('BSpace')
  it:keys('-l', '.')
  local _, before = it:newest_item()
  it:await('an entry from a new engine', function()
    local item, answers = it:newest_item()
    if item and answers > before and it:menu_shows(item) and pid() ~= dead then return true end
    it:keys('C-x')
    vim.wait(300)
  end)
  it:escape()
  it:await_file('the file is what was typed', it.before .. 'return self.' .. it.after)
end

-- A function gets its body by the action that is made when it is chosen. « » are around what the body takes the place of.
local function implement(it)
  local before, hole, after = it.case.stub:match('^(.-)«(.-)»(.*)$')
  it:keys(('%dgg'):format(select(2, before:gsub('\n', '')) + 1))
  it:keys('Space')
  it:keys('a')
  if not it:await('the action is offered', function() return it:screen():find('Draft `', 1, true) end) then return end
  it:keys('Enter')
  local function body()
    local now = editor.read(it.file)
    local around = #now >= #before + #after and vim.startswith(now, before) and vim.endswith(now, after)
    return around and now:sub(#before + 1, #now - #after) or nil
  end
  local written = it:await('the function gets a body, the rest of the file stays', function()
    -- Helix refuses a plain `:w` when the machine's clock has been set back since the last one.
    it:keys(':w!', 'Enter')
    -- Not more often than a slow Helix can save: what is asked of it queues up.
    return vim.wait(300, function()
      local now = body()
      return now and now ~= hole and now:find('%S') and true or false
    end, 30)
  end, function() return vim.inspect(body()) end)
  if not written then return end
  judge(it.case, it.file)
  it:keys('u')
  it:await_file('undo takes the body back', it.before .. it.after)
end

-- The commands for people are offered, and answer by a message.
local function commands(it)
  it:keys(':lsp-workspace-command', 'Enter')
  if it:await('the commands are offered', function() return it:screen():find('treefill.why', 1, true) end) then
    local screen = it:screen()
    it:check_here('and none that is for programs', not screen:find('treefill.accepted', 1, true) and not screen:find('treefill.prefetch', 1, true), screen)
  end
  it:escape()
  for _, row in ipairs({
    { 'why', 'No suggestion was asked for yet.' },
    { 'pause', 'Suggestions are paused everywhere until you resume.' },
    { 'why', 'Suggestions are paused everywhere until you resume.' },
    { 'resume', 'Suggestions are on everywhere.' },
    { 'status', 'Suggestions are ready. Built-in model, 15 M parameters, CPU' },
  }) do
    local command, message = unpack(row)
    it:keys(':lsp-workspace-command treefill.' .. command, 'Enter')
    it:await(('treefill.%s says: %s'):format(command, message), function() return it:screen():find('treefill: ' .. message, 1, true) end)
  end
  if not it:insert_here() then return end
  it:keys('-l', 'return self.')
  it:keys('C-x')
  it:await('and entries come again', function()
    if it:menu_shows((it:newest_item())) then return true end
    it:keys('C-x')
    vim.wait(300)
  end)
  it:escape()
  it:await_file('the file is what was typed', it.before .. 'return self.' .. it.after)
end

local KEY_MS, KEYS, REST_MS = 100, 20, 600
local TYPED = {
  'größe = len(self.items) + 1',
  'names = [item.name for item in self.items]',
  'label = self.label("🧀", größe)',
  'self.total = self.total + größe',
  'self.items.append(label)',
  'print("🧀: " + label, names[0], self.size())',
  'return self.items[größe - 1]',
}

-- Half a minute of typing: ten characters a second, and after two seconds a rest of 600 ms. Pairs are closed by Helix,
-- lines begin with the indentation that it copies.
local function type_on(it)
  if not it:insert_here() then return end
  local typed, rests, seen = 0, 0, 0
  local function press(...)
    it:keys(...)
    typed = typed + 1
    vim.wait(KEY_MS, function() return false end, KEY_MS)
    if typed % KEYS ~= 0 then return end
    vim.wait(REST_MS, function() return false end, REST_MS)
    rests, seen = rests + 1, seen + (it:menu_shows((it:newest_item())) and 1 or 0)
  end
  for number, line in ipairs(TYPED) do
    if number > 1 then press('Enter') end
    for _, character in ipairs(vim.fn.split(line, '\\zs')) do press('-l', character) end
  end
  it:escape()
  it:check_here('entries at some of the rests', seen > 0, ('%d of %d, %d keys'):format(seen, rests, typed))
  local indentation = it.before:match('([^\n]*)$')
  it:await_file('the file is what was typed', it.before .. table.concat(TYPED, '\n' .. indentation) .. it.after)
end

local BROKEN = [[
class Shelf:
    def label(self):
        return "ˇ"

    def both(self):
        return "größe 🧀: " + str(self.name
]]
local OPEN = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name  # größe 🧀
        self.items = items

    def label(self):
        ˇ

    def first(self):
        return self.items[0]
]]

local STUBS = {
  py = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def __len__(self):
        """größe 🧀: the number of items."""«»

    def first(self):
        return self.items[0]
]],
  rs = [[
pub struct Tally {
    counts: Vec<usize>,
    total: usize,
}

impl Tally {
    /// größe 🧀: whether there are no counts.
    pub fn is_empty(&self) -> bool {
        «todo!()»
    }

    pub fn total(&self) -> usize {
        self.total
    }
}
]],
}

for _, case in ipairs(cases) do case.drive = complete end
vim.list_extend(cases, {
  { file = 'broken.py', text = BROKEN, drive = mend },
  { file = 'commands.py', text = OPEN, drive = commands },
  { file = 'killed.py', text = OPEN, drive = killed },
  { file = 'typed.py', text = OPEN, drive = type_on },
})
for kind, stub in pairs(STUBS) do
  -- Where the ˇ is does not matter.
  table.insert(cases, { file = 'stub.' .. kind, text = (stub:gsub('«', 'ˇ'):gsub('»', '')), stub = stub, drive = implement })
end

local function run(case, number)
  local it = editor.start(helix, workspace, case, number)
  if not it then return end
  case.drive(it)
  local counts = it:quit()
  local told = vim.iter(counts):map(function(method, count) return count .. ' ' .. method end):join(', ')
  it:check_here('the traffic was recorded', ((counts['textDocument/completion'] or 0) >= 1 or (counts['textDocument/codeAction'] or 0) >= 1)
    and counts['textDocument/didChange'] ~= nil and counts['textDocument/didSave'] ~= nil and counts['shutdown'] == 1, told)
end

for number, case in ipairs(cases) do run(case, number) end
editor.check('some entry had several lines; if not, the cases must change', several_lines > 0, several_lines .. ' of 4')
os.exit(editor.failed and 1 or 0)
