-- Screens of a real Neovim in a terminal, for the pages: nvim -l capture.lua NVIM SERVER WORKSPACE DOCS
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local editor = dofile(here .. '/editor.lua')
local nvim, server, workspace, docs = unpack(arg)

local socket = workspace .. '/capture-tmux'
local function tmux(...) return vim.system({ 'tmux', '-u', '-f', '/dev/null', '-S', socket, ... }):wait() end
local function screen() return tmux('capture-pane', '-p', '-t', 'nvim').stdout or '' end
local function keys(...) tmux('send-keys', '-t', 'nvim', ...) end

local function await(name, condition)
  return editor.check('capture: ' .. name, vim.wait(editor.PATIENCE, function() return condition() and true or false end, 50))
end

-- Not while it is being drawn.
local function still()
  local last
  await('the screen stands still', function()
    last = screen()
    return not vim.wait(500, function() return screen() ~= last end, 50)
  end)
end

local function keep(name)
  still()
  -- Paths as a user has them, not those of this run.
  local text = screen():gsub('[ ]+\n', '\n'):gsub(vim.pesc(server), '/usr/local/bin/treefill'):gsub(vim.pesc(workspace), '~')
  local lines = vim.split(text, '\n', { trimempty = true })
  vim.fn.writefile(lines, ('%s/%s.txt'):format(docs, name))
end

local TEXT = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def find(self, name):
        """größe 🧀"""
        for item in self.items:

        return None
]]

editor.main(function()
  local dir = workspace .. '/capture'
  vim.fn.mkdir(dir, 'p')
  vim.fn.mkdir(docs, 'p')
  local init = editor.load_plugin() .. ([[
vim.o.swapfile, vim.o.number, vim.o.laststatus = false, true, 2
vim.o.statusline = '%%f  treefill: %%{v:lua.require("treefill").status()}'
require('treefill').setup({ program = %q })
-- One byte: on a busy machine a terminal may be late with the rest of others.
vim.keymap.set('i', '<C-g>', function() require('treefill').trigger() end)
]]):format(server)
  vim.fn.writefile(vim.split(init, '\n'), dir .. '/init.lua')
  vim.fn.writefile(vim.split(TEXT, '\n'), dir .. '/shelf.py', 'b')
  tmux('new-session', '-d', '-s', 'nvim', '-x', '100', '-y', '24', '-c', dir, 'env', 'TERM=xterm-256color', 'LC_ALL=C.UTF-8', nvim,
    '--clean', '-u', 'init.lua', 'shelf.py')
  await('the file is open', function() return screen():find('class Shelf', 1, true) end)
  await('the server is there', function() return screen():find('treefill: ready', 1, true) end)
  keys('8ggo')
  -- By the key that asks: what comes by itself depends on how sure the model is.
  await('insert mode', function() return screen():find('-- INSERT --', 1, true) end)
  local shown = await('ghost text', function()
    keys('C-g')
    return vim.wait(2000, function()
      local now = screen()
      return now:find('\n  9             %S') and now:find('treefill: ready', 1, true) and true or false
    end, 50)
  end)
  if shown then keep('ghost-text') else io.stdout:write(screen()) end
  keys('Escape')
  keys('-l', ':silent edit! | 9s/^/            pass/ | 4s/items$/list(items/\n')
  -- The list of all servers: `:Treefill fix` asks nothing where there is one sure fix.
  keys('-l', 'gra')
  await('the code actions', function() return screen():find('insert `)`', 1, true) end)
  keep('code-actions')
  keys('q', 'Enter')
  keys('-l', ':checkhealth treefill\n')
  await('the health report', function()
    local now = screen()
    return now:find('Suggestions are ready.', 1, true) and now:find('Workspace: 1 file read', 1, true)
  end)
  keep('checkhealth')
  tmux('kill-server')
end)
