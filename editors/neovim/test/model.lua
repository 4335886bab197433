-- A newcomer's way to another model, in a real Neovim with the real program, and a hub on loopback as the source.
-- nvim -l model.lua NVIM SERVER WORKSPACE
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local hub = dofile(here .. '/../../hub.lua')
local nvim, server, workspace = unpack(arg)

-- The judges say: no more than that.
local SECONDS = 90

-- What a newcomer has open.
local SHELF = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def first(self):
        return ˇ
]]

-- Answers the questions of the plugin in order: each by the first entry that holds the text.
local ANSWERS = [[
Asked, Answers, Shares = {}, {}, {}
vim.ui.select = function(entries, options, choose)
  local format = options.format_item or tostring
  local wanted = table.remove(Answers, 1)
  local chosen = vim.iter(entries):find(function(entry) return wanted and format(entry):find(wanted, 1, true) end)
  Asked[#Asked + 1] = { question = options.prompt, entries = vim.iter(entries):map(format):totable(), chosen = chosen and format(chosen) }
  choose(chosen)
end
vim.ui.input = function(options, answer) Asked[#Asked + 1] = { question = options.prompt } answer(table.remove(Answers, 1)) end
vim.uv.new_timer():start(0, 2, vim.schedule_wrap(function()
  local text = require('treefill').status()
  if text:find('downloading', 1, true) and Shares[#Shares] ~= text then Shares[#Shares + 1] = text end
end))
]]

editor.main(function()
  local config = vim.env.XDG_CONFIG_HOME .. '/treefill'
  local file, said = hub.built_in(server)
  if not editor.check('model: the built-in model is unpacked', file ~= nil, said) then return end
  hub.catalogue(file, config)
  local address, stop = hub.start(file)
  vim.env.HF_ENDPOINT, vim.env.XDG_DATA_HOME = address, workspace .. '/model-data'
  local dir = workspace .. '/model'
  local init = ('%srequire("treefill").setup({ program = %q })\n'):format(editor.load_plugin(), server) .. ANSWERS
  local start = vim.uv.hrtime()
  local it = editor.start({ nvim = nvim, name = 'model', dir = dir, file = 'a.py', text = SHELF, init = init })
  if not it then return end
  it:await_attached()
  local function messages() return it:lua('return vim.fn.execute("messages")') end
  local function lines(what)
    it:lua('Lines = nil require("treefill.status").refresh(function(told) Lines = told.lines end)')
    it:await('the status says: ' .. what, function()
      it:lua('require("treefill.status").refresh(function(told) Lines = told.lines end)')
      vim.wait(200, function() return false end, 200)
      return table.concat(it:lua('return Lines or {}'), '\n'):find(what, 1, true)
      end, function() return (it:lua('return Lines') or {})[2] end)
  end
  lines('Built-in model, 15 M parameters, CPU')

  local begun = vim.uv.now()
  it:lua('Answers = { "tiny ", "I agree, download it" } vim.cmd("Treefill model")')
  it:await('the model is downloaded and in use', function() return messages():find('In use: ', 1, true) end, messages)
  local asked = it:lua('return Asked')
  local entries = table.concat(asked[1].entries, '\n')
  local complete = entries:find('* built-in  inside the program', 1, true) and entries:find('+ qwen2.5-coder-1.5b  1.5 B parameters, a download of ', 1, true)
    and entries:find('a GGUF file of mine', 1, true) and entries:find('how do I get a model?', 1, true)
  it:check_here('the list has what is here, what can be had, and the ways to more', complete ~= nil, not complete and entries or nil)
  local question = asked[2].question
  it:check_here('the licence and the file are named before anything happens', question:find('Commercial use is allowed', 1, true) ~= nil
    and question:find('config.toml', 1, true) ~= nil, question)
  it:await('the editor has switched', function()
    it:lua('require("treefill.status").refresh(function(told) Path = told.engine.path end)')
    return it:lua('return Path or ""'):find('tiny.gguf', 1, true)
  end, function() return it:lua('return Path') end)
  local seconds = (vim.uv.now() - begun) / 1000
  it:check_here(('from the first command to the other model in less than %d s'):format(SECONDS), seconds < SECONDS, ('%.1f s'):format(seconds))
  it:insert_here()
  it:keys('self.')
  -- By itself only where the model is sure enough.
  it:await('ghost text by the other model', function()
    it:keys('<M-Bslash>')
    return vim.wait(2000, function() return it:ghost() ~= '' end, 20)
  end, function() return it:ghost() end)
  io.stdout:write(('newcomer: Neovim, %.1f s from its start to ghost text by another model\n'):format((vim.uv.hrtime() - start) / 1e9))
  it:keys('<Esc>')
  local shares = it:lua('return Shares')
  it:check_here('the status line showed how far it was', #shares > 1, vim.inspect(shares))

  it:lua('Asked, Answers = {}, { "built-in", "Cancel" } vim.cmd("messages clear") vim.cmd("Treefill model")')
  it:await('a no is a no', function() return #it:lua('return Asked') == 2 end)
  it:check_here('nothing was written', table.concat(vim.fn.readfile(config .. '/config.toml'), '\n'):find('tiny.gguf', 1, true) ~= nil)
  it:lua('Asked, Answers = {}, { "built-in", "Use it" } vim.cmd("Treefill model")')
  it:await('back to the built-in model', function() return messages():find('the model inside the program', 1, true) end, messages)
  lines('Built-in model, 15 M parameters')
  it:lua('Asked, Answers = {}, { "a GGUF file of mine", ..., "Use it" } vim.cmd("messages clear") vim.cmd("Treefill model")', file)
  it:await('a file', function() return messages():find('In use: ' .. file, 1, true) end, messages)
  it:lua('Asked, Answers = {}, { "Use it" } vim.cmd("messages clear") vim.cmd("Treefill model built-in")')
  it:await('by its name', function() return messages():find('the model inside the program', 1, true) end, messages)

  -- The hint comes once, as a message.
  it:lua('Told = {} require("treefill.model").hint({ name = "tiny", sentence = "A better model fits this machine." })')
  it:check_here('the hint is a message', it:lua('return Told[1]') == 'treefill: A better model fits this machine. (or :Treefill model)')
  stop()
  it:quit()
  vim.fn.delete(config .. '/catalogue.toml')
end)
