-- A newcomer's way to another model, in a real Helix with the real program: by a shell, as our page for Helix says, with a hub on
-- loopback as the source. nvim -l model.lua HELIX SERVER WORKSPACE
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local hub = dofile(here .. '/../../hub.lua')
local helix, server, workspace = unpack(arg)

local SHELF = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name  # größe 🧀
        self.items = items

    def first(self):
        return ˇ
]]

-- What stands on the screen of the shell, which is another session of the same tmux.
local function shell(it)
  local screen = it:tmux('capture-pane', '-p', '-J', '-t', 'shell').stdout or ''
  return (vim.trim(screen):gsub('%s*\n%s*', ' / '))
end

-- The newest message of treefill, after asking for its status.
local function status(it)
  local before = #it:messages()
  it:keys(':lsp-workspace-command treefill.status', 'Enter')
  local text
  vim.wait(1500, function()
    for _, entry in ipairs(vim.list_slice(it:messages(), before + 1)) do
      local message = entry.message
      text = message.method == 'window/showMessage' and message.params.message or text
    end
    return text ~= nil
  end, 30)
  return text or ''
end

local function get(it)
  local script = '"$1" model get tiny --use; echo "left with $?"; read wait'
  it:tmux('new-session', '-d', '-s', 'shell', '-x', '180', '-y', '40', 'sh', '-c', script, 'sh', server)
  it:await('treefill model get names the licence and asks', function() return shell(it):find('Commercial use is allowed', 1, true) end,
    function() return shell(it) end)
  it:tmux('send-keys', '-t', 'shell', 'y', 'Enter')
  it:await('it downloads the model and writes the setting', function() return shell(it):find('left with 0', 1, true) end,
    function() return shell(it) end)
end

local file, said = hub.built_in(server)
if not editor.check('model: the built-in model is unpacked', file ~= nil, said) then os.exit(1) end
local settings = vim.env.XDG_CONFIG_HOME .. '/treefill'
local usual = vim.fn.readfile(settings .. '/config.toml', 'b')
hub.catalogue(file, settings)
local address, stop = hub.start(file)
vim.env.HF_ENDPOINT, vim.env.XDG_DATA_HOME = address, workspace .. '/model-data'

local start = vim.uv.hrtime()
local it = editor.start(helix, workspace, { file = 'model.py', text = SHELF }, 90)
if not it then os.exit(1) end
local told
it:await('the built-in model is in use', function()
  told = status(it)
  return told:find('Built-in model, 15 M parameters', 1, true)
end, function() return told end)
get(it)
it:await('Helix goes on with the other model, nothing restarted', function()
  told = status(it)
  return told:find('ready', 1, true) and not told:find('Built-in', 1, true)
end, function() return told end)
if it:insert_here() then
  it:keys('-l', 'self.')
  it:keys('C-x')
  it:await('an entry by the other model', function()
    if it:menu_shows((it:newest_item())) then return true end
    it:keys('C-x')
    vim.wait(300)
  end)
  editor.say(('newcomer: Helix, %.1f s from its start to an entry by another model'):format((vim.uv.hrtime() - start) / 1e9))
  it:escape()
end
local back = vim.system({ server, 'model', 'use', 'built-in' }, { text = true }):wait()
editor.check('treefill model use built-in', back.code == 0, back.stderr)
it:await('and Helix is back with the model inside the program', function()
  told = status(it)
  return told:find('Built-in model, 15 M parameters', 1, true)
end, function() return told end)
it:quit()
stop()
vim.fn.delete(settings .. '/catalogue.toml')
vim.fn.writefile(usual, settings .. '/config.toml', 'b')
os.exit(editor.failed and 1 or 0)
