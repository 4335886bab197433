-- :Treefill and its subcommands.
local client = require('treefill.client')
local config = require('treefill.config')

local M = {}

local function say(text) vim.api.nvim_echo({ { text } }, true, {}) end

local function log_file()
  return vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
end

-- Shows what the program prints, in a window of its own.
local function run_program(arguments)
  local command = vim.list_extend({ config.options.program }, arguments)
  local ok, why = pcall(vim.system, command, { text = true, env = { NO_COLOR = '1' } }, vim.schedule_wrap(function(result)
    local text = vim.trim((result.stdout or '') .. '\n' .. (result.stderr or ''))
    vim.cmd('botright new')
    local buffer = vim.api.nvim_get_current_buf()
    vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
    vim.bo[buffer].modifiable = false
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close this window' })
    pcall(vim.api.nvim_buf_set_name, buffer, 'treefill://' .. table.concat(arguments, ' '))
  end))
  if not ok then
    local advice = 'Put it into the PATH of Neovim, or set `program` in setup().'
    vim.notify(('treefill: cannot run %s: %s\n%s'):format(command[1], why, advice), vim.log.levels.ERROR)
  end
end

-- When suggestions come by themselves.
local function when(interrupts)
  if interrupts.trigger == 'manual' then return 'suggestions come only when you ask' end
  local text = ('suggestions come %s, eagerness %s: what is likely by %.0f %% or more'):format(
    interrupts.trigger == 'pause' and 'in pauses' or 'by themselves', interrupts.eagerness, interrupts.bar * 100)
  if interrupts.bar ~= interrupts.bar_of_eagerness then
    text = text .. (' (%.0f %% but for your last reactions: %d of %d taken)'):format(
      interrupts.bar_of_eagerness * 100, interrupts.taken[1], interrupts.taken[2])
  end
  return text
end

-- What came of the last request, and where.
local function outcome(last)
  local line, column = last.line, last.column
  local place = vim.fn.fnamemodify(vim.uri_to_fname(last.uri), ':.')
  if line and line ~= vim.NIL then place = ('%s:%d:%d'):format(place, line, column) end
  local came = last.shown and 'a suggestion was shown' or 'nothing: ' .. tostring(last.reason)
  return ('last: %s, %d s ago: %s'):format(place, last.seconds_ago, came)
end

local function status()
  client.execute('treefill.status', nil, function(result)
    local engine = result.engine
    local model = engine.model and (', model %s'):format(engine.model) or ''
    local share = engine.share and (' %d %%'):format(engine.share * 100) or ''
    local why = engine.message and ': ' .. engine.message or ''
    local lines = { ('treefill %s: engine %s%s%s%s'):format(result.version, engine.state, share, model, why) }
    lines[#lines + 1] = result.paused and 'paused; :Treefill resume' or ('%d documents are open'):format(result.documents)
    if result.interrupts then lines[#lines + 1] = when(result.interrupts) end
    if result.last and result.last ~= vim.NIL then lines[#lines + 1] = outcome(result.last) end
    say(table.concat(lines, '\n'))
  end)
end

-- Offers the actions of one name at the cursor, or in the given lines.
local function act(name)
  return function(_, call)
    local lines = call.range > 0 and { first = call.line1, last = call.line2 } or {}
    local options = { only = { 'refactor.rewrite' }, name = name, at_once = call.bang }
    require('treefill.actions').offer(vim.tbl_extend('force', lines, options))
  end
end

-- Settings that may be changed while working, and their values.
local SETTINGS = {
  trigger = { 'automatic', 'pause', 'manual' },
  eagerness = { 'low', 'medium', 'high' },
  eagerness_adapts = { 'true', 'false' },
  multiline = { 'never', 'auto', 'always' },
  in_comments = { 'true', 'false' },
  in_strings = { 'true', 'false' },
  in_imports = { 'true', 'false' },
  imports = { 'true', 'false' },
  delay_ms = {},
  quiet_after_dismissal_s = {},
  max_lines = {},
}

local function set(words)
  local key, given = (words or ''):match('^(%S+)%s+(%S+)$')
  local values = SETTINGS[key]
  if not values then
    local known = vim.tbl_keys(SETTINGS)
    table.sort(known)
    return vim.notify('treefill: set takes a setting and its value; settings: ' .. table.concat(known, ', '), vim.log.levels.ERROR)
  end
  if #values > 0 and not vim.list_contains(values, given) then
    return vim.notify(('treefill: %s takes one of: %s'):format(key, table.concat(values, ', ')), vim.log.levels.ERROR)
  end
  local value = given
  if given == 'true' or given == 'false' then value = given == 'true' end
  if #values == 0 then value = tonumber(given) end
  if value == nil then return vim.notify(('treefill: %s takes a number'):format(key), vim.log.levels.ERROR) end
  client.set(key, value)
  say(('treefill: %s = %s'):format(key, given))
end

-- `words`: whatever follows is one text.
--- @type table<string, { help: string, values: string[]?, any_number: boolean?, words: boolean?, run: fun(value: string?, call: table) }>
local SUBCOMMANDS = {
  status = { help = 'what the server is doing, and why nothing came last time', run = status },
  toggle = {
    help = 'switch suggestions on or off',
    values = { 'file', 'language', 'all' },
    run = function(scope) require('treefill').toggle(scope) end,
  },
  pause = {
    help = 'no suggestions for so many minutes, or until resumed',
    values = { '5', '15', '60' },
    any_number = true,
    run = function(minutes)
      client.execute('treefill.pause', minutes and { minutes = tonumber(minutes) } or nil, function()
        require('treefill').dismiss()
        require('treefill.status').refresh()
        say('treefill: paused ' .. (minutes and ('for %s minutes'):format(minutes) or 'until :Treefill resume'))
      end)
    end,
  },
  set = { help = 'change a setting of suggestions until Neovim ends: set trigger manual', words = true, run = set },
  resume = {
    help = 'end a pause',
    run = function()
      client.execute('treefill.resume', nil, function()
        require('treefill.status').refresh()
        say('treefill: resumed')
      end)
    end,
  },
  fix = {
    help = 'mend the syntax error here',
    run = function(_, call) require('treefill.actions').offer({ only = { 'quickfix' }, at_once = call.bang }) end,
  },
  implement = {
    help = 'write the body of the function here from its docstring',
    run = act('implement'),
  },
  comment = { help = 'write the code that the comment here asks for', run = act('from_comment') },
  docstring = { help = 'write the documentation of the function here', run = act('docstring') },
  explain = { help = 'add comments to the function here, or to the given lines', run = act('explain') },
  rewrite = {
    help = 'change the function here, or the given lines, as you say',
    words = true,
    run = function(words, call)
      local lines = call.range > 0 and { first = call.line1, last = call.line2 } or {}
      require('treefill.actions').rewrite(vim.tbl_extend('force', lines, { instruction = words }))
    end,
  },
  actions = {
    help = 'all that treefill can do here, or in the given lines',
    run = function(_, call)
      local lines = call.range > 0 and { first = call.line1, last = call.line2 } or {}
      require('treefill.actions').offer(vim.tbl_extend('force', lines, { at_once = call.bang }))
    end,
  },
  log = {
    help = 'what the server wrote, in the log of Neovim',
    run = function() vim.cmd.split(vim.fn.fnameescape(log_file())) end,
  },
  stats = { help = 'what was shown, accepted and kept', run = function() run_program({ 'stats' }) end },
  doctor = { help = 'what is in force, and what is wrong', run = function() run_program({ 'doctor' }) end },
  health = { help = ':checkhealth treefill', run = function() vim.cmd.checkhealth('treefill') end },
}

local function names()
  local all = vim.tbl_keys(SUBCOMMANDS)
  table.sort(all)
  return all
end

--- Runs `:Treefill …`.
--- @param call table as nvim_create_user_command gives it
function M.run(call)
  local name, value, more = unpack(call.fargs)
  local subcommand = SUBCOMMANDS[name or 'status']
  if not subcommand then
    local known = table.concat(names(), ', ')
    return vim.notify(('treefill: there is no subcommand %s; known: %s'):format(name, known), vim.log.levels.ERROR)
  end
  if subcommand.words then
    local words = table.concat(call.fargs, ' ', 2)
    return subcommand.run(words ~= '' and words or nil, call)
  end
  if more or (value and not subcommand.values) then
    return vim.notify(('treefill: too many arguments for %s'):format(name), vim.log.levels.ERROR)
  end
  local right = not value or (subcommand.any_number and tonumber(value)) or vim.list_contains(subcommand.values, value)
  if not right then
    local values = subcommand.any_number and 'a number' or 'one of: ' .. table.concat(subcommand.values, ', ')
    return vim.notify(('treefill: %s takes %s'):format(name, values), vim.log.levels.ERROR)
  end
  subcommand.run(value, call)
end

--- Completes the command line.
--- @param lead string
--- @param line string
--- @return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub('^.-Treefill!?', '')), '%s+', { trimempty = true })
  local finished = lead == '' and #words or #words - 1
  local choices = finished == 0 and names() or {}
  if words[1] == 'set' and finished == 1 then
    choices = vim.tbl_keys(SETTINGS)
    table.sort(choices)
  elseif words[1] == 'set' and finished == 2 then
    choices = SETTINGS[words[2]] or {}
  elseif finished == 1 then
    choices = vim.tbl_get(SUBCOMMANDS, words[1], 'values') or {}
  end
  return vim.tbl_filter(function(choice) return vim.startswith(choice, lead) end, choices)
end

return M
