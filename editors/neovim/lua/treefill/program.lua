-- Runs the program for one answer, while Neovim goes on.
local words = require('treefill.words')
local config = require('treefill.config')

local M = {}

--- Runs `treefill` with these arguments. `after` gets its end, as vim.system() has it; `on_error_line` each line of stderr as it comes.
--- @param arguments string[]
--- @param after fun(result: vim.SystemCompleted)
--- @param on_error_line fun(line: string)?
function M.run(arguments, after, on_error_line)
  local command = vim.list_extend({ config.options.program }, arguments)
  local options = { text = true, env = { NO_COLOR = '1' } }
  local errors = ''
  if on_error_line then
    local rest = ''
    options.stderr = function(_, data)
      errors = errors .. (data or '')
      rest = rest .. (data or '')
      for line in rest:gmatch('([^\n]*)\n') do vim.schedule(function() on_error_line(line) end) end
      rest = rest:match('([^\n]*)$')
    end
  end
  local ended = vim.schedule_wrap(function(result)
    if on_error_line then result.stderr = errors end
    after(result)
  end)
  local ok, why = pcall(vim.system, command, options, ended)
  if not ok then
    vim.notify(words.ours(words.cannot_run:format(command[1], why)), vim.log.levels.ERROR)
  end
end

--- Says what the program wrote to stderr.
function M.complain(result)
  local text = vim.trim(result.stderr or '')
  vim.notify(words.ours(text ~= '' and text or words.ended_with:format(result.code)), vim.log.levels.ERROR)
end

return M
