-- :Treefill tutor: a file that is not kept, in which each key can be tried.
local words = require('treefill.words')
local config = require('treefill.config')

local M = {}

local TEXT = [[
# treefill, in two minutes. This file is not kept: write whatever you like.
#
# 1. Put the cursor on the line `pass` of the class, press S, and type: return self.
#    Grey text is a suggestion: it is not in the file before you take it.
#      {accept}  takes it
#      {accept_word}  takes its next word
#      {accept_line}  takes its next line
#    Or type on: what you type of it is kept, what contradicts it makes it go.


class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def first(self):
        pass


# 2. One is not what you want? Try it on the line `pass` of this function: S, and type: re
#      {next}  shows the next one, if there is one
#      {trigger}  asks now, for all there are
#      {dismiss}  hides it, and for some seconds none comes by itself


def total(prices):
    result = 0
    for price in prices:
        pass


# 3. The next line has an error. In normal mode, on that line: :Treefill fix


print("the shelf holds", Shelf("books", []).size()


# 4. Nothing comes? It has a reason: :Treefill why
#    What it does, and all keys: :Treefill
#    Not now: :Treefill pause 15, :Treefill toggle file, :Treefill resume
#    A better model: :Treefill model
#    A menu of completions and this grey text can be there at once; then {accept} takes the entry of the menu.
#
# :bdelete! leaves. :help treefill has it all.
]]

--- Opens it in a window of its own.
function M.open()
  if not vim.list_contains(config.options.filetypes, 'python') then
    return vim.notify(words.ours(words.no_python), vim.log.levels.WARN)
  end
  local keymaps = config.options.keymaps or {}
  local text = TEXT:gsub('{([%w_]+)}', function(name) return keymaps[name] or ('<Plug>(treefill-' .. name:gsub('_', '-') .. ')') end)
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder, 'p')
  -- The server knows files, so it is one; it goes with Neovim's folder of temporary files.
  local path = folder .. '/tutor.py'
  -- `b`: without it, the file would end with an empty line.
  vim.fn.writefile(vim.split(text, '\n', { plain = true }), path, 'b')
  vim.cmd.tabedit(vim.fn.fnameescape(path))
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].swapfile, vim.bo[buffer].bufhidden = false, 'wipe'
end

return M
