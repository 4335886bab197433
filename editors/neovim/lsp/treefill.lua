-- For `vim.lsp.enable('treefill')` in Neovim 0.11 and newer; setup() of the plugin does that itself.
return {
  cmd = { 'treefill', 'serve' },
  filetypes = { 'python', 'rust' },
  root_markers = { '.git' },
}
