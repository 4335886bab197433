//! Every setting, documented once: the help, the commented default file and the checks are all made from this table.

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number within these limits, both included.
    Integer {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// Any text.
    Text,
    /// A file.
    Path,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of path patterns (`*`, `**`, `?`, `[a-z]`, `{a,b}`).
    Globs,
}

/// Who may set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only the user's own configuration file. What an editor sends may come from a folder that somebody else wrote
    /// (`.vscode/settings.json`), and a model file is code of a kind: it is parsed by llama.cpp.
    User,
    /// The editor too.
    Anyone,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The table of the file it stands in.
    pub section: &'static str,
    /// Its name in there.
    pub key: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// Who may set it.
    pub scope: Scope,
    /// What it does, in one line.
    pub doc: &'static str,
    /// What holds when it is not set, for settings without a default value; otherwise empty.
    pub unset: &'static str,
    /// A value as one would write it in the file.
    pub example: &'static str,
}

/// All settings, in the order of the default file.
pub const SETTINGS: &[Setting] = &[
    Setting {
        section: "model",
        key: "path",
        kind: Kind::Path,
        scope: Scope::User,
        doc: "A GGUF model trained to fill in the middle. Relative to this file; ~ is your home folder.",
        unset: "the model inside the binary",
        example: "\"~/models/qwen2.5-coder-1.5b-q8_0.gguf\"",
    },
    Setting {
        section: "model",
        key: "family",
        kind: Kind::Text,
        scope: Scope::User,
        doc: "How its fill-in-the-middle prompt is laid out, when the file's own data would be read wrongly.",
        unset: "read from the model file",
        example: "\"qwen2.5-coder\"",
    },
    Setting {
        section: "model",
        key: "gpu_layers",
        kind: Kind::Integer { min: 0, max: 1000 },
        scope: Scope::User,
        doc: "Layers kept on the GPU, in a build with the feature cuda, metal or vulkan; 0 uses the CPU only.",
        unset: "as many as fit into its free memory",
        example: "20",
    },
    Setting {
        section: "model",
        key: "context",
        kind: Kind::Integer { min: 256, max: 131_072 },
        scope: Scope::User,
        doc: "Tokens of context kept in memory for each model; more costs memory, and time on a cold prompt.",
        unset: "chosen from the model",
        example: "4096",
    },
    Setting {
        section: "model",
        key: "threads",
        kind: Kind::Integer { min: 1, max: 512 },
        scope: Scope::User,
        doc: "Threads that compute.",
        unset: "one for a model below 100 M parameters, else one for each physical core",
        example: "4",
    },
    Setting {
        section: "model",
        key: "max_prefill_ms",
        kind: Kind::Integer { min: 20, max: 60_000 },
        scope: Scope::User,
        doc: "Milliseconds that reading a whole new prompt may take; the measured speed turns it into a number of tokens.",
        unset: "",
        example: "500",
    },
    Setting {
        section: "instruct",
        key: "path",
        kind: Kind::Path,
        scope: Scope::User,
        doc: "A GGUF model that follows instructions (chat, instruct). Relative to this file; ~ is your home folder.",
        unset: "there is none, and the actions that need one are not offered",
        example: "\"~/models/qwen2.5-coder-7b-instruct-q4_k_m.gguf\"",
    },
    Setting {
        section: "instruct",
        key: "context",
        kind: Kind::Integer { min: 256, max: 131_072 },
        scope: Scope::User,
        doc: "Tokens of context kept in memory for it: question and answer have to fit.",
        unset: "chosen from the model",
        example: "8192",
    },
    Setting {
        section: "instruct",
        key: "gpu_layers",
        kind: Kind::Integer { min: 0, max: 1000 },
        scope: Scope::User,
        doc: "Its layers kept on the GPU, as model.gpu_layers.",
        unset: "as many as fit into its free memory",
        example: "20",
    },
    Setting {
        section: "engine",
        key: "in_process",
        kind: Kind::Switch,
        scope: Scope::User,
        doc: "Run the model inside each editor's server, instead of in one process that all of them share.",
        unset: "",
        example: "true",
    },
    Setting {
        section: "engine",
        key: "exit_after_idle_s",
        kind: Kind::Integer { min: 0, max: 604_800 },
        scope: Scope::User,
        doc: "Seconds that the engine's process stays after the last editor has gone.",
        unset: "",
        example: "60",
    },
    Setting {
        section: "engine",
        key: "unload_after_idle_s",
        kind: Kind::Integer { min: 0, max: 604_800 },
        scope: Scope::User,
        doc: "Seconds without work after which the engine gives the model's memory back until the next key; 0: never.",
        unset: "",
        example: "900",
    },
    Setting {
        section: "engine",
        key: "prefetch",
        kind: Kind::Word(&["auto", "always", "never"]),
        scope: Scope::User,
        doc: "Prepare the next suggestion, and read more of the file, while you read or pause; auto: not on a battery.",
        unset: "",
        example: "\"never\"",
    },
    Setting {
        section: "completion",
        key: "enabled",
        kind: Kind::Switch,
        scope: Scope::Anyone,
        doc: "Whether anything is suggested at all.",
        unset: "",
        example: "false",
    },
    Setting {
        section: "completion",
        key: "max_tokens",
        kind: Kind::Integer { min: 1, max: 1024 },
        scope: Scope::Anyone,
        doc: "Most tokens generated for one suggestion.",
        unset: "",
        example: "32",
    },
    Setting {
        section: "completion",
        key: "max_lines",
        kind: Kind::Integer { min: 1, max: 200 },
        scope: Scope::Anyone,
        doc: "Most lines of one suggestion.",
        unset: "",
        example: "1",
    },
    Setting {
        section: "completion",
        key: "debounce_ms",
        kind: Kind::Integer { min: 0, max: 5_000 },
        scope: Scope::Anyone,
        doc: "Milliseconds without a key before the model is asked; text that is already generated shows at once.",
        unset: "",
        example: "100",
    },
    Setting {
        section: "completion",
        key: "deadline_ms",
        kind: Kind::Integer { min: 50, max: 60_000 },
        scope: Scope::Anyone,
        doc: "Milliseconds after which what has been generated is taken, and no more is waited for.",
        unset: "",
        example: "800",
    },
    Setting {
        section: "completion",
        key: "menu",
        kind: Kind::Word(&["auto", "always", "never"]),
        scope: Scope::Anyone,
        doc: "Entries in the completion menu as well: auto is for editors without ghost text. Needs a restart.",
        unset: "",
        example: "\"always\"",
    },
    Setting {
        section: "completion",
        key: "on_risk",
        kind: Kind::Word(&["drop", "lower"]),
        scope: Scope::User,
        doc: "Suggestions that add what `treefill check` lists, like shell=True or unsafe: drop them, or lower their rank.",
        unset: "",
        example: "\"lower\"",
    },
    Setting {
        section: "disable",
        key: "languages",
        kind: Kind::Texts,
        scope: Scope::Anyone,
        doc: "Languages, as your editor calls them, in which nothing is suggested.",
        unset: "",
        example: "[\"markdown\", \"plaintext\"]",
    },
    Setting {
        section: "disable",
        key: "paths",
        kind: Kind::Globs,
        scope: Scope::Anyone,
        doc: "Files in which nothing is suggested. A pattern without a slash matches the file's name.",
        unset: "",
        example: "[\"*.env\", \"**/secrets/**\"]",
    },
    Setting {
        section: "diagnostics",
        key: "syntax",
        kind: Kind::Switch,
        scope: Scope::Anyone,
        doc: "Show the syntax errors that are found here: for editors in which no other server does.",
        unset: "",
        example: "true",
    },
    Setting {
        section: "stats",
        key: "enabled",
        kind: Kind::Switch,
        // A project may not switch on what its user has switched off.
        scope: Scope::User,
        doc: "Keep numbers for `treefill stats` in a file on this machine: times, sizes and reasons, no text and no names of files.",
        unset: "",
        example: "false",
    },
    Setting {
        section: "log",
        key: "level",
        kind: Kind::Word(&["off", "error", "warn", "info", "debug", "trace"]),
        scope: Scope::User,
        doc: "What is written to stderr. Source text is written at the level trace only.",
        unset: "",
        example: "\"info\"",
    },
];

/// The sections, in order, each with what it is about.
pub const SECTIONS: &[(&str, &str)] = &[
    ("model", "Which model, and how it is run. Read from this file only, never from an editor or a project."),
    (
        "instruct",
        "A second model, for the actions that take an instruction: it is read when the first of them is chosen, and given back \
         after ten minutes without one. Read from this file only.",
    ),
    ("engine", "The process that runs the model. Read from this file only."),
    ("completion", "How suggestions are made."),
    ("disable", "Where to stay silent."),
    ("diagnostics", "What is said about your code."),
    ("stats", "What is counted. Nothing of it leaves this machine. Read from this file only."),
    ("log", "What is written to stderr."),
];

impl Setting {
    /// The setting `section.key`.
    pub fn find(section: &str, key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.section == section && setting.key == key)
    }

    /// `section.key`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

impl Kind {
    /// What a value must be, in words that end the sentence "expected …".
    pub fn describe(self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Text => "a text in quotes".to_owned(),
            Self::Path => "a path in quotes".to_owned(),
            Self::Word(words) => format!("one of \"{}\"", words.join("\", \"")),
            Self::Texts => "a list of texts".to_owned(),
            Self::Globs => "a list of path patterns".to_owned(),
        }
    }
}
