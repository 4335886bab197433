//! Says which module may use which.

/// Who may use whom: a module of the crate, and the modules that it may name besides itself. Nothing goes backwards.
pub const LAYERS: &[(&str, &str)] = &[
    ("main", "cli cpu"),
    (
        "cli",
        "lsp workspace session actions eval stats plot calibration completion verify context prompt engine diagnostics symbols document language config hub models \
         paths cpu privacy cancel text",
    ),
    (
        "eval",
        "workspace session calibration completion verify context engine symbols document language cancel stats plot text",
    ),
    (
        "lsp",
        "workspace session actions stats calibration completion engine diagnostics document language config models paths cancel text",
    ),
    ("workspace", "session engine symbols document language config privacy paths text"),
    (
        "session",
        "feedback actions stats calibration completion verify engine symbols document language config models paths privacy cancel text",
    ),
    ("feedback", "actions calibration completion document stats text"),
    ("config", "completion actions engine paths privacy"),
    (
        "actions",
        "privacy completion verify imports context prompt engine diagnostics symbols document language cancel text",
    ),
    (
        "completion",
        "calibration privacy verify imports context prompt engine symbols document language cancel text",
    ),
    ("imports", "symbols document language text"),
    ("symbols", "document language text"),
    ("verify", "symbols document language text"),
    ("prompt", "context engine symbols document language"),
    ("context", "document language text"),
    ("diagnostics", "document text"),
    ("document", "language text"),
    ("language", "text"),
    // It checks a file before llama.cpp, which aborts on a bad one, may see it.
    ("engine", "models cpu cancel paths text"),
    // It alone opens network sockets, so nobody but the command line may name it.
    ("hub", "models paths text"),
    ("models", "paths cpu"),
    ("stats", "plot paths cancel"),
    ("calibration", "paths"),
    ("plot", ""),
    ("cpu", ""),
    ("paths", ""),
    ("privacy", "paths"),
    ("cancel", ""),
    ("text", ""),
    // For tests only: every module may use it.
    ("testing", "document language"),
    // The map: it names every module.
    ("lib", ""),
];
