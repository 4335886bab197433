//! Lists the families of models that fill in: the tokens that mark the parts of a prompt, their order, and the names of files.

/// PromptOrder of the parts. P is the text before the cursor, S the text after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptOrder {
    /// `<PRE>stable P<SUF>S<MID>`: how most models were trained; every typed token evaluates the suffix again.
    Psm,
    /// `<PRE>stable<SUF>S<MID>P`: typing only appends. To a model it is a PSM prompt whose hole began earlier (with no
    /// stable text, the paper's "SPM variant 2"), so models trained on PSM alone accept it.
    SuffixFirst,
    /// `<SUF>S<PRE>stable P<MID>`: typing only appends; only for models trained so.
    Spm,
    /// `stable P`: for models that were never trained to fill in. They do not see what follows.
    LeftToRight,
}

impl PromptOrder {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Psm, Self::SuffixFirst, Self::Spm, Self::LeftToRight];

    /// The name used in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Psm => "psm",
            Self::SuffixFirst => "suffix-first",
            Self::Spm => "spm",
            Self::LeftToRight => "left-to-right",
        }
    }
}

/// One row of the table.
pub struct Family {
    pub name: &'static str,
    pub pre: &'static str,
    pub suf: &'static str,
    /// Empty: the prompt just ends with the prefix.
    pub mid: &'static str,
    /// Told from a family with the same sentinels by these tokens, all of which it has ...
    pub also: &'static [&'static str],
    /// ... or by this part of the model's name (`general.name`, lower case).
    pub named: &'static str,
    /// Parts of the names of its models, lower case, `-` for `_`: where the name is all that is known.
    pub models: &'static [&'static str],
    pub order: PromptOrder,
    /// How files are told apart.
    pub files: FileForm,
    /// Tokens that end a middle and that llama.cpp does not know as such. The sentinels always do.
    pub stops: &'static [&'static str],
}

/// How prompts of a family name the files that their texts are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// This token and the path; all files stand before the hole's own.
    Token(&'static str),
    /// This text and the path; the files stand at the beginning of the text before the cursor.
    Text(&'static str),
    /// The same with a comment.
    Comment,
}

/// The first row that fits a vocabulary wins, so rows with more conditions stand first.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "codegemma",
        pre: "<|fim_prefix|>",
        suf: "<|fim_suffix|>",
        mid: "<|fim_middle|>",
        also: &["<|file_separator|>"],
        named: "",
        models: &["codegemma"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<|file_separator|>"],
    },
    Family {
        name: "qwen2.5-coder",
        pre: "<|fim_prefix|>",
        suf: "<|fim_suffix|>",
        mid: "<|fim_middle|>",
        also: &[],
        named: "",
        models: &["qwen2.5-coder", "qwen3-coder", "treefill"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Token("<|file_sep|>"),
        stops: &["<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|endoftext|>", "<|im_end|>"],
    },
    Family {
        name: "mellum",
        pre: "<fim_prefix>",
        suf: "<fim_suffix>",
        mid: "<fim_middle>",
        also: &[],
        named: "mellum",
        models: &["mellum"],
        order: PromptOrder::Spm,
        files: FileForm::Token("<filename>"),
        stops: &["<filename>", "<reponame>", "<file_sep>", "<fim_pad>"],
    },
    Family {
        name: "granite-code",
        pre: "<fim_prefix>",
        suf: "<fim_suffix>",
        mid: "<fim_middle>",
        also: &[],
        named: "granite",
        models: &[
            "granite-code",
            "granite-3b-code",
            "granite-8b-code",
            "granite-20b-code",
            "granite-34b-code",
        ],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<filename>", "<reponame>", "<fim_pad>"],
    },
    Family {
        name: "refact",
        pre: "<fim_prefix>",
        suf: "<fim_suffix>",
        mid: "<fim_middle>",
        also: &[],
        named: "refact",
        models: &["refact"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<filename>", "<reponame>", "<fim_pad>"],
    },
    Family {
        name: "starcoder2",
        pre: "<fim_prefix>",
        suf: "<fim_suffix>",
        mid: "<fim_middle>",
        also: &["<file_sep>"],
        named: "",
        models: &["starcoder2"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Token("<file_sep>"),
        stops: &["<file_sep>", "<repo_name>", "<fim_pad>", "<pr>", "<issue_start>"],
    },
    Family {
        name: "starcoder",
        pre: "<fim_prefix>",
        suf: "<fim_suffix>",
        mid: "<fim_middle>",
        also: &[],
        named: "",
        models: &["starcoder"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<filename>", "<reponame>", "<gh_stars>", "<fim_pad>"],
    },
    Family {
        name: "santacoder",
        pre: "<fim-prefix>",
        suf: "<fim-suffix>",
        mid: "<fim-middle>",
        also: &[],
        named: "",
        models: &["santacoder"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<fim-pad>"],
    },
    Family {
        name: "deepseek-coder",
        pre: "<｜fim▁begin｜>",
        // Its "hole" stands where others have the suffix token.
        suf: "<｜fim▁hole｜>",
        mid: "<｜fim▁end｜>",
        also: &[],
        named: "",
        models: &["deepseek-coder"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<|EOT|>", "<｜end▁of▁sentence｜>"],
    },
    Family {
        name: "codellama",
        pre: "▁<PRE>",
        suf: "▁<SUF>",
        mid: "▁<MID>",
        also: &[],
        named: "",
        models: &["codellama", "code-llama"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["▁<EOT>"],
    },
    Family {
        name: "codestral",
        pre: "[PREFIX]",
        suf: "[SUFFIX]",
        mid: "",
        also: &[],
        named: "",
        models: &["codestral"],
        order: PromptOrder::Spm,
        files: FileForm::Text("+++++ "),
        stops: &["[MIDDLE]"],
    },
    Family {
        name: "seed-coder",
        pre: "<[fim-prefix]>",
        suf: "<[fim-suffix]>",
        mid: "<[fim-middle]>",
        also: &[],
        named: "",
        models: &["seed-coder"],
        order: PromptOrder::Spm,
        files: FileForm::Comment,
        stops: &["<[end▁of▁sentence]>"],
    },
    Family {
        name: "glm-4.5",
        pre: "<|code_prefix|>",
        suf: "<|code_suffix|>",
        mid: "<|code_middle|>",
        also: &[],
        named: "",
        models: &["glm-4.5"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &["<|user|>", "<|endoftext|>"],
    },
    Family {
        name: "falcon-h1-coder",
        pre: "<|prefix|>",
        suf: "<|suffix|>",
        mid: "<|middle|>",
        also: &[],
        named: "",
        models: &["falcon-h1-coder", "falcon-h1-tiny-coder"],
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &[],
    },
];
