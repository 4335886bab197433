-- A real Helix in tmux, for the tests: started, typed into, and looked at by its screen and by the log of the tap.
local M = {}

local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local traffic = dofile(here .. '/../../traffic.lua')

--- Longest wait for anything.
M.PATIENCE = 20000

M.failed = false

function M.say(text)
  io.stdout:write(text, '\n')
  io.stdout:flush()
end

--- Reports a step. A failed one makes the whole run fail, later.
function M.check(name, ok, detail)
  M.say((ok and 'ok   ' or 'FAIL ') .. name .. ((detail or '') ~= '' and ': ' .. detail or ''))
  M.failed = M.failed or not ok
  return ok
end

-- A tmux of its own for each case, with a socket in the workspace: one that is going down refuses the next session.
function M:tmux(...) return vim.system({ 'tmux', '-u', '-f', '/dev/null', '-S', self.socket, ... }):wait() end
function M:screen() return self:tmux('capture-pane', '-p', '-t', 'helix').stdout or '' end
function M:keys(...) self:tmux('send-keys', '-t', 'helix', ...) end

function M:check_here(name, ok, detail) return M.check(self.case.file .. ': ' .. name, ok, detail) end

--- Waits until a condition holds, and reports it. The screen is kept when it does not.
function M:await(name, condition, detail)
  local ok = vim.wait(M.PATIENCE, function() return condition() and true or false end, 30)
  if not ok then
    vim.fn.writefile(vim.split(self:screen(), '\n'), self.dir .. '/screen.txt')
    M.say(self:screen())
  end
  return self:check_here(name, ok, detail and detail() or nil)
end

function M.read(path)
  local file = io.open(path, 'rb')
  if not file then return '' end
  local text = file:read('*a')
  file:close()
  return text
end

--- The messages so far; the last line may still be being written.
function M:messages()
  local out = {}
  for line in M.read(self.log):gmatch('([^\n]*)\n') do
    local entry = vim.json.decode(line)
    if entry.message then out[#out + 1] = entry end
  end
  return out
end

--- The newest entry that treefill offered for the menu, and how many answers there were.
function M:newest_item()
  local asked, item, answers = {}, nil, 0
  for _, entry in ipairs(self:messages()) do
    local message = entry.message
    if entry.from == 'editor' and message.method == 'textDocument/completion' then asked[message.id] = true end
    if entry.from == 'server' and not message.method and asked[message.id] and type(message.result) == 'table' then
      item, answers = message.result.items[1], answers + 1
    end
  end
  return item, answers
end

--- Whether the menu shows an entry of treefill.
function M:menu_shows(item) return item and self:screen():find(vim.pesc(item.label) .. ' +text') ~= nil end

--- Starts Helix with the file of a case, and waits until treefill has it.
--- @return table? # nil: it did not start
function M.start(helix, workspace, case, number)
  local self = setmetatable({ case = case, socket = ('%s/tmux%d'):format(workspace, number) }, { __index = M })
  self.dir = ('%s/%d-%s'):format(workspace, number, case.file)
  vim.fn.mkdir(self.dir, 'p')
  self.file, self.log = self.dir .. '/' .. case.file, self.dir .. '/traffic.jsonl'
  self.before, self.after = case.text:match('^(.-)ˇ(.*)$')
  vim.fn.writefile(vim.split(self.before .. self.after, '\n'), self.file, 'b')
  -- A shell stays in the terminal as it does at home: when its leader goes, the terminal hangs up on what still runs.
  -- Only treefill is in Helix's PATH: other servers' entries would differ from machine to machine. Wide, so that no menu
  -- is cut.
  local script = 'PATH="$1" TERM=xterm-256color LC_ALL=C.UTF-8 "$2" -v --log helix.log "$3"; echo "left with $?"; read wait'
  local started = self:tmux('new-session', '-d', '-s', 'helix', '-x', '180', '-y', '40', '-c', self.dir,
    'sh', '-c', script, 'sh', workspace .. '/bin', helix, case.file)
  if not self:check_here('tmux runs', started.code == 0, started.stderr) then return nil end
  local opened = self:await('Helix has the file open at treefill', function()
    return vim.iter(self:messages()):any(function(entry) return entry.message.method == 'textDocument/didOpen' end)
  end)
  return opened and self or nil
end

--- Puts the cursor to the place of the ˇ, in insert mode.
function M:insert_here()
  local row = select(2, self.before:gsub('\n', '')) + 1
  local column = vim.fn.strchars(self.before:match('([^\n]*)$'))
  -- Not `A`: there may be text after the cursor.
  self:keys(('%dgg'):format(row))
  self:keys('-l', 'gh' .. (column > 0 and (column .. 'l') or '') .. 'i')
  return self:await('insert mode', function() return self:screen():find(' INS ', 1, true) end), row
end

--- Back in normal mode.
function M:escape()
  self:keys('Escape')
  return self:await('normal mode', function() return self:screen():find(' NOR ', 1, true) end)
end

--- Saves, and compares.
function M:await_file(name, expected)
  -- Helix refuses a plain `:w` when the machine's clock has been set back since the last one.
  self:keys(':w!', 'Enter')
  local ok = self:await(name, function() return M.read(self.file) == expected end)
  if not ok then M.say(M.read(self.file)) end
  return ok
end

--- Keeps the screen for the pages, when that is asked for.
function M:capture(name)
  local folder = vim.env.TREEFILL_CAPTURES and vim.fs.dirname(here) .. '/docs'
  if not folder then return end
  vim.fn.mkdir(folder, 'p')
  -- Without the empty lines between the text and the status line.
  local lines = vim.split((self:screen():gsub('[ ]+\n', '\n'):gsub('\n\n\n+', '\n\n')), '\n', { trimempty = true })
  vim.fn.writefile(lines, ('%s/%s.txt'):format(folder, name))
end

--- Leaves, and looks after the traffic.
--- @return table<string, integer>? # how often each method was called
function M:quit()
  -- A key right behind an Escape would be read as Alt with that key, so only where it is needed, and looked after.
  if not self:screen():find(' NOR ', 1, true) then self:escape() end
  self:keys(':q!', 'Enter')
  self:await(':q leaves', function() return self:screen():find('left with 0', 1, true) end)
  -- The server may outlive the editor by a moment.
  local wrong, counts
  vim.wait(3000, function()
    wrong, counts = traffic(self.log)
    return #wrong == 0
  end, 50)
  self:tmux('kill-server')
  self:check_here('all requests answered, code 0', #wrong == 0, table.concat(wrong, '; '))
  return counts
end

return M
