-- Puts treefill into the states that an editor shows, for the tests of Neovim and Helix; stage.sh prepares the folder.
local M = {}

local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local SENTENCES = vim.json.decode(table.concat(vim.fn.readfile(here .. '/states.json'), '\n'))

--- A Lua pattern of the sentence of a state. What is in braces is what `filled` says, or anything.
function M.pattern(state, filled)
  local sentence = assert(SENTENCES[state], state)
  return (vim.pesc(sentence):gsub('{(%a+)}', function(name)
    local value = filled and filled[name]
    return (value and vim.pesc(value) or '[^\n]-'):gsub('%%', '%%%%')
  end):gsub('%%%%', '%%'))
end

local Scene = {}

--- Prepares `folder`; the program that is put into the states is `program` of what is returned.
function M.start(server, nvim, folder, config)
  local made = vim.system({ here .. '/stage.sh', server, nvim, folder }, { text = true }):wait()
  assert(made.code == 0, made.stderr)
  local self = setmetatable({ folder = folder, config = config, program = folder .. '/bin/treefill', run = folder .. '/run' }, { __index = Scene })
  self.model_server = tonumber(vim.trim(made.stdout))
  local file = folder .. '/address'
  if not vim.wait(10000, function() return vim.uv.fs_stat(file) ~= nil end, 20) then
    vim.uv.kill(self.model_server, 'sigterm')
    error('the model server does not listen')
  end
  self.address = vim.fn.readfile(file)[1]
  self.usual = table.concat(vim.fn.readfile(config), '\n')
  return self
end

local function write(path, text)
  -- At once: a half is never read.
  local part = assert(io.open(path .. '.part', 'w'))
  part:write(text)
  part:close()
  assert(os.rename(path .. '.part', path))
end

--- An engine that is started from now on waits.
function Scene:hold() write(self.folder .. '/hold', '') end

function Scene:release() os.remove(self.folder .. '/hold') end

--- The usual settings, and these; suggestions are off in `off.py`.
function Scene:configure(more)
  local text = self.usual .. '\n[disable]\npaths = ["off.py"]\n'
  for section, lines in more:gmatch('(%[%a+%]\n)([^%[]*)') do
    local _, last = text:find(section, 1, true)
    text = last and text:sub(1, last) .. lines .. text:sub(last + 1) or text .. section .. lines
  end
  write(self.config, text)
end

--- What the model server's model writes: { text, logprob, hold }.
function Scene:writes(answer) write(self.folder .. '/answer.json', vim.json.encode(answer)) end

function Scene:engine()
  local env = { TREEFILL_RUNTIME_DIR = self.run }
  return tonumber(vim.system({ self.program, 'engine', 'status' }, { text = true, env = env }):wait().stdout:match('process (%d+): ready'))
end

--- Kills the engine once it is ready.
function Scene:kill_engine()
  local pid
  assert(vim.wait(20000, function()
    pid = self:engine()
    return pid ~= nil
  end, 50), 'an engine is ready')
  vim.uv.kill(pid, 'sigkill')
end

function Scene:stop()
  self:release()
  vim.system({ self.program, 'engine', 'stop' }, { env = { TREEFILL_RUNTIME_DIR = self.run } }):wait()
  vim.uv.kill(self.model_server, 'sigterm')
  write(self.config, self.usual)
end

return M
