-- Half a minute of typing, as a person does: ten characters a second, and after two seconds a rest of 600 ms, with pairs
-- closed automatically. In both Neovims at once, which share the engine. Nothing may be in the file but what was typed, no
-- ghost text may contradict the typed text, and it must not flicker.
-- nvim -l typing.lua NVIM OLD_NVIM SERVER WORKSPACE
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local nvim, old, server, workspace = unpack(arg)

local KEY_MS, SETTLE_MS, KEYS, REST_MS = 100, 50, 20, 600

-- What plugins for pairs do by mappings.
local PAIRS = [[
vim.api.nvim_create_autocmd({ 'FileType', 'InsertEnter' }, {
  callback = function() vim.cmd('setlocal noautoindent nocindent nosmartindent indentexpr=') end,
})
local function following() return vim.fn.strpart(vim.fn.getline('.'), vim.fn.col('.') - 1, 1) end
local function preceding() return vim.fn.strpart(vim.fn.getline('.'), vim.fn.col('.') - 2, 1) end
for open, close in pairs({ ['('] = ')', ['['] = ']', ['{'] = '}' }) do
  vim.keymap.set('i', open, open .. close .. '<C-g>U<Left>')
  vim.keymap.set('i', close, function() return following() == close and '<C-g>U<Right>' or close end, { expr = true })
end
vim.keymap.set('i', '"', function()
  if following() == '"' then return '<C-g>U<Right>' end
  return preceding():match('%w') and '"' or '""<C-g>U<Left>'
end, { expr = true })
]]

local cases = {
  {
    nvim = nvim,
    file = 'shelf.py',
    text = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name  # größe 🧀
        self.items = items

ˇ
    def first(self):
        return self.items[0]
]],
    typed = [[
    def label(self, other):
        größe = len(self.items)
        if größe > len(other.items):
            return "🧀" + self.name
        for item in other.items:
            self.items.append(item)
        return self.items[0]
]],
  },
  {
    nvim = old,
    file = 'tally.rs',
    text = [[
pub struct Tally {
    counts: Vec<usize>, // größe 🧀
    total: usize,
}

impl Tally {
ˇ
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
]],
    typed = [[
    pub fn label(&self, other: &Tally) -> usize {
        let mut größe = self.counts.len();
        for count in &other.counts {
            größe += count;
        }
        println!("🧀 {}", größe);
        größe + self.total
    }
]],
  },
}

local function start(case)
  local name = vim.fs.basename(case.nvim)
  local dir = ('%s/%s-typing'):format(workspace, name)
  vim.fn.mkdir(dir, 'p')
  case.log = dir .. '/traffic.jsonl'
  local init = ('%s%srequire("treefill").setup({ program = %q, cmd = %s })'):format(
    PAIRS, editor.load_plugin(), server, editor.command(case.log, nvim, server))
  local it = editor.start({
    nvim = case.nvim, name = name .. ', typing', dir = dir, file = case.file, text = case.text, init = init,
  })
  case.it, case.keys = it, vim.fn.split(case.typed, '\\zs')
  case.stale, case.flicker, case.missed, case.rests, case.seen = {}, {}, {}, 0, 0
  return it
end

local function look(it)
  return it:lua('return { Ghost(), Answered, require("treefill.suggestion").current(vim.api.nvim_get_current_buf()) ~= nil }')
end

-- Types one key and looks what became of the ghost text.
local function press(case, key)
  local ghost, answered = unpack(look(case.it))
  case.it:keys(key == '\n' and '<CR>' or key == '<' and '<lt>' or key)
  return function()
    local after, answered_after, fits = unpack(look(case.it))
    local rest = vim.startswith(ghost, key) and ghost:sub(#key + 1) or ''
    -- A closer that stands there already is not drawn, and typing over it changes nothing.
    local closers = '^[%)%]}"]+'
    local over = key:match(closers) and after == ghost or rest:gsub(closers, '') == after
    local follows = answered_after > answered or vim.startswith(rest, after) or over
    if after ~= '' and not (follows and fits) then
      table.insert(case.stale, ('%q, then %q: %q'):format(ghost, key, after))
    end
    if rest ~= '' and after == '' and not rest:match('^[%)%]}"]+$') then
      table.insert(case.flicker, ('%q, then %q'):format(ghost, key))
    end
  end
end

-- Whether the newest answer in the log of the tap has a suggestion; nil while one is being waited for.
local function offered(log)
  local open, newest = {}, false
  local file = assert(io.open(log, 'rb'))
  local text = file:read('*a')
  file:close()
  -- The last line may still be being written.
  for line in text:gmatch('([^\n]*)\n') do
    local entry = vim.json.decode(line)
    local message = entry.message or {}
    if message.method == 'textDocument/inlineCompletion' then open[message.id] = true end
    if entry.from == 'server' and not message.method and open[message.id] then
      open[message.id] = nil
      newest = type(message.result) == 'table' and #message.result.items > 0
    end
  end
  if next(open) then return nil end
  return newest
end

local function sleep(ms) vim.wait(ms, function() return false end, ms) end

local function type_all()
  local most = 0
  for _, case in ipairs(cases) do most = math.max(most, #case.keys) end
  for number = 1, most do
    local looks = {}
    for _, case in ipairs(cases) do
      if case.keys[number] then looks[#looks + 1] = press(case, case.keys[number]) end
    end
    sleep(SETTLE_MS)
    for _, after in ipairs(looks) do after() end
    sleep(KEY_MS - SETTLE_MS)
    if number % KEYS == 0 then
      sleep(REST_MS)
      for _, case in ipairs(cases) do
        if case.keys[number] then
          local seen
          -- A busy machine answers later than that, and an answer may come between the two looks.
          local agreed = vim.wait(editor.PATIENCE, function()
            seen = case.it:ghost() ~= ''
            return seen == offered(case.log)
          end, 20)
          case.rests, case.seen = case.rests + 1, case.seen + (seen and 1 or 0)
          if not agreed then table.insert(case.missed, ('rest %d'):format(case.rests)) end
        end
      end
    end
  end
end

editor.main(function()
  for _, case in ipairs(cases) do
    if not start(case) then return end
    case.it:await_attached()
    -- The first answer needs the model; from then on it is there.
    case.it:insert_here()
    case.it:keys('x')
    case.it:await('the model is loaded', function() return case.it:lua('return Answered') > 0 end)
    case.it:keys('<BS>')
  end
  type_all()
  for _, case in ipairs(cases) do
    local it = case.it
    it:check_here('no wrong character', it:buffer() == it.before .. case.typed .. it.after, ('%d keys'):format(#case.keys))
    if it:buffer() ~= it.before .. case.typed .. it.after then io.stdout:write(it:buffer()) end
    it:check_here('no ghost text contradicts what was typed', #case.stale == 0, table.concat(case.stale, '; '))
    it:check_here('none flickers', #case.flicker == 0, table.concat(case.flicker, '; '))
    it:check_here('at each rest the screen shows what the server has', #case.missed == 0, table.concat(case.missed, ', '))
    -- How often it has something is the model's affair; never would make the line above worth nothing.
    it:check_here('that is something', case.seen > 0, ('at %d of %d rests'):format(case.seen, case.rests))
    it:quit(case.log)
  end
end)
