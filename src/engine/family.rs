//! Lists the fill-in-the-middle families: which tokens mark the parts of a prompt, and in which order the parts come.
//!
//! Sources: llama.cpp's `llama-vocab.cpp`, the model cards, Bavarian et al. 2022 (arXiv 2207.14255), appendix D. It
//! reads no model: the vocabulary comes in as a function.

use super::{FileName, TokenId};

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
    const ALL: [Self; 4] = [Self::Psm, Self::SuffixFirst, Self::Spm, Self::LeftToRight];

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
struct Family {
    name: &'static str,
    pre: &'static str,
    suf: &'static str,
    /// Empty: the prompt just ends with the prefix.
    mid: &'static str,
    /// Told from a family with the same sentinels by these tokens, all of which it has ...
    also: &'static [&'static str],
    /// ... or by this part of the model's name (`general.name`, lower case).
    named: &'static str,
    order: PromptOrder,
    /// How files are told apart.
    files: FileForm,
    /// Tokens that end a middle and that llama.cpp does not know as such. The sentinels always do.
    stops: &'static [&'static str],
}

/// How prompts of a family name the files that their texts are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileForm {
    /// This token and the path; all files stand before the hole's own.
    Token(&'static str),
    /// This text and the path; the files stand at the beginning of the text before the cursor.
    Text(&'static str),
    /// The same with a comment.
    Comment,
}

/// The first row that fits a vocabulary wins, so rows with more conditions stand first.
const FAMILIES: &[Family] = &[
    Family {
        name: "codegemma",
        pre: "<|fim_prefix|>",
        suf: "<|fim_suffix|>",
        mid: "<|fim_middle|>",
        also: &["<|file_separator|>"],
        named: "",
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
        order: PromptOrder::SuffixFirst,
        files: FileForm::Comment,
        stops: &[],
    },
];

/// What detection needs to know of a model.
pub struct VocabularyFacts<'a> {
    /// The id of the token with exactly this text.
    pub find: &'a dyn Fn(&str) -> Option<TokenId>,
    /// PRE, SUF and MID as named by the GGUF's keys or found by llama.cpp.
    pub known: [Option<TokenId>; 3],
    /// The token to begin with, if the vocabulary asks for one.
    pub bos: Option<TokenId>,
    /// `general.name`.
    pub name: &'a str,
}

/// How to build prompts for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Name of the family.
    pub family: &'static str,
    /// PromptOrder of the parts.
    pub order: PromptOrder,
    bos: Option<TokenId>,
    pre: TokenId,
    suf: TokenId,
    mid: Option<TokenId>,
    /// What stands before the name of a file, if the family has a token for it.
    separator: Option<TokenId>,
    /// What stands there otherwise; None: a comment.
    mark: Option<&'static str>,
    /// Tokens that end a middle, besides those llama.cpp knows.
    pub stops: Vec<TokenId>,
}

/// Every text that [`detect`] may look for.
pub fn sentinel_texts() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| {
        let parts = [family.pre, family.suf, family.mid].into_iter();
        parts.chain(family.also.iter().copied()).chain(family.stops.iter().copied())
    })
}

/// Every text that begins the prefix in some family: a vocabulary without any of them is that of no model that fills in.
pub fn prefix_texts() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.pre)
}

/// The layout for a model. `wanted` is the user's setting: none or `auto`, an order, or a family.
///
/// # Errors
/// A text for the user: the model is not a FIM model, or the setting is unknown or does not fit the model.
pub fn detect(vocabulary: &VocabularyFacts, wanted: Option<&str>) -> Result<Layout, String> {
    let wanted = wanted.filter(|wanted| !wanted.is_empty() && *wanted != "auto");
    let order = PromptOrder::ALL.into_iter().find(|order| Some(order.name()) == wanted);
    if let (Some(wanted), None) = (wanted, order) {
        let family = FAMILIES.iter().find(|family| family.name == wanted).ok_or_else(|| unknown(wanted))?;
        return family.layout(vocabulary).ok_or_else(|| {
            format!("the model's vocabulary lacks the tokens of the FIM family \"{wanted}\" ({}, {}); remove the setting `family` or choose another model", family.pre, family.suf)
        });
    }
    if order == Some(PromptOrder::LeftToRight) {
        return Ok(Layout {
            family: "none",
            order: PromptOrder::LeftToRight,
            bos: vocabulary.bos,
            ..Layout::none()
        });
    }
    let fits = |family: &&Family| {
        vocabulary.name.to_lowercase().contains(family.named)
            && family.also.iter().all(|text| (vocabulary.find)(text).is_some())
    };
    let found = FAMILIES.iter().filter(fits).find_map(|family| family.layout(vocabulary));
    let mut layout = found.or_else(|| generic(vocabulary)).ok_or_else(not_fim)?;
    layout.order = order.unwrap_or(layout.order);
    Ok(layout)
}

fn unknown(wanted: &str) -> String {
    let orders = PromptOrder::ALL.map(PromptOrder::name).into_iter();
    let names: Vec<_> =
        ["auto"].into_iter().chain(orders).chain(FAMILIES.iter().map(|family| family.name)).collect();
    format!("unknown FIM family \"{wanted}\" in the setting `family`; valid are: {}", names.join(", "))
}

fn not_fim() -> String {
    "not a FIM model: its vocabulary has no fill-in-the-middle tokens; choose a base model trained for \
     fill-in-the-middle, such as Qwen2.5-Coder, StarCoder2 or DeepSeek-Coder (base, not instruct), or set \
     `model.family = \"left-to-right\"`: then it does not see what follows the cursor"
        .into()
}

/// A model that names its tokens by GGUF keys and is in no row.
fn generic(vocabulary: &VocabularyFacts) -> Option<Layout> {
    let [pre, suf, mid] = vocabulary.known;
    let (pre, suf, mid) = (pre?, suf?, mid?);
    let stops = vec![pre, suf, mid];
    Some(Layout {
        family: "generic",
        order: PromptOrder::SuffixFirst,
        bos: vocabulary.bos,
        pre,
        suf,
        mid: Some(mid),
        separator: None,
        mark: None,
        stops,
    })
}

impl Family {
    fn layout(&self, vocabulary: &VocabularyFacts) -> Option<Layout> {
        let pre = (vocabulary.find)(self.pre)?;
        let suf = (vocabulary.find)(self.suf)?;
        let mid = if self.mid.is_empty() { None } else { Some((vocabulary.find)(self.mid)?) };
        let mut stops = vec![pre, suf];
        stops.extend(mid);
        stops.extend(self.stops.iter().filter_map(|text| (vocabulary.find)(text)));
        let (separator, mark) = match self.files {
            FileForm::Token(text) => ((vocabulary.find)(text), None),
            FileForm::Text(text) => (None, Some(text)),
            FileForm::Comment => (None, None),
        };
        let (family, order, bos) = (self.name, self.order, vocabulary.bos);
        Some(Layout { family, order, bos, pre, suf, mid, separator, mark, stops })
    }
}

impl Layout {
    /// For a model that is not asked to fill in: nothing marks anything.
    pub fn none() -> Self {
        let (family, order, stops) = ("chat", PromptOrder::Psm, Vec::new());
        Self { family, order, bos: None, pre: -1, suf: -1, mid: None, separator: None, mark: None, stops }
    }

    /// Tokens that a prompt has besides its texts.
    pub fn overhead(&self) -> usize {
        2 + usize::from(self.bos.is_some()) + usize::from(self.mid.is_some())
    }

    /// What begins a file in a prompt with several.
    pub fn file_name(&self, file: &FileName, tokenize: &dyn Fn(&str) -> Vec<TokenId>) -> Vec<TokenId> {
        let FileName { path, comment } = file;
        match (self.separator, self.mark) {
            (Some(separator), _) => [vec![separator], tokenize(&format!("{path}\n"))].concat(),
            (None, Some(mark)) => tokenize(&format!("{mark}{path}\n")),
            (None, None) => tokenize(&format!("{comment} {path}\n")),
        }
    }

    /// The prompt. The texts' tokens come without special ones: those stand here and nowhere else, but for those in `files`, which
    /// are other files and the name of the cursor's own.
    pub fn compose(
        &self,
        files: &[TokenId],
        stable: &[TokenId],
        prefix: &[TokenId],
        suffix: &[TokenId],
    ) -> Vec<TokenId> {
        let (pre, suf, mid) = (&[self.pre][..], &[self.suf][..], self.mid.as_slice());
        // With a token of their own, files stand before the one with the hole; else they are the beginning of its text.
        let (outer, inner) = if self.separator.is_some() { (files, &[][..]) } else { (&[][..], files) };
        let parts = match self.order {
            PromptOrder::Psm => [outer, pre, inner, stable, prefix, suf, suffix, mid],
            PromptOrder::SuffixFirst => [outer, pre, inner, stable, suf, suffix, mid, prefix],
            PromptOrder::Spm => [outer, suf, suffix, pre, inner, stable, prefix, mid],
            PromptOrder::LeftToRight => [outer, inner, stable, &[], &[], &[], &[], prefix],
        };
        let mut prompt = self.bos.as_slice().to_vec();
        prompt.extend(parts.concat());
        prompt
    }

    /// For people: `qwen2.5-coder, suffix-first`.
    pub fn describe(&self) -> String {
        format!("{}, {}", self.family, self.order.name())
    }
}

#[cfg(test)]
mod tests;
