-- All that the plugin itself says. What the server and the program say comes from them, and is shown as it comes.
local M = {}

--- How each of our messages begins.
function M.ours(text) return 'treefill: ' .. text end

M.no_server = 'no server runs; open a file of: %s'
M.no_server_here = 'no server runs for this file'
M.restarted = 'the server has been restarted'
M.engine_is = 'The engine is %s.'
M.starting = 'The engine is starting.'
M.downloading_share = 'downloading %d %%'

M.cannot_run = 'cannot run %s: %s\nPut it into the PATH of Neovim, or set `program` in setup().'
M.ended_with = 'it ended with code %d'

M.keys_title = 'Keys in insert mode:'
M.commands_line = 'Commands: :Treefill tutor, why, model, pause, resume, fix, doctor … (:Treefill help)'
M.close_window = 'Close this window'
M.switched = { on = 'suggestions are on %s', off = 'suggestions are off %s', all = 'everywhere', file = 'in this file', language = 'in this language' }

M.set = {
  usage = 'set takes a setting and its value; settings: %s',
  one_of = '%s takes one of: %s',
  number = '%s takes a number',
  done = '%s = %s',
}
M.subcommand = {
  unknown = 'there is no subcommand %s; known: %s',
  too_many = 'too many arguments for %s',
  takes = '%s takes %s',
  number = 'a number',
  one_of = 'one of: %s',
}

--- What each subcommand does.
M.help = {
  status = 'what the server is doing, and why nothing came last time',
  toggle = 'switch suggestions on or off',
  pause = 'no suggestions for so many minutes, or until resumed',
  set = 'change a setting of suggestions until Neovim ends: set trigger manual',
  resume = 'suggest again here, whatever was paused',
  why = 'why nothing is suggested here',
  model = 'choose a model: on this machine, of the catalogue, a file',
  config = "treefill's own settings file",
  restart = 'end the server and start it again',
  tutor = 'a file that lets you try each key',
  help = ':help treefill',
  fix = 'fix the syntax error here',
  implement = 'write the body of the function here from its docstring',
  comment = 'write the code that the comment here asks for',
  docstring = 'write the documentation of the function here',
  explain = 'add comments to the function here, or to the given lines',
  rewrite = 'change the function here, or the given lines, as you say',
  actions = 'all that treefill can do here, or in the given lines',
  log = 'what the server wrote, in the log of Neovim',
  stats = 'what was shown, accepted and kept',
  doctor = 'what is in force, and what is wrong',
  health = ':checkhealth treefill',
}

--- What each key does.
M.keys = {
  accept = 'Take the suggestion',
  accept_word = 'Take its next word',
  accept_line = 'Take its next line',
  next = 'Show the next suggestion',
  previous = 'Show the suggestion before',
  trigger = 'Ask for suggestions now',
  dismiss = 'Hide the suggestion',
  toggle = 'Switch suggestions in this file on or off',
}

M.nothing_to_do = 'there is nothing to do here'
M.what_is_to_be_done = 'What is to be done? '

M.model = {
  speed = ', %.1f s to a first line (%s)%s',
  measured = 'measured',
  predicted = 'predicted',
  too_large = ', more memory than there is',
  cancel = 'Cancel',
  use = 'Use %s? It is written to %s, and open editors switch to it.',
  use_it = 'Use it',
  downloading = 'downloading %s; the status line shows how far it is',
  agree = ' Do you agree?',
  i_agree = 'I agree',
  download = 'Download %s%s?',
  written = 'It is written to %s, and open editors switch to it.',
  i_agree_download = 'I agree, download it',
  download_it = 'Download it',
  measuring = 'measuring this machine, which takes some seconds',
  file = 'GGUF file: ',
  repository = 'A repository of the hub, OWNER/NAME:QUANT: ',
  of_mine = '  a GGUF file of mine …',
  of_hub = '  another one of the hub …',
  how_fast = '  how fast are these here? (measures some seconds)',
  how_to_get = '  how do I get a model?',
  which = 'Which model? (* in use, + download)',
  hint = '%s (or :Treefill model)',
}

M.no_python = 'the tutor is a Python file, and python is not among `filetypes` of setup()'

M.setup = {
  option = 'treefill.setup: there is no option %s; known: %s',
  type = 'treefill.setup: %s must be a %s',
  ghost = "treefill.setup: ghost must be 'auto', 'builtin' or 'own'",
  builtin = "treefill.setup: ghost = 'builtin' needs Neovim 0.12",
  key = 'treefill.setup: there is no key %s in keymaps; :help treefill-keymaps',
}

M.health = {
  too_old = 'Neovim %s is too old',
  install = 'Install Neovim 0.10 or newer.',
  editor = 'Neovim %s; ghost text by %s',
  own = 'extmarks of this plugin',
  cannot_run = '%s cannot be run',
  put = 'Put treefill into the PATH of Neovim, or name it in full: require("treefill").setup({ program = "…" })',
  program = '%s: %s',
  settings = 'settings: %s (:Treefill doctor tells more)',
  no_server = 'no server runs',
  open = 'Call require("treefill").setup(), and open a file of: %s',
  buffer = '1 buffer',
  buffers = '%d buffers',
  serves = 'server %d serves %s of %s',
  no_project = 'no project',
  silent = 'the server does not answer',
  log = ':Treefill log shows what it wrote',
  engine = 'engine: %s %s',
  mapped = '%s (%s) is mapped to something else',
  later = 'It was mapped after setup(). Call setup() later, choose another key in `keymaps`, or map require("treefill").%s',
  no_keys = 'no keys are mapped by setup()',
}

return M
