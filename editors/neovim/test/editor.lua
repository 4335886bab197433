-- A real Neovim for the tests: started, typed into, and looked at from outside.
local M = {}

local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
M.tap = vim.uv.fs_realpath(here .. '/../../tap.lua')
local traffic = dofile(here .. '/../../traffic.lua')

--- Longest wait for anything.
M.PATIENCE = 20000

M.failed = false

local started = {}

--- Reports a step. A failed one makes the whole run fail, later.
function M.check(name, ok, detail)
  io.stdout:write((ok and 'ok   ' or 'FAIL ') .. name .. ((detail or '') ~= '' and ': ' .. detail or ''), '\n')
  io.stdout:flush()
  M.failed = M.failed or not ok
  return ok
end

--- Lua that runs in the driven editor: the ghost text on the screen, and how many suggestions were answered.
local INSIDE = [[
function Ghost()
  local out = {}
  for _, name in ipairs({ 'nvim.lsp.inline_completion', 'treefill' }) do
    local namespace = vim.api.nvim_get_namespaces()[name]
    for _, mark in ipairs(namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}) do
      local function add(chunks) out[#out + 1] = vim.iter(chunks):map(function(chunk) return chunk[1] end):join('') end
      if mark[4].virt_text then add(mark[4].virt_text) end
      for _, line in ipairs(mark[4].virt_lines or {}) do add(line) end
    end
  end
  return table.concat(out, '\n')
end
Answered = 0
vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
  local request = event.data.request
  if request.method == 'textDocument/inlineCompletion' and request.type == 'complete' then Answered = Answered + 1 end
end })
Told = {}
vim.notify = function(text) Told[#Told + 1] = text end
]]

--- Lua for an init.lua: loads the plugin as a package, from the archive that run.sh has unpacked below $TREEFILL_SITE.
function M.load_plugin()
  local site = assert(vim.env.TREEFILL_SITE, 'TREEFILL_SITE is not set; see run.sh')
  return ('vim.opt.packpath:prepend(%q)\nvim.cmd.packadd("treefill.nvim")\n'):format(site)
end

--- The command that starts the server behind the tap, as a Lua table's source.
function M.command(log, runner, server)
  local command = { runner, '-l', M.tap, log, server, 'serve' }
  return (vim.json.encode(command):gsub('^%[', '{'):gsub('%]$', '}'):gsub('\\/', '/'))
end

--- Starts an editor: { nvim, name, dir, file, text, init }. The text has a ˇ where the cursor goes.
--- @return table? # nil: it did not start
function M.start(options)
  vim.fn.mkdir(options.dir, 'p')
  local self = { name = options.name, dir = options.dir, path = options.dir .. '/' .. options.file }
  local before, after = options.text:match('^(.-)ˇ(.*)$')
  self.before, self.after, self.original = before, after, before .. after
  vim.fn.writefile(vim.split(self.original, '\n'), self.path, 'b')
  local init = 'vim.o.swapfile = false\nvim.o.shadafile = "NONE"\n' .. options.init .. '\n'
  vim.fn.writefile(vim.split(init, '\n'), self.dir .. '/init.lua')
  local socket = self.dir .. '/nvim.sock'
  self.process = vim.system(
    { options.nvim, '--headless', '--clean', '-u', self.dir .. '/init.lua', '--listen', socket, self.path },
    { cwd = self.dir, env = { NVIM_LOG_FILE = self.dir .. '/nvim.log' } },
    function(result) self.ended = result end
  )
  started[#started + 1] = self
  vim.wait(5000, function()
    local ok, opened = pcall(vim.fn.sockconnect, 'pipe', socket, { rpc = true })
    self.channel = ok and opened > 0 and opened or nil
    return self.channel ~= nil
  end, 20)
  setmetatable(self, { __index = M })
  if not self:check_here('Neovim runs', self.channel ~= nil) then
    self.process:kill('sigkill')
    return nil
  end
  self:lua(INSIDE)
  return self
end

function M:check_here(name, ok, detail) return M.check(self.name .. ': ' .. name, ok, detail) end

function M:lua(code, ...) return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... }) end

function M:keys(text) vim.rpcrequest(self.channel, 'nvim_input', text) end

function M:buffer() return table.concat(self:lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)'), '\n') .. '\n' end

function M:ghost() return self:lua('return Ghost()') end

--- Waits until a condition holds, and reports it.
function M:await(name, condition, detail)
  local ok = vim.wait(M.PATIENCE, function() return condition() and true or false end, 20)
  local told = detail and detail() or nil
  if type(told) == 'string' and told:find('\n') then told = vim.inspect(told) end
  return self:check_here(name, ok, told)
end

function M:await_text(name, expected)
  local ok = self:await(name, function() return self:buffer() == expected end)
  if not ok then io.stdout:write('expected:\n', expected, 'got:\n', self:buffer()) end
  return ok
end

function M:await_ghost(name, expected)
  return self:await(name, function()
    local ghost = self:ghost()
    return expected and ghost == expected or not expected and ghost ~= ''
  end, function() return self:ghost() end)
end

function M:await_attached()
  return self:await('treefill is attached', function()
    return self:lua('return #vim.lsp.get_clients({ name = "treefill" })') == 1
  end)
end

--- Puts the cursor to the place of the ˇ, in insert mode.
function M:insert_here()
  local row = select(2, self.before:gsub('\n', '')) + 1
  local column = #self.before:match('([^\n]*)$')
  self:keys('<Esc>')
  self:lua('vim.api.nvim_win_set_cursor(0, { ... })', row, column)
  -- At the end of a line normal mode cannot stand behind the last letter.
  self:keys(column == #self.original:match(('[^\n]*\n'):rep(row - 1) .. '([^\n]*)') and 'A' or 'i')
end

--- Brings the text back as it was opened. Not by `:edit!`: that closes the document for the server, which then forgets
--- what was switched off for it.
function M:reset()
  self:keys('<Esc>')
  self:lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', vim.split((self.original:gsub('\n$', '')), '\n'))
  self:insert_here()
end

--- Leaves, and looks after the end of the server in the log of the tap.
function M:quit(log)
  -- Leaving closes the channel while we ask: that is no error.
  pcall(self.keys, self, '<Esc>:qa!<CR>')
  vim.wait(10000, function() return self.ended ~= nil end, 20)
  local left = self.ended ~= nil and self.ended.code == 0
  if not self:check_here(':q leaves', left, not left and vim.inspect(self.ended) or nil) then self.process:kill('sigkill') end
  if not log then return end
  -- The server may outlive the editor by a moment.
  local wrong, counts
  vim.wait(3000, function()
    wrong, counts = traffic(log)
    return #wrong == 0
  end, 50)
  self:check_here('all requests answered, code 0', #wrong == 0, table.concat(wrong, '; '))
  return counts
end

--- Runs a test and ends this process; what a broken test leaves is ended too.
function M.main(test)
  local ok, why = xpcall(test, debug.traceback)
  if not ok then M.check('the test itself', false, why) end
  for _, one in ipairs(started) do
    if not one.ended then one.process:kill('sigkill') end
  end
  os.exit(M.failed and 1 or 0)
end

return M
