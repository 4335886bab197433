-- A real Emacs in tmux, for the tests: the hands and eyes of the Helix test, with other keys.
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local helix = dofile(here .. '/../../helix/test/editor.lua')
local traffic = dofile(here .. '/../../traffic.lua')
local M = setmetatable({ PATIENCE = helix.PATIENCE, say = helix.say, check = helix.check }, { __index = helix })

function M.has_failed() return helix.failed end

function M:screen() return self:tmux('capture-pane', '-p', '-t', 'emacs').stdout or '' end
function M:keys(...) self:tmux('send-keys', '-t', 'emacs', ...) end

--- Calls a command by its name.
function M:command(name)
  self:keys('M-x')
  self:await('M-x asks for a command', function() return self:screen():find('M-x', 1, true) end)
  self:keys('-l', name)
  self:keys('Enter')
end

--- Starts Emacs with the file of a case, and waits until treefill has it; with `plain` without any configuration.
--- @return table? # nil: it did not start
function M.start(emacs, workspace, case, plain)
  local name = case.file .. (plain and '-plain' or '')
  local self = setmetatable({ case = case, socket = ('%s/tmux-%s'):format(workspace, name) }, { __index = M })
  self.dir = workspace .. '/' .. name
  vim.fn.mkdir(self.dir, 'p')
  self.file, self.log = self.dir .. '/' .. case.file, self.dir .. '/traffic.jsonl'
  self.before, self.after = case.text:match('^(.-)ˇ(.*)$')
  vim.fn.writefile(vim.split(self.before .. self.after, '\n'), self.file, 'b')
  local script = 'PATH="$1:$PATH" TERM=xterm-256color LC_ALL=C.UTF-8 "$2" -nw -Q $4 "$3"; echo "left with $?"; read wait'
  local init = ('-l %s/test.el'):format(here) .. (plain and '' or (' -l %s/../init.el'):format(here))
  local started = self:tmux('new-session', '-d', '-s', 'emacs', '-x', '160', '-y', '40', '-c', self.dir,
    'sh', '-c', script, 'sh', workspace .. '/bin', emacs, case.file, init)
  if not self:check_here('tmux runs', started.code == 0, started.stderr) then return nil end
  local opened = self:await('Emacs has the file open', function()
    local shown = self:screen():find(case.file, 1, true)
    return shown and (plain or vim.iter(self:messages()):any(function(entry) return entry.message.method == 'textDocument/didOpen' end))
  end)
  return opened and self or nil
end

--- Puts the cursor to the place of the ˇ.
function M:go()
  self:keys('M-g', 'c')
  self:await('M-g c asks for a place', function() return self:screen():find('Go to char', 1, true) end)
  self:keys('-l', tostring(vim.fn.strchars(self.before) + 1))
  self:keys('Enter')
  self:await('the cursor is there', function() return not self:screen():find('Go to char', 1, true) end)
end

--- Saves, and compares.
function M:await_file(name, expected)
  local ok = self:await(name, function()
    self:keys('C-x', 'C-s')
    return vim.wait(300, function() return M.read(self.file) == expected end, 30)
  end)
  if not ok then M.say(M.read(self.file)) end
  return ok
end

--- Leaves, and looks after the traffic.
--- @return table<string, integer> # how often each method was called
function M:quit(plain)
  self:keys('C-g')
  self:keys('C-x', 'C-s')
  -- Emacs itself ends its processes by a signal as it leaves.
  if not plain then
    self:command('eglot-shutdown-all')
    self:await('the server is stopped', function() return not self:screen():find('[eglot:', 1, true) end)
  end
  self:keys('C-x', 'C-c')
  self:await('C-x C-c leaves', function() return self:screen():find('left with 0', 1, true) end)
  if plain then
    self:tmux('kill-server')
    return {}
  end
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
