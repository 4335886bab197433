-- :checkhealth treefill
local words = require('treefill.words')
local client = require('treefill.client')
local config = require('treefill.config')

local said = words.health

local M = {}

local ANSWER_MS = 2000

local function check_editor()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 0 then
    return vim.health.error(said.too_old:format(version), said.install)
  end
  local drawn = config.builtin() and 'vim.lsp.inline_completion' or said.own
  vim.health.ok(said.editor:format(version, drawn))
end

-- Runs the program and returns what it prints, or nil.
local function output(...)
  local ok, process = pcall(vim.system, { config.options.program, ... }, { text = true, env = { NO_COLOR = '1' } })
  local result = ok and process:wait(10000) or nil
  return result and result.code == 0 and vim.trim(result.stdout) or nil
end

local function check_program()
  local version = output('--version')
  if not version then
    vim.health.error(said.cannot_run:format(config.options.program), { said.put })
    return
  end
  vim.health.ok(said.program:format(vim.fn.exepath(config.options.program), version))
  local file = output('config', 'path')
  if file then vim.health.info(said.settings:format(file:match('[^\n]*'))) end
end

local function check_server()
  local clients = vim.lsp.get_clients({ name = client.name })
  local types = table.concat(config.options.filetypes, ', ')
  if #clients == 0 then
    return vim.health.warn(said.no_server, said.open:format(types))
  end
  for _, from in ipairs(clients) do
    local buffers = vim.tbl_count(from.attached_buffers)
    local counted = buffers == 1 and said.buffer or said.buffers:format(buffers)
    vim.health.ok(said.serves:format(from.id, counted, from.root_dir or said.no_project))
    local status, err
    client.request(from, 'workspace/executeCommand', { command = 'treefill.status' }, function(e, result) err, status = e, result end, 0)
    vim.wait(ANSWER_MS, function() return err or status end, 10)
    if not status then
      vim.health.error(said.silent, said.log)
    elseif not status.state then
      vim.health.ok(said.engine:format(status.engine.state, status.engine.model or ''))
    else
      local level, sentence = status.state.level, status.state.sentence
      if level == 'error' then
        vim.health.error(sentence, ':Treefill doctor, :Treefill model')
      elseif level == 'warning' then
        vim.health.warn(sentence, ':Treefill doctor')
      elseif status.state.id == 'paused' then
        vim.health.warn(sentence, ':Treefill resume')
      else
        vim.health.ok(sentence)
      end
      for number = 2, #status.lines do vim.health.info(status.lines[number]) end
    end
  end
end

local function check_keys()
  local keymaps = config.options.keymaps
  for name, key in pairs(keymaps or {}) do
    local mapping = key and vim.fn.maparg(key, 'i', false, true) or {}
    if key and not (mapping.desc or ''):match('^treefill: ') then
      vim.health.warn(said.mapped:format(key, name), { said.later:format(name) })
    end
  end
  if not keymaps then vim.health.info(said.no_keys) end
  for _, line in ipairs(require('treefill.keymaps').list()) do vim.health.info(line) end
end

function M.check()
  vim.health.start('treefill')
  check_editor()
  check_program()
  check_server()
  check_keys()
end

return M
