-- Defines :Treefill and <Plug>(treefill-…). Nothing starts and no key is mapped before require('treefill').setup().
if vim.g.loaded_treefill then return end
vim.g.loaded_treefill = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.api.nvim_err_writeln('treefill needs Neovim 0.10 or newer')
  return
end

vim.api.nvim_create_user_command('Treefill', function(call) require('treefill.command').run(call) end, {
  nargs = '*',
  bang = true,
  range = true,
  desc = 'treefill: local code completion',
  complete = function(lead, line) return require('treefill.command').complete(lead, line) end,
})
require('treefill.keymaps').define_plugs()
