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
  require('treefill.program').run(arguments, function(result)
    local text = vim.trim((result.stdout or '') .. '\n' .. (result.stderr or ''))
    vim.cmd('botright new')
    local buffer = vim.api.nvim_get_current_buf()
    vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
    vim.bo[buffer].modifiable = false
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close this window' })
    pcall(vim.api.nvim_buf_set_name, buffer, 'treefill://' .. table.concat(arguments, ' '))
  end)
end

-- What the server says of itself, in its own words; `after` gets the lines.
local function told(after)
  client.execute('treefill.status', { uri = vim.uri_from_bufnr(0) }, function(result)
    after(result.lines or { 'engine ' .. result.engine.state })
  end)
end

local function status()
  told(function(lines) say('treefill: ' .. table.concat(lines, '\n')) end)
end

-- What it does, and what one can do.
local function overview()
  local keys = require('treefill.keymaps').list()
  local more = { '' }
  if #keys > 0 then vim.list_extend(more, { 'Keys in insert mode:' }) end
  for _, key in ipairs(keys) do more[#more + 1] = '  ' .. key end
  more[#more + 1] = 'Commands: :Treefill tutor, why, model, pause, resume, fix, doctor … (:Treefill help)'
  if not client.any() then return say(table.concat(vim.list_slice(more, 2), '\n')) end
  told(function(lines) say('treefill: ' .. table.concat(vim.list_extend(lines, more), '\n')) end)
end

-- Runs a command of the server about this file, and says what it answers.
local function told_by(command, argument)
  local about = vim.tbl_extend('force', { uri = vim.uri_from_bufnr(0) }, argument or {})
  client.execute(command, about, function(result)
    require('treefill.status').refresh()
    if type(result) == 'table' and result.sentence then say('treefill: ' .. result.sentence) end
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
      require('treefill').dismiss()
      told_by('treefill.pause', { minutes = minutes and tonumber(minutes) or nil })
    end,
  },
  set = { help = 'change a setting of suggestions until Neovim ends: set trigger manual', words = true, run = set },
  resume = { help = 'suggest again here, whatever was paused', run = function() told_by('treefill.resume') end },
  why = { help = 'why nothing is suggested here', run = function() told_by('treefill.why') end },
  model = {
    help = 'choose a model: on this machine, of the catalogue, a file',
    words = true,
    run = function(name) require('treefill.model').run(name) end,
  },
  config = { help = "treefill's own settings file", run = open_config },
  restart = {
    help = 'end the server and start it again',
    run = function()
      client.restart(function() say('treefill: the server has been restarted') end)
    end,
  },
  tutor = { help = 'a file that lets you try each key', run = function() require('treefill.tutor').open() end },
  help = { help = ':help treefill', run = help },
  fix = {
    help = 'fix the syntax error here',
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
  if not name then return overview() end
  local subcommand = SUBCOMMANDS[name]
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
