-- What a user reads of each state, in a real Helix with the real program that is put into it: the sentences of editors/states.json.
-- nvim -l states.lua HELIX NVIM SERVER WORKSPACE      NVIM runs the tap
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local stage = dofile(here .. '/../../stage.lua')
local helix, nvim, server, workspace = unpack(arg)

local config = vim.env.XDG_CONFIG_HOME .. '/treefill/config.toml'
local scene = stage.start(server, nvim, workspace .. '/scene', config)
vim.env.TREEFILL_RUNTIME_DIR = scene.run
-- The `treefill` that languages.toml names.
local tap = table.concat({ '#!/bin/sh', ('"%s" -l "%s" traffic.jsonl "%s" "$@"'):format(nvim, here .. '/../../tap.lua', scene.program), 'exit $?', '' }, '\n')
local stages = workspace .. '/states'
vim.fn.mkdir(stages .. '/bin', 'p')
vim.fn.writefile(vim.split(tap, '\n'), stages .. '/bin/treefill')
vim.fn.setfperm(stages .. '/bin/treefill', 'rwxr-xr-x')

local function drive(it)
  -- A command's answer is a message, of which the last line of the screen shows as much as there is room for.
  local function says(command, state, filled)
    local pattern = '^treefill: ' .. stage.pattern(state, filled)
    it:await(('%s: treefill.%s'):format(state, command), function()
      local before = #it:messages()
      it:keys(':lsp-workspace-command treefill.' .. command, 'Enter')
      return vim.wait(1500, function()
        for _, entry in ipairs(vim.list_slice(it:messages(), before + 1)) do
          local message = entry.message
          local text = message.method == 'window/showMessage' and message.params.message or ''
          if text:find(pattern) then return it:screen():find(text:sub(1, 120), 1, true) ~= nil end
        end
        return false
      end, 50)
    end)
  end
  local function shown(state, filled)
    says('status', state, filled)
    says('why', state, filled)
  end

  shown('loading')
  scene:release()
  says('status', 'ready')
  it:keys(':lsp-workspace-command treefill.pause', 'Enter')
  shown('paused_everywhere')
  it:keys(':lsp-workspace-command treefill.resume', 'Enter')
  says('status', 'ready')
  -- A command of Helix can name no file: these switch a file off for treefill, and a language.
  for _, row in ipairs({
    { '{"scope":"language","language":"python"}', 'paused_in_language', { language = 'python' } },
    { ('{"scope":"file","uri":"file://%s"}'):format(it.file), 'paused_in_file', { file = 'shelf.py' } },
  }) do
    it:keys((":lsp-workspace-command treefill.toggle %s"):format(row[1]), 'Enter')
    it:await(row[2] .. ': treefill.toggle answers', function() return it:screen():find('treefill: ' .. stage.pattern(row[2], row[3])) end)
    shown(row[2], row[3])
    it:keys((":lsp-workspace-command treefill.toggle %s"):format(row[1]), 'Enter')
    it:await(row[2] .. ': and is on again', function() return it:screen():find('treefill: Suggestions are on ', 1, true) end)
  end

  scene:hold()
  scene:kill_engine()
  shown('restarting')
  scene:release()
  says('status', 'ready')

  scene:configure(('[model]\npath = "%s/gone.gguf"\n'):format(it.dir))
  says('status', 'built_in_instead', { file = it.dir .. '/gone.gguf' })
  scene:configure('[completion]\nenabled = false\n')
  shown('off_by_setting', { setting = 'completion.enabled' })
  scene:configure(('[remote]\nurl = "http://%s"\nfirst_byte_ms = 60000\ntotal_ms = 60000\n'):format(scene.address))
  says('status', 'remote', { host = scene.address })

  local function asked()
    return #vim.tbl_filter(function(entry) return entry.message.method == 'textDocument/completion' end, it:messages())
  end
  -- Types a word, or presses the key that opens the menu behind a space.
  local function ask(key, before, word)
    local count = asked()
    it:keys(key)
    it:await('insert mode', function() return it:screen():find(' INS ', 1, true) end)
    if before then it:keys(before) end
    it:keys('-l', word or ' ')
    if not word then it:keys('C-x') end
    it:await('the menu is asked for', function() return asked() > count end)
    it:escape()
  end
  -- Nobody has answered yet.
  scene:writes({ hold = true })
  ask('A')
  says('why', 'thinking')
  scene:writes({ text = ')))', logprob = -0.01 })
  ask('A', 'BSpace')
  says('why', 'nothing_fits', { file = 'shelf.py' })
  -- A menu that opens by itself, behind a word: who opens it is shown what is unlikely, too.
  scene:writes({ text = 'ute(1)', logprob = -6 })
  ask('A', nil, 'co')
  says('why', 'low_chance', { file = 'shelf.py' })
end

local it = nil
scene:configure('')
scene:hold()
local ok, why = xpcall(function()
  it = editor.start(helix, stages, { file = 'shelf.py', text = 'x =ˇ\n' }, 1)
  if not it then return end
  drive(it)
  it:keys(':w!', 'Enter')
  it:quit()
end, debug.traceback)
if not ok then editor.check('the test itself', false, why) end
if it then it:tmux('kill-server') end
scene:stop()
os.exit(editor.failed and 1 or 0)
