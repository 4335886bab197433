-- The plugin in a real Neovim with the real server and its built-in model.
-- nvim -l real.lua NVIM RUNNER SERVER WORKSPACE      RUNNER: the Neovim that runs the tap
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local nvim, runner, server, workspace = unpack(arg)
local version = vim.fs.basename(nvim)

local function start(case, label)
  local dir = ('%s/%s-%s-%s'):format(workspace, version, case.file, label)
  vim.fn.mkdir(dir, 'p')
  local log = dir .. '/traffic.jsonl'
  local init = ('%srequire("treefill").setup({ program = %q, cmd = %s })'):format(
    editor.load_plugin(), server, editor.command(log, runner, server))
  return editor.start({
    nvim = nvim, name = version .. ', ' .. case.file, dir = dir, file = case.file, text = case.text, init = init,
  }), log
end

local function engine_status() return vim.system({ server, 'engine', 'status' }, { text = true }):wait().stdout end
local function engine_pid() return tonumber(engine_status():match('process (%d+)')) end

-- Nobody has typed yet.
local function prepared(it)
  it:await('the suggestion is prepared where the cursor rests', function()
    it:lua('require("treefill.client").execute("treefill.status", nil, function(now) Prepared = now.counts.prepared end)')
    return (it:lua('return Prepared or 0') or 0) > 0
  end)
end

-- The ghost text alone: where a key has asked, the number of suggestions is shown behind it.
local function shown_text(it) return (it:ghost():gsub(' %(%d/%d%)$', '')) end

-- Takes the suggestion in the three ways, and undoes it.
local function accept(it, case)
  local typed = it.before .. case.typed
  it:insert_here()
  it:keys(case.typed)
  if not it:await_ghost('ghost text') then return end
  local shown = it:ghost()
  it:keys('<Tab>')
  it:await_text('Tab takes it', typed .. shown .. it.after)
  it:keys('<Esc>u')
  it:await_text('undo takes it back', typed .. it.after)
  it:keys('u')
  it:await_text('one more undo, and the file is as it was', it.original)
  -- From here on by the key that asks: what was undone at this place does not come again by itself.
  it:reset()
  it:keys(case.typed .. '<M-Bslash>')
  if it:await_ghost('ghost text again') then
    shown = shown_text(it)
    it:keys('<M-Right>')
    it:await('a word is taken, the rest is shown', function()
      local line = it:lua('return vim.api.nvim_get_current_line()')
      local taken = line:match(vim.pesc(case.typed) .. '(.*)$')
      return taken and #taken > 0 and vim.startswith(shown, taken) and shown_text(it) == shown:sub(#taken + 1)
    end, function() return it:lua('return vim.api.nvim_get_current_line()') .. '|' .. it:ghost() end)
    it:keys('<M-Down>')
    it:await_text('the line is taken', typed .. shown:match('^[^\n]*') .. it.after)
  end
  it:reset()
  it:keys(case.typed .. '<M-Bslash>')
  if it:await_ghost('ghost text once more') then
    shown = shown_text(it)
    -- Within the 200 ms in which Neovim has not asked again: neovim#36529.
    it:keys(shown:sub(1, 2) .. '<Tab>')
    it:await_text('typed in part and taken at once', typed .. shown .. it.after)
  end
  it:reset()
  it:keys(case.typed .. '<M-Bslash>')
  if it:await_ghost('ghost text to choose from') then
    it:keys('<M-]>')
    it:await('next: another one, or there is only one', function()
      local many = it:lua('return #require("treefill.suggestion").of(vim.api.nvim_get_current_buf()).items')
      return many == 1 and it:ghost() ~= '' or it:ghost():find(('(2/%d)'):format(many), 1, true)
    end, function() return it:ghost() .. it:lua('return vim.inspect(require("treefill.suggestion").of(vim.api.nvim_get_current_buf()))') end)
    it:keys('<C-]>')
    it:await('dismissed', function() return it:ghost() == '' end)
  end
end

local function mend(it, case)
  it:keys('<Esc>')
  it:lua('vim.cmd("silent edit!")')
  local row = select(2, it.before:gsub('\n', '')) + 1
  it:lua('local row, line = ... vim.api.nvim_buf_set_lines(0, row - 1, row, false, { line }) vim.api.nvim_win_set_cursor(0, { row, 0 })', row, case.broken)
  it:lua('vim.cmd("Treefill! fix")')
  it:await('the action mends the syntax error', function()
    return it:lua('return vim.api.nvim_get_current_line()') == case.mended
  end, function() return it:lua('return vim.api.nvim_get_current_line()') end)
end

-- A function gets its body, and nothing else is touched.
local function implement(it, case)
  local before, hole, after = case.stub:match('^(.-)«(.-)»(.*)$')
  local stub = before .. hole .. after
  it:keys('<Esc>')
  it:lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', vim.split((stub:gsub('\n$', '')), '\n'))
  -- Typed, so that the next change is another one for undo.
  it:keys(('%dG'):format(select(2, before:gsub('\n', '')) + 1))
  it:lua('vim.cmd("Treefill implement")')
  local function body()
    local now = it:buffer()
    local around = #now >= #before + #after and vim.startswith(now, before) and vim.endswith(now, after)
    return around and now:sub(#before + 1, #now - #after) or nil
  end
  local written = it:await('the function gets a body, the rest of the file stays', function()
    local now = body()
    return now and now ~= hole and now:find('%S')
  end, function() return vim.inspect(body() or it:buffer()) end)
  if not written then return end
  it:keys('u')
  it:await_text('undo takes the body back', stub)
end

-- Each lesson can be done.
local function tutor(it)
  it:lua('vim.cmd("Treefill tutor")')
  it:check_here(':Treefill tutor names the keys', it:buffer():find('<Tab>  takes it', 1, true) ~= nil)
  it:await('the file of the tutor is served', function()
    return it:lua('return #vim.lsp.get_clients({ name = "treefill", bufnr = 0 })') == 1
  end)
  -- The third lesson first, which is at the end: what is typed in the others stays.
  it:lua('vim.fn.search("^print") vim.cmd("Treefill! fix")')
  it:await('the third lesson: the error is fixed', function() return it:buffer():find('.size())', 1, true) end)
  it:lua('vim.fn.cursor(1, 1) vim.fn.search("^ *pass$")')
  it:keys('Sreturn self.')
  it:await('the first lesson has ghost text', function()
    it:keys('<M-Bslash>')
    return vim.wait(2000, function() return it:ghost() ~= '' end, 20)
  end, function() return it:ghost() end)
  it:keys('<Esc>')
  it:await('normal mode', function() return it:lua('return vim.api.nvim_get_mode().mode') == 'n' end)
  it:lua('vim.cmd("bdelete!")')
end

-- The subcommands. Each must be seen to do what it says.
local function commands(it, case)
  local function command(words) it:lua('vim.cmd("Treefill " .. ...)', words) end
  local function messages() return it:lua('return vim.fn.execute("messages")') end
  -- What was said, by whichever way.
  local function said() return messages() .. '\n' .. table.concat(it:lua('return Told'), '\n') end
  local function forget() it:lua('Told = {} vim.cmd("messages clear")') end
  command('status')
  it:await(':Treefill status', function()
    return messages():find('treefill: Suggestions are ready.\nBuilt-in model, 15 M parameters, CPU', 1, true)
  end, messages)
  forget()
  command('')
  it:await(':Treefill alone says the same, and names the keys', function()
    return messages():find('Suggestions are ready.', 1, true) and messages():find('<M-Right>   Take its next word', 1, true)
  end, messages)
  it:await('the status line', function() return it:lua('return require("treefill").status()') == 'ready' end)
  local silent = {
    { 'pause', 'resume', 'Suggestions are paused everywhere until you resume.', 'paused' },
    { 'pause 5', 'resume', 'Suggestions are paused everywhere until %d%d:%d%d%.', 'paused' },
    { 'toggle file', 'toggle file', ('Suggestions are paused in %s until you resume or close it.'):format(case.file), 'paused' },
    { 'toggle language', 'resume', 'Suggestions are paused in python until you resume.', 'paused' },
  }
  for _, row in ipairs(silent) do
    local off, on, sentence, short = unpack(row)
    forget()
    command(off)
    it:await(off .. ' is confirmed', function()
      return said():find(sentence, 1, true) or said():find(sentence)
    end, said)
    it:await(off .. ': the status line says so', function() return it:lua('return require("treefill").status()') == short end)
    forget()
    command('why')
    it:await(off .. ': and so does :Treefill why', function() return said():find(sentence, 1, true) or said():find(sentence) end, said)
    it:reset()
    local answered = it:lua('return Answered')
    it:keys(case.typed)
    it:await(off .. ': asked, and nothing is shown', function()
      return it:lua('return Answered') > answered and it:ghost() == ''
    end)
    forget()
    command(on)
    it:await(on .. ' is confirmed', function() return said():find('Suggestions are on ', 1, true) end, said)
    it:reset()
    -- By the key that asks: what was undone at this place does not come again by itself.
    it:keys(case.typed .. '<M-Bslash>')
    it:await_ghost(on .. ': ghost text again')
  end
  it:keys('<Esc>')
  -- There is no model for it here; what is missing is said, not that the text is another one than the server knows.
  forget()
  command('rewrite shorter')
  it:await(':Treefill rewrite names what is missing', function()
    return said():find('instruct.path', 1, true)
  end, said)
  for _, name in ipairs({ 'docstring', 'explain' }) do
    forget()
    command(name)
    it:await((':Treefill %s names it too'):format(name), function() return said():find('name its file in instruct.path', 1, true) end, said)
  end
  command('config')
  it:await(':Treefill config', function() return it:lua('return vim.api.nvim_buf_get_name(0)'):match('treefill/config%.toml$') end)
  it:lua('vim.cmd.close()')
  command('help')
  it:check_here(':Treefill help', it:lua('return vim.fn.expand("%:t")') == 'treefill.txt')
  it:lua('vim.cmd.close()')
  for name, text in pairs({ doctor = 'model', stats = 'suggest' }) do
    command(name)
    it:await(':Treefill ' .. name, function()
      local shown = it:lua('return vim.bo.buftype .. table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n")')
      return vim.startswith(shown, 'nofile') and shown:lower():find(text, 1, true)
    end)
    it:lua('vim.cmd.close()')
  end
  command('log')
  it:check_here(':Treefill log', it:lua('return vim.api.nvim_buf_get_name(0)'):match('lsp%.log$') ~= nil)
  it:lua('vim.cmd.close()')
  local told = it:lua('return #Told')
  command('paus')
  it:check_here('a wrong subcommand names the right ones', (it:lua('return Told[#Told]') or ''):find('known: actions', 1, true) ~= nil and it:lua('return #Told') == told + 1)
  it:check_here('subcommands are completed', vim.deep_equal(it:lua('return vim.fn.getcompletion("Treefill to", "cmdline")'), { 'toggle' }))
  it:lua('vim.cmd.checkhealth("treefill")')
  local report = it:lua('return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n")')
  local fine = not report:find('ERROR') and not report:find('WARN') and report:find('Suggestions are ready.', 1, true) and report:find('ghost text by', 1, true)
    and report:find('Take its next word', 1, true)
  it:check_here('the health report has no complaint', fine and true or false, not fine and report or nil)
  it:lua('vim.cmd.bwipeout()')
  tutor(it)
  forget()
  command('restart')
  it:await(':Treefill restart', function() return said():find('the server has been restarted', 1, true) end, said)
  it:await('and it serves again', function()
    it:lua('Lines = nil require("treefill.status").refresh(function(told) Lines = told.lines end)')
    return it:lua('return Lines and Lines[1]') == 'Suggestions are ready.'
  end)
end

-- The engine dies under the fingers: nothing breaks, and suggestions come back by themselves.
local function killed(it, case)
  it:reset()
  it:keys(case.typed .. '<M-Bslash>')
  it:await_ghost('ghost text before the engine dies')
  local pid = engine_pid()
  if not it:check_here('an engine runs', pid ~= nil) then return end
  it:reset()
  it:keys(case.typed:sub(1, 2))
  vim.uv.kill(pid, 'sigkill')
  it:keys(case.typed:sub(3))
  it:await_text('typing goes on while the engine is dead', it.before .. case.typed .. it.after)
  it:await('ghost text again from a new engine', function()
    if it:ghost() ~= '' and engine_pid() ~= pid then return true end
    it:keys('<M-Bslash>')
    vim.wait(400, function() return it:ghost() ~= '' end, 20)
    return false
  end)
  it:await_text('and the text is what was typed', it.before .. case.typed .. it.after)
end

editor.main(function()
  local cases = dofile(here .. '/cases.lua')
  for number, case in ipairs(cases) do
    local it, log = start(case, 'first')
    if not it then return end
    it:await_attached()
    prepared(it)
    accept(it, case)
    mend(it, case)
    implement(it, case)
    if number == 1 then commands(it, case) end
    if number == 2 then
      killed(it, case)
      local other, other_log = start(cases[1], 'second window')
      other:await_attached()
      other:insert_here()
      other:keys(cases[1].typed)
      other:await_ghost('ghost text in a second window')
      local status = engine_status()
      local one = select(2, status:gsub('process %d+', '')) == 1 and status:match('clients +2') ~= nil
      other:check_here('two windows, one engine', one, not one and status or nil)
      other:quit(other_log)
    end
    it:quit(log)
  end
end)
