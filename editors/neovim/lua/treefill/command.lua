-- :Treefill and its subcommands.
local words = require('treefill.words')
local client = require('treefill.client')
local config = require('treefill.config')

local M = {}

local function say(text) vim.api.nvim_echo({ { words.ours(text) } }, true, {}) end

local function complain(text, ...) vim.notify(words.ours(text:format(...)), vim.log.levels.ERROR) end

local function log_file()
  return vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
end

-- Shows what the program prints, in a window of its own.
local function run_program(arguments)
  require('treefill.program').run(arguments, function(result)
    local text = vim.trim((result.stdout or '') .. '\n' .. (result.stderr or ''))
    vim.cmd('botright new')
    local buffer = vim.api.nvim_get_current_buf()
    vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
    vim.bo[buffer].modifiable = false
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = words.close_window })
    pcall(vim.api.nvim_buf_set_name, buffer, 'treefill://' .. table.concat(arguments, ' '))
  end)
end

-- What the server says of itself, in its own words; `after` gets the lines.
local function told(after)
  client.execute('treefill.status', { uri = vim.uri_from_bufnr(0) }, function(result)
    after(result.lines or { words.engine_is:format(result.engine.state) })
  end)
end

local function status()
  told(function(lines) say(table.concat(lines, '\n')) end)
end

-- What it does, and what one can do.
local function overview()
  local keys = require('treefill.keymaps').list()
  local more = { '' }
  if #keys > 0 then vim.list_extend(more, { words.keys_title }) end
  for _, key in ipairs(keys) do more[#more + 1] = '  ' .. key end
  more[#more + 1] = words.commands_line
  if not client.any() then return say(table.concat(vim.list_slice(more, 2), '\n')) end
  told(function(lines) say(table.concat(vim.list_extend(lines, more), '\n')) end)
end

-- Runs a command of the server about this file, and says what it answers.
local function told_by(command, argument)
  local about = vim.tbl_extend('force', { uri = vim.uri_from_bufnr(0) }, argument or {})
  client.execute(command, about, function(result)
    require('treefill.status').refresh()
    if type(result) == 'table' and result.sentence then say(result.sentence) end
  end)
end

local function open_config()
  local program = require('treefill.program')
  program.run({ 'config', 'path' }, function(path)
    if path.code ~= 0 then return program.complain(path) end
    local file = vim.trim(path.stdout):match('[^\n]*')
    local function open() vim.cmd.split(vim.fn.fnameescape(file)) end
    if vim.uv.fs_stat(file) then return open() end
    program.run({ 'config', 'init' }, function(made)
      if made.code ~= 0 then return program.complain(made) end
      open()
    end)
  end)
end

local function help()
  if pcall(vim.cmd.help, 'treefill') then return end
  -- Who has no plugin manager has no tags for it yet.
  for _, folder in ipairs(vim.api.nvim_get_runtime_file('doc/treefill.txt', true)) do pcall(vim.cmd.helptags, vim.fs.dirname(folder)) end
  vim.cmd.help('treefill')
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

local function set(given_words)
  local key, given = (given_words or ''):match('^(%S+)%s+(%S+)$')
  local values = SETTINGS[key]
  if not values then
    local known = vim.tbl_keys(SETTINGS)
    table.sort(known)
    return complain(words.set.usage, table.concat(known, ', '))
  end
  if #values > 0 and not vim.list_contains(values, given) then
    return complain(words.set.one_of, key, table.concat(values, ', '))
  end
  local value = given
  if given == 'true' or given == 'false' then value = given == 'true' end
  if #values == 0 then value = tonumber(given) end
  if value == nil then return complain(words.set.number, key) end
  client.set(key, value)
  say(words.set.done:format(key, given))
end

-- `words`: whatever follows is one text.
--- @type table<string, { help: string, values: string[]?, any_number: boolean?, words: boolean?, run: fun(value: string?, call: table) }>
local SUBCOMMANDS = {
  status = { help = words.help.status, run = status },
  toggle = {
    help = words.help.toggle,
    values = { 'file', 'language', 'all' },
    run = function(scope) require('treefill').toggle(scope) end,
  },
  pause = {
    help = words.help.pause,
    values = { '5', '15', '60' },
    any_number = true,
    run = function(minutes)
      require('treefill').dismiss()
      told_by('treefill.pause', { minutes = minutes and tonumber(minutes) or nil })
    end,
  },
  set = { help = words.help.set, words = true, run = set },
  resume = { help = words.help.resume, run = function() told_by('treefill.resume') end },
  why = { help = words.help.why, run = function() told_by('treefill.why') end },
  model = {
    help = words.help.model,
    words = true,
    run = function(name) require('treefill.model').run(name) end,
  },
  config = { help = words.help.config, run = open_config },
  restart = {
    help = words.help.restart,
    run = function()
      client.restart(function() say(words.restarted) end)
    end,
  },
  tutor = { help = words.help.tutor, run = function() require('treefill.tutor').open() end },
  help = { help = words.help.help, run = help },
  fix = {
    help = words.help.fix,
    run = function(_, call) require('treefill.actions').offer({ only = { 'quickfix' }, at_once = call.bang }) end,
  },
  implement = {
    help = words.help.implement,
    run = act('implement'),
  },
  comment = { help = words.help.comment, run = act('from_comment') },
  docstring = { help = words.help.docstring, run = act('docstring') },
  explain = { help = words.help.explain, run = act('explain') },
  rewrite = {
    help = words.help.rewrite,
    words = true,
    run = function(instruction, call)
      local lines = call.range > 0 and { first = call.line1, last = call.line2 } or {}
      require('treefill.actions').rewrite(vim.tbl_extend('force', lines, { instruction = instruction }))
    end,
  },
  actions = {
    help = words.help.actions,
    run = function(_, call)
      local lines = call.range > 0 and { first = call.line1, last = call.line2 } or {}
      require('treefill.actions').offer(vim.tbl_extend('force', lines, { at_once = call.bang }))
    end,
  },
  log = {
    help = words.help.log,
    run = function() vim.cmd.split(vim.fn.fnameescape(log_file())) end,
  },
  stats = { help = words.help.stats, run = function() run_program({ 'stats' }) end },
  doctor = { help = words.help.doctor, run = function() run_program({ 'doctor' }) end },
  health = { help = words.help.health, run = function() vim.cmd.checkhealth('treefill') end },
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
  if not name then return overview() end
  local subcommand = SUBCOMMANDS[name]
  if not subcommand then
    local known = table.concat(names(), ', ')
    return complain(words.subcommand.unknown, name, known)
  end
  if subcommand.words then
    local rest = table.concat(call.fargs, ' ', 2)
    return subcommand.run(rest ~= '' and rest or nil, call)
  end
  if more or (value and not subcommand.values) then
    return complain(words.subcommand.too_many, name)
  end
  local right = not value or (subcommand.any_number and tonumber(value)) or vim.list_contains(subcommand.values, value)
  if not right then
    local values = subcommand.any_number and words.subcommand.number or words.subcommand.one_of:format(table.concat(subcommand.values, ', '))
    return complain(words.subcommand.takes, name, values)
  end
  subcommand.run(value, call)
end

--- Completes the command line.
--- @param lead string
--- @param line string
--- @return string[]
function M.complete(lead, line)
  local typed = vim.split(vim.trim(line:gsub('^.-Treefill!?', '')), '%s+', { trimempty = true })
  local finished = lead == '' and #typed or #typed - 1
  local choices = finished == 0 and names() or {}
  if typed[1] == 'set' and finished == 1 then
    choices = vim.tbl_keys(SETTINGS)
    table.sort(choices)
  elseif typed[1] == 'set' and finished == 2 then
    choices = SETTINGS[typed[2]] or {}
  elseif finished == 1 then
    choices = vim.tbl_get(SUBCOMMANDS, typed[1], 'values') or {}
  end
  return vim.tbl_filter(function(choice) return vim.startswith(choice, lead) end, choices)
end

return M
