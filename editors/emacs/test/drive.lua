-- Drives a real Emacs with our init.el: previews, takes, completes, mends and types.
-- nvim -l drive.lua EMACS WORKSPACE     The exit code tells; every step prints a line.
local emacs, workspace = unpack(arg)
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')

local SHELF = [[
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
]]

local function line_of(it) return it.before:match('([^\n]*)$') end

-- What is offered is shown in grey, TAB takes it.
local function preview(it)
  it:go()
  it:keys('-l', 'self.')
  local item
  local function shown()
    return it:await('the suggestion is shown behind the cursor', function()
      item = it:newest_item()
      return item and it:screen():find(line_of(it) .. 'self.' .. item.label, 1, true)
    end, function() return item and vim.inspect(item.label) or '' end)
  end
  if not shown() then return end
  it:await_file('it is not in the file', it.before .. 'self.' .. it.after)
  -- Saving hid it.
  it:keys('BSpace')
  it:keys('-l', '.')
  if not shown() then return end
  it:keys('Tab')
  it:await_file('TAB takes it', it.before .. 'self.' .. item.textEdit.newText .. it.after)
end

-- The menu by hand.
local function complete(it)
  it:go()
  it:keys('-l', 'self.')
  it:keys('C-M-i')
  local item
  it:await('an entry is offered', function()
    item = it:newest_item()
    return item
  end)
  it:await_file('C-M-i takes the only one', it.before .. 'self.' .. (item and item.textEdit.newText or '?') .. it.after)
end

local function mend(it)
  it:go()
  it:command('eglot-code-actions')
  if not it:await('the fix is offered', function() return it:screen():find('insert `)`', 1, true) end) then return end
  it:keys('Enter')
  it:await_file('and mends the file', (it.before .. it.after):gsub('str%(self%.name', '%0)'))
end

-- The body of a function is made only when the action is chosen.
local function draft(it)
  it:go()
  it:command('eglot-code-actions')
  if not it:await('the action is offered', function() return it:screen():find('Draft `', 1, true) end) then return end
  it:keys('Enter')
  it:await('the body is made, and the rest of the file stays', function()
    it:keys('C-x', 'C-s')
    return vim.wait(300, function()
      local now = editor.read(it.file)
      local around = vim.startswith(now, it.before) and vim.endswith(now, it.after)
      return around and #now > #it.before + #it.after and true or false
    end, 30)
  end)
end

local KEY_MS, KEYS, REST_MS = 100, 20, 600
local TYPED = [[
größe = len(self.items) + 1
names = [item.name for item in self.items]
label = self.label("🧀", größe)
self.total = self.total + größe
print("🧀: " + label, names[0], self.size())
return self.items[größe - 1]
]]

-- The same keys twice: without a server as fast as they go, then ten a second with a rest after each two.
local function type_on(case)
  local texts, seen, rests = {}, 0, 0
  for _, plain in ipairs({ true, false }) do
    local it = editor.start(emacs, workspace, case, plain)
    if not it then return end
    it:go()
    local count = 0
    for _, key in ipairs(vim.fn.split(vim.trim(TYPED), '\\zs')) do
      if key == '\n' then it:keys('Enter') else it:keys('-l', key) end
      count = count + 1
      if not plain then
        vim.wait(KEY_MS, function() return false end, KEY_MS)
        if count % KEYS == 0 then
          vim.wait(REST_MS, function() return false end, REST_MS)
          rests = rests + 1
          local item = it:newest_item()
          if item and it:screen():find(item.label, 1, true) then seen = seen + 1 end
        end
      end
    end
    if plain then
      it:await('it is saved', function()
        it:keys('C-x', 'C-s')
        return vim.wait(300, function() return editor.read(it.file):find('größe - 1', 1, true) ~= nil end, 30)
      end)
      texts[1] = editor.read(it.file)
    else
      it:await_file('the same keys make the same text', texts[1])
      it:check_here('entries at some of the rests', seen > 0, ('%d of %d'):format(seen, rests))
    end
    it:quit(plain)
  end
end

local cases = {
  { file = 'shelf.py', text = SHELF, drive = preview },
  { file = 'menu.py', text = SHELF, drive = complete },
  { file = 'broken.py', text = [[
class Shelf:
    def label(self):
        return ""

    def both(self):
        return "größe 🧀: " + str(self.nameˇ
]], drive = mend },
  { file = 'stub.py', text = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def __len__(self):
        """größe 🧀: the number of items."""ˇ

    def first(self):
        return self.items[0]
]], drive = draft },
}
for _, case in ipairs(cases) do
  local it = editor.start(emacs, workspace, case)
  if it then
    case.drive(it)
    it:quit()
  end
end
type_on({ file = 'typed.py', text = 'class Shelf:\n    def __init__(self, name, items):\n        self.items = items\n\n    def label(self):\n        ˇ\n' })
os.exit(editor.has_failed() and 1 or 0)
