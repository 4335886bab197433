// All that the extension itself says. What the server and the program say comes from them, and is shown as it comes; titles of
// commands and settings are in package.json. It needs no VS Code.

/** How each of our messages begins. */
export const ours = (text: string): string => `treefill: ${text}`;

export const STATUS = {
  starting: 'The engine is starting.',
  engineIs: (state: string) => `The engine is ${state}.`,
  missing: (why: string) => `There is no server: ${why}.`,
  noServer: 'no server',
  stopped: 'The server is stopped.',
  isStopped: 'stopped',
  notServed: (language: string) => `Nothing is suggested in ${language} by the setting treefill.languages.`,
};

export const SERVER = {
  notRunning: 'the server does not run',
  none: 'there is no server; run “treefill: Choose Server Program…”',
  notFound: (why: string) => `no server was found: ${why}.`,
  chooseFile: 'Choose File…',
  openSetting: 'Open Setting',
  howToInstall: 'How to Install',
  noProgram: (file: string) => `the setting treefill.server.path names ${file}, which is not a program`,
  nowhere: 'there is none inside this extension, none in the PATH, and the setting treefill.server.path is empty',
  ended: (args: string[], code: number) => `treefill ${args.join(' ')}: code ${code}`,
  theProgram: 'The treefill program',
  use: 'Use',
};

/** The entries of the menu, with their icons. */
export const MENU = {
  resume: '$(play) Resume',
  pauseFile: '$(debug-pause) Pause in this file',
  pauseLanguage: '$(debug-pause) Pause in this language',
  pauseAll: '$(debug-pause) Pause everywhere',
  off: '$(gear) Off here by a setting',
  why: '$(question) Why nothing here?',
  model: '$(symbol-file) Choose model…',
  statistics: '$(graph) Statistics',
  doctor: '$(pulse) Doctor',
  aboutDoctor: 'model, speed, settings, and what is wrong with them',
  program: '$(folder-opened) Choose the server’s program',
  log: '$(output) Log',
  settings: '$(gear) Settings',
  restart: '$(debug-restart) Restart the server',
};

export const REPORT = {
  reading: 'reading statistics',
  statistics: 'treefill statistics',
  looking: 'looking at model, speed and settings',
  doctor: 'treefill doctor',
  noFileToPause: 'no file is open to pause in.',
};

/** What is said about the actions of a kind, or of a name. */
export const ACTIONS = {
  quickfix: { title: 'Fixes', looking: 'looking for fixes', nothing: 'no syntax error that it can fix in this line' },
  implement: {
    title: 'Implement',
    looking: 'looking for a function without a body',
    nothing: 'no function here whose body is only a docstring, pass, todo!() or the like',
  },
  from_comment: {
    title: 'Write the code',
    looking: 'looking for a comment that asks for code',
    nothing: 'no comment here that says what is wanted and has nothing below it',
  },
  docstring: {
    title: 'Write the docstring',
    looking: 'looking for a function without documentation',
    nothing: 'no function here without documentation',
  },
  explain: {
    title: 'Explain with comments',
    looking: 'looking for what can be explained',
    nothing: 'no function or selection here',
  },
  all: { title: 'Code actions', looking: 'what can be done here', nothing: 'nothing to offer here' },
};

export const ACTION = {
  noFile: 'no file is open.',
  noServer: 'the server does not run.',
  rewrite: 'treefill: Rewrite Selection',
  toFunction: 'What is to be done with the function at the cursor?',
  toSelection: 'What is to be done with the selection?',
  example: 'return early instead of nesting',
  changed: 'the file has changed meanwhile; try again',
};

export const MODEL = {
  title: 'treefill: Choose Model',
  larger: 'A larger model knows more and takes longer',
  inUse: ', in use',
  here: 'on this machine',
  there: 'in the catalogue: a download',
  more: 'more',
  aFile: '$(file) A GGUF file…',
  ofTheHub: '$(globe) Another one of the hub…',
  howTo: '$(question) How to get a model',
  configuration: '$(gear) Open the configuration file',
  written: (file: string) => `model.path is written to ${file}. Open editors switch to the model at once.`,
  use: (name: string) => `Use ${name}?`,
  useIt: 'Use It',
  get: (name: string) => `Download and use ${name}?`,
  getIt: 'Download It',
  agreeAndGet: 'I Agree, Download It',
  downloading: (name: string) => `downloading ${name}`,
  licence: 'Do you agree to the licence?',
  agree: 'I Agree',
  files: 'GGUF models',
  file: 'A GGUF file',
  hub: 'treefill: A Model of the Hub',
  repository: 'A repository with GGUF files and the precision, or the address of a file',
  example: 'owner/name:Q4_K_M',
  choose: 'Choose Model…',
  notNow: 'Not Now',
  measured: 'measured here',
  predicted: 'predicted for this machine',
  tooLarge: '; it needs more memory than there is',
  firstLine: (seconds: number, how: string, memory: string) => `${seconds.toFixed(1)} s to a first line (${how})${memory}`,
};

/** What is in the files of the walkthrough. */
export const EXERCISE = {
  typing: '# Grey text is a suggestion. Tab takes it, Escape hides it; or type on.',
  broken: '# A bracket is missing in the marked line. Ctrl+. there, then Enter.',
  error: "'(' was never closed",
  source: 'treefill, an exercise',
};
