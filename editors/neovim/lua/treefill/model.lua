-- Choosing a model: what is on this machine and what can be had, as `treefill model` tells it. That program writes the user's file.
local words = require('treefill.words')
local program = require('treefill.program')

local M = {}

-- What `treefill model recommend` has measured and predicted, by name; nil before.
local speeds = nil

local said = words.model

local function say(text) vim.api.nvim_echo({ { words.ours(text) } }, true, {}) end

local function json_lines(text)
  local rows = {}
  for line in vim.gsplit(text or '', '\n', { plain = true, trimempty = true }) do
    local ok, row = pcall(vim.json.decode, line, { luanil = { object = true } })
    if ok then rows[#rows + 1] = row end
  end
  return rows
end

-- How long a first line takes, where that is known.
local function speed(name)
  local row = speeds and (speeds[name] or speeds[name:match('^[^:]*')])
  if not row then return '' end
  local fits = row.fits_memory and '' or said.too_large
  return said.speed:format(row.first_line_s, row.measured and said.measured or said.predicted, fits)
end

-- A question that one word answers.
local function confirm(question, answer, run)
  vim.ui.select({ answer, said.cancel }, { prompt = question }, function(chosen)
    if chosen == answer then run() end
  end)
end

local function switched(result)
  if result.code ~= 0 then return program.complain(result) end
  say(vim.trim(result.stdout):match('[^\n]*$'))
  require('treefill.status').refresh()
end

local function with_file(run)
  program.run({ 'config', 'path' }, function(result) run(vim.trim(result.stdout or ''):match('[^\n]*')) end)
end

--- Uses a model that is on this machine.
--- @param name string
function M.use(name)
  with_file(function(file)
    confirm(said.use:format(name, file), said.use_it, function()
      program.run({ 'model', 'use', name }, switched)
    end)
  end)
end

-- Downloads a model and uses it, after the user has agreed.
local function download(name, agreed)
  local status = require('treefill.status')
  local arguments = { 'model', 'get', name, '--use', '--progress' }
  if agreed then arguments[#arguments + 1] = '--yes' end
  status.download = 0
  say(said.downloading:format(name))
  program.run(arguments, function(result)
    status.download = nil
    vim.cmd.redrawstatus()
    if result.code ~= 0 and not agreed and result.stderr:find('--yes', 1, true) then
      local question = vim.trim(result.stderr):gsub('nobody is there.*', ''):gsub('%s+', ' ')
      return confirm(words.ours(question .. said.agree), said.i_agree, function() download(name, true) end)
    end
    switched(result)
  end, function(line)
    status.download = tonumber(line:match('(%d+) %% of')) or status.download
    vim.cmd.redrawstatus()
  end)
end

--- Downloads a model of the catalogue or the hub and uses it.
--- @param row { name: string, detail: string?, asks: string? }
function M.get(row)
  with_file(function(file)
    local lines = {
      said.download:format(row.name, row.detail and ' (' .. row.detail .. ')' or ''),
      row.asks,
      said.written:format(file),
    }
    local question = table.concat(vim.iter({ lines[1], lines[2] or false, lines[3] }):filter(function(it) return it end):totable(), ' ')
    confirm(question, row.asks and said.i_agree_download or said.download_it, function() download(row.name, row.asks ~= nil) end)
  end)
end

local function measure()
  say(said.measuring)
  program.run({ 'model', 'recommend', '--json' }, function(result)
    if result.code ~= 0 then return program.complain(result) end
    speeds = {}
    for _, row in ipairs(json_lines(result.stdout)) do speeds[row.name] = row end
    M.choose()
  end)
end

local function ask_file()
  vim.ui.input({ prompt = said.file, completion = 'file' }, function(path)
    if path and vim.trim(path) ~= '' then M.use(vim.fn.fnamemodify(vim.trim(path), ':p')) end
  end)
end

local function ask_hub()
  vim.ui.input({ prompt = said.repository }, function(name)
    if name and vim.trim(name) ~= '' then M.get({ name = vim.trim(name) }) end
  end)
end

local function entries(rows)
  local found = vim.iter(rows):map(function(row)
    local mark = row.in_use and '* ' or '  '
    local get = row.where == 'catalogue'
    local text = ('%s%s  %s%s'):format(mark, row.name, row.detail or '', speed(row.name))
    return { text = (get and '+ ' .. text:sub(3) or text), run = function()
      if get then M.get(row) else M.use(row.name) end
    end }
  end):totable()
  vim.list_extend(found, {
    { text = said.of_mine, run = ask_file },
    { text = said.of_hub, run = ask_hub },
    { text = said.how_fast, run = measure },
    { text = said.how_to_get, run = function() vim.cmd.help('treefill-model') end },
  })
  return found
end

--- Offers the models: * is in use, + can be downloaded.
function M.choose()
  program.run({ 'model', 'list', '--json' }, function(result)
    if result.code ~= 0 then return program.complain(result) end
    local options = { prompt = said.which, format_item = function(entry) return entry.text end }
    vim.ui.select(entries(json_lines(result.stdout)), options, function(entry)
      if entry then entry.run() end
    end)
  end)
end

--- `:Treefill model [{name}]`
function M.run(name)
  if not name then return M.choose() end
  program.run({ 'model', 'list', '--json' }, function(result)
    local row = vim.iter(json_lines(result.stdout)):find(function(it) return it.name == name end)
    if not row and (vim.uv.fs_stat(vim.fn.fnamemodify(name, ':p'))) then return M.use(vim.fn.fnamemodify(name, ':p')) end
    if row and row.where ~= 'catalogue' then return M.use(name) end
    M.get(row or { name = name })
  end)
end

--- The server says, once, that a better model fits this machine.
function M.hint(hint)
  vim.notify(words.ours(said.hint:format(hint.sentence)))
end

return M
