-- What a user reads of each state, in a real Neovim with the real program that is put into it: the sentences of editors/states.json.
-- nvim -l states.lua NVIM RUNNER SERVER WORKSPACE      RUNNER: the Neovim that runs the tap
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local stage = dofile(here .. '/../../stage.lua')
local nvim, runner, server, workspace = unpack(arg)

local function walk(scene)
  vim.env.TREEFILL_RUNTIME_DIR = scene.run
  local dir = workspace .. '/states'
  local log = dir .. '/traffic.jsonl'
  local init = ('%srequire("treefill").setup({ program = %q, cmd = %s })'):format(
    editor.load_plugin(), scene.program, editor.command(log, runner, scene.program))
  scene:configure('')
  scene:hold()
  local it = editor.start({ nvim = nvim, name = 'states', dir = dir, file = 'shelf.py', text = 'x =ˇ\n', init = init })
  if not it then return end
  it:await_attached()

  local function messages() return it:lua('return vim.fn.execute("messages")') end
  -- Whether the last message is what `command` says in this state.
  local function says(command, state, filled)
    it:lua('vim.cmd("messages clear") vim.cmd("Treefill " .. ...)', command)
    local pattern = 'treefill: ' .. stage.pattern(state, filled)
    return vim.wait(500, function() return messages():find(pattern) ~= nil end, 20)
  end
  -- What stands in the status line, and the sentence behind it.
  local function line()
    return it:lua('local status = require("treefill.status") status.refresh() local now = status.state() return now and now.sentence')
  end
  local function shown(state, filled)
    it:await(('%s: the status line'):format(state), function() return (line() or ''):find('^' .. stage.pattern(state, filled) .. '$') end, line)
    for _, command in ipairs({ 'status', 'why' }) do
      it:await(('%s: :Treefill %s'):format(state, command), function() return says(command, state, filled) end, messages)
    end
  end
  -- Where suggestions come, `why` is about the last request.
  local function stands(state, filled)
    it:await(('%s: the status line'):format(state), function() return (line() or ''):find('^' .. stage.pattern(state, filled) .. '$') end, line)
    it:await(('%s: :Treefill status'):format(state), function() return says('status', state, filled) end, messages)
  end

  shown('loading')
  scene:release()
  stands('ready')
  for _, row in ipairs({
    { 'toggle file', 'toggle file', 'paused_in_file', { file = 'shelf.py' } },
    { 'toggle language', 'resume', 'paused_in_language', { language = 'python' } },
    { 'pause', 'resume', 'paused_everywhere' },
  }) do
    local off, on, state, filled = unpack(row)
    it:lua('vim.cmd("Treefill " .. ...)', off)
    shown(state, filled)
    it:lua('vim.cmd("Treefill " .. ...)', on)
    stands('ready')
  end
  it:lua('vim.cmd("edit off.py")')
  shown('off_by_setting', { setting = 'disable.paths' })
  it:lua('vim.cmd("edit shelf.py")')
  stands('ready')

  scene:hold()
  scene:kill_engine()
  shown('restarting')
  scene:release()
  stands('ready')

  scene:configure(('[model]\npath = "%s/gone.gguf"\n'):format(dir))
  stands('built_in_instead', { file = dir .. '/gone.gguf' })
  scene:configure(('[remote]\nurl = "http://%s"\nfirst_byte_ms = 60000\ntotal_ms = 60000\n'):format(scene.address))
  stands('remote', { host = scene.address })

  -- Nobody has answered yet.
  scene:writes({ hold = true })
  it:insert_here()
  it:keys(' ')
  it:await('thinking: the status line', function() return line() == stage.pattern('thinking'):gsub('%%', '') end, line)
  it:await('thinking: :Treefill why', function() return says('why', 'thinking') end, messages)
  for state, text in pairs({ nothing_fits = { ')))', -0.01 }, low_chance = { 'ute(1)', -6 } }) do
    scene:writes({ text = text[1], logprob = text[2] })
    it:reset()
    it:keys(' ')
    it:await(state .. ': :Treefill why', function() return says('why', state, { file = 'shelf.py' }) end, messages)
    it:await(state .. ': :Treefill status', function()
      it:lua('vim.cmd("messages clear") vim.cmd("Treefill status")')
      return vim.wait(500, function() return messages():find('\n' .. stage.pattern(state, { file = 'shelf.py' })) ~= nil end, 20)
    end, messages)
  end
  it:quit(log)
end

editor.main(function()
  local scene = stage.start(server, runner, workspace .. '/scene', vim.env.XDG_CONFIG_HOME .. '/treefill/config.toml')
  local ok, why = xpcall(walk, debug.traceback, scene)
  scene:stop()
  if not ok then error(why, 0) end
end)
