//! Lists the fill-in-the-middle families: which tokens mark the parts of a prompt, and in which order the parts come.
//!
//! Sources: llama.cpp's `llama-vocab.cpp`, the model cards, Bavarian et al. 2022 (arXiv 2207.14255), appendix D. It
//! reads no model: the vocabulary comes in as a function.

mod table;

pub use table::PromptOrder;
use table::{FAMILIES, Family, FileForm};

use super::{FileName, TokenId};

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
    /// Where the file says otherwise than the family, in words for people.
    pub doubts: Vec<String>,
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
    let mut layout = found.or_else(|| generic(vocabulary)).ok_or_else(|| not_fim(vocabulary))?;
    layout.order = order.unwrap_or(layout.order);
    layout.doubts = doubts(vocabulary, &layout);
    Ok(layout)
}

/// A layout in text: which texts its control tokens are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLayout {
    /// How prompts are built.
    pub layout: Layout,
    /// The texts of its control tokens: the first is of the token that was given, each other one of the next number.
    pub controls: Vec<String>,
}

/// The layout for a model of which the name alone is known; its control tokens are numbered from `first`. None: no family is
/// known by that name. `wanted` is the user's setting, as for [`detect`].
///
/// # Errors
/// A text for the user: the setting is unknown.
pub fn of_name(name: &str, wanted: Option<&str>, first: TokenId) -> Result<Option<NamedLayout>, String> {
    let wanted = wanted.filter(|wanted| !wanted.is_empty() && *wanted != "auto");
    let order = PromptOrder::ALL.into_iter().find(|order| Some(order.name()) == wanted);
    if order == Some(PromptOrder::LeftToRight) {
        let layout = Layout { family: "none", order: PromptOrder::LeftToRight, ..Layout::none() };
        return Ok(Some(NamedLayout { layout, controls: Vec::new() }));
    }
    let family = match (wanted, order) {
        (Some(wanted), None) => {
            Some(FAMILIES.iter().find(|family| family.name == wanted).ok_or_else(|| unknown(wanted))?)
        }
        _ => {
            let name = name.to_lowercase().replace('_', "-");
            let is_named = |family: &&Family| family.models.iter().any(|model| name.contains(model));
            FAMILIES.iter().find(is_named)
        }
    };
    let Some(family) = family else { return Ok(None) };
    let mut texts = vec![family.pre, family.suf, family.mid];
    if let FileForm::Token(text) = family.files {
        texts.push(text);
    }
    texts.extend(family.stops.iter().filter(|text| family.files != FileForm::Token(text)));
    texts.retain(|text| !text.is_empty());
    let find = |text: &str| {
        let at = texts.iter().position(|known| *known == text)?;
        Some(first + TokenId::try_from(at).ok()?)
    };
    let vocabulary = VocabularyFacts { find: &find, known: [None; 3], bos: None, name };
    let layout =
        family.layout(&vocabulary).map(|layout| Layout { order: order.unwrap_or(layout.order), ..layout });
    // Vocabularies write a space before a word so.
    let spelled = |text: &&str| text.strip_prefix('▁').map_or((*text).to_owned(), |rest| format!(" {rest}"));
    let controls = texts.iter().map(spelled).collect();
    Ok(layout.map(|layout| NamedLayout { layout, controls }))
}

/// The names of all families, for people.
pub fn names() -> String {
    FAMILIES.iter().map(|family| family.name).collect::<Vec<_>>().join(", ")
}

fn unknown(wanted: &str) -> String {
    let orders = PromptOrder::ALL.map(PromptOrder::name).into_iter();
    let names: Vec<_> =
        ["auto"].into_iter().chain(orders).chain(FAMILIES.iter().map(|family| family.name)).collect();
    format!("unknown FIM family \"{wanted}\" in the setting `family`; valid are: {}", names.join(", "))
}

fn not_fim(vocabulary: &VocabularyFacts) -> String {
    format!(
        "not a FIM model: {}; choose a base model trained for \
         fill-in-the-middle, such as Qwen2.5-Coder, StarCoder2 or DeepSeek-Coder (base, not instruct), or set \
         `model.family = \"left-to-right\"`: then it does not see what follows the cursor",
        missing(vocabulary)
    )
}

/// The keys of a GGUF that name PRE, SUF and MID.
const KEYS: [&str; 3] = ["fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id"];

/// What a vocabulary lacks that has no whole set of tokens.
fn missing(vocabulary: &VocabularyFacts) -> String {
    let has = |text: &str| (vocabulary.find)(text).is_some();
    // The one that has most.
    let parts =
        |family: &Family| [family.pre, family.suf, family.mid].into_iter().filter(|text| !text.is_empty());
    let begun = FAMILIES.iter().map(|family| (parts(family).filter(|text| has(text)).count(), family));
    let (count, best) = begun.rev().max_by_key(|(count, _)| *count).unwrap_or((0, &FAMILIES[0]));
    let named = |wanted: bool| {
        let keys = KEYS.iter().zip(vocabulary.known).filter(move |(_, id)| id.is_some() == wanted);
        keys.map(|(key, _)| format!("tokenizer.ggml.{key}")).collect::<Vec<_>>().join(", ")
    };
    if count > 0 {
        let lacks: Vec<&str> = parts(best).filter(|text| !has(text)).collect();
        format!("its vocabulary has tokens of the family \"{}\", but lacks {}", best.name, lacks.join(", "))
    } else if vocabulary.known.iter().any(Option::is_some) {
        format!("its file has the keys {}, but lacks {}", named(true), named(false))
    } else {
        "its vocabulary has no fill-in-the-middle tokens".to_owned()
    }
}

/// Where the file's keys name other tokens than the family has.
fn doubts(vocabulary: &VocabularyFacts, layout: &Layout) -> Vec<String> {
    let taken = [Some(layout.pre), Some(layout.suf), layout.mid];
    let pairs = KEYS.into_iter().zip(vocabulary.known.into_iter().zip(taken));
    let doubt = |(key, (known, taken)): (&str, (Option<TokenId>, Option<TokenId>))| {
        let (known, taken) = (known?, taken?);
        (known != taken).then(|| {
            format!(
                "its file names the token {known} (tokenizer.ggml.{key}), the family \"{}\" has {taken} there, which is used; where \
                 suggestions make no sense, set model.family",
                layout.family
            )
        })
    };
    pairs.filter_map(doubt).collect()
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
        doubts: Vec::new(),
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
        Some(Layout { family, order, bos, pre, suf, mid, separator, mark, stops, doubts: Vec::new() })
    }
}

impl Layout {
    /// For a model that is not asked to fill in: nothing marks anything.
    pub fn none() -> Self {
        let (family, order, stops) = ("chat", PromptOrder::Psm, Vec::new());
        let doubts = Vec::new();
        Self {
            family,
            order,
            bos: None,
            pre: -1,
            suf: -1,
            mid: None,
            separator: None,
            mark: None,
            stops,
            doubts,
        }
    }

    /// For a server that puts together itself what is before the cursor and what is behind it.
    pub fn of_server() -> Self {
        Self { family: "as the server fills in", ..Self::none() }
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
