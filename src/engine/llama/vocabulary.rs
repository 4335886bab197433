//! Reads the model's vocabulary: exact tokenisation, the texts of tokens, which tokens end a text.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

use super::backend::backend;
use super::chat::{Chat, Special};
use crate::engine::family::{self, Layout};
use crate::engine::file_vocabulary::FileVocabulary;
use crate::engine::heal::Pieces;
use crate::engine::{ChatMessage, ModelRole, TokenId};

/// What is read from a vocabulary once, at load.
pub struct ModelVocabulary {
    /// Text of every ordinary token.
    pub pieces: Pieces,
    /// By token id: ends the text.
    pub ends: Vec<bool>,
    /// How prompts are built.
    pub layout: Layout,
    /// The token of a line feed, where tokenisation has to begin with one; see [`tokenize`].
    lead: Option<TokenId>,
}

impl ModelVocabulary {
    /// Read it. `wanted` is the user's choice of family, where the model is one that fills in.
    pub fn read(model: &LlamaModel, role: ModelRole, wanted: Option<&str>) -> Result<Self, String> {
        let name = model.meta_val_str("general.name").unwrap_or_default();
        Self::read_named(model, role, wanted, &name)
    }

    /// The same for a model of this name.
    fn read_named(
        model: &LlamaModel,
        role: ModelRole,
        wanted: Option<&str>,
        name: &str,
    ) -> Result<Self, String> {
        let vocab = model.vocab();
        let looked_for: HashSet<&str> = family::sentinel_texts().collect();
        let mut found = HashMap::new();
        let (mut texts, mut ends) = (Vec::new(), Vec::new());
        for token in vocab.tokens() {
            if let Some(text) = vocab.text(token).and_then(|text| looked_for.get(text.to_str().ok()?)) {
                found.insert(*text, token.0);
            }
            // Besides the ends of text that llama.cpp knows, no control token belongs into source code.
            let end = vocab.is_eog(token) || vocab.is_control(token);
            texts.push(if end { Vec::new() } else { vocab.token_to_piece(token, false, None) });
            ends.push(end);
        }
        let usable = |token: LlamaToken| (token.0 >= 0).then_some(token.0);
        let about = family::VocabularyFacts {
            find: &|text| found.get(text).copied(),
            known: [vocab.fim_pre(), vocab.fim_suf(), vocab.fim_mid()].map(usable),
            bos: vocab.should_add_bos().then_some(vocab.bos()).and_then(usable),
            name,
        };
        let layout = match role {
            ModelRole::Infill => family::detect(&about, wanted)?,
            ModelRole::Instruct => Layout::none(),
        };
        for &stop in &layout.stops {
            if let Some(index) = usize::try_from(stop).ok().filter(|&index| index < ends.len()) {
                ends[index] = true;
                texts[index].clear();
            }
        }
        Ok(Self { pieces: Pieces::new(texts), ends, layout, lead: lead(model) })
    }

    /// Tokens of `text`; see [`tokenize`].
    pub fn tokenize(&self, model: &LlamaModel, text: &str) -> Vec<TokenId> {
        tokenize(model, self.lead, text, Special::Text)
    }

    /// The same for the words of a chat template, or of a message in one.
    pub fn tokenize_as(&self, model: &LlamaModel, text: &str, special: Special) -> Vec<TokenId> {
        tokenize(model, self.lead, text, special)
    }

    /// Whether `token` ends the text.
    pub fn is_end(&self, token: TokenId) -> bool {
        usize::try_from(token).ok().and_then(|index| self.ends.get(index).copied()).unwrap_or(true)
    }
}

/// Tokens of `text` as it stands in the middle of a document: no BOS, no space added. SentencePiece vocabularies add one before the first word whatever they are asked; a line feed in front takes
/// it instead and is cut off again, with everything up to it.
fn tokenize(model: &LlamaModel, lead: Option<TokenId>, text: &str, special: Special) -> Vec<TokenId> {
    let control = special == Special::Control;
    if text.is_empty() {
        return Vec::new();
    }
    let Some(lead) = lead else {
        return model
            .vocab()
            .tokenize(text.as_bytes(), false, control)
            .into_iter()
            .map(|token| token.0)
            .collect();
    };
    let tokens = model.vocab().tokenize(format!("\n{text}").as_bytes(), false, control);
    tokens.into_iter().map(|token| token.0).skip_while(|&token| token != lead).skip(1).collect()
}

/// The line feed's token if this vocabulary adds a space before a text.
fn lead(model: &LlamaModel) -> Option<TokenId> {
    let vocab = model.vocab();
    let first = *vocab.tokenize(b"x", false, false).first()?;
    if !vocab.token_to_piece(first, false, None).starts_with(b" ") {
        return None;
    }
    vocab
        .tokenize(b"\nx", false, false)
        .into_iter()
        .find(|&token| vocab.token_to_piece(token, false, None) == b"\n")
        .map(|token| token.0)
}

/// A vocabulary without weights: for tests and for looking at a model.
pub struct Tokenizer {
    model: LlamaModel,
    lead: Option<TokenId>,
}

impl Tokenizer {
    /// Read the vocabulary of a GGUF, with or without weights in it.
    ///
    /// # Errors
    /// When llama.cpp cannot read it; the text is its reason.
    pub fn open(path: &Path) -> Result<Self, String> {
        let params = LlamaModelParams::default().with_vocab_only(true);
        let model = LlamaModel::load_from_file(backend()?, path, &params)
            .map_err(|error| super::backend::take_last_error().unwrap_or_else(|| error.to_string()))?;
        let lead = lead(&model);
        Ok(Self { model, lead })
    }

    /// Tokens of plain text, as the engine tokenises the parts of a prompt.
    pub fn tokenize(&self, text: &str) -> Vec<TokenId> {
        tokenize(&self.model, self.lead, text, Special::Text)
    }

    /// The text of tokens; control tokens have none.
    pub fn text(&self, tokens: &[TokenId]) -> Vec<u8> {
        let vocab = self.model.vocab();
        tokens.iter().flat_map(|&token| vocab.token_to_piece(LlamaToken(token), false, None)).collect()
    }

    /// The prompt of a conversation by the chat template of the file; see [`Chat::prompt`].
    ///
    /// # Errors
    /// A text for the user, that follows the file's name.
    pub fn conversation(&self, messages: &[ChatMessage]) -> Result<Vec<TokenId>, String> {
        let tokenize = |text: &str, special| tokenize(&self.model, self.lead, text, special);
        Chat::read(&self.model)?.prompt(&self.model, messages, &tokenize)
    }

    /// All of it, for an engine whose model runs elsewhere.
    ///
    /// # Errors
    /// A text for the user; see [`family::detect`].
    pub fn vocabulary(self, wanted: Option<&str>) -> Result<FileVocabulary, String> {
        let ModelVocabulary { pieces, ends, layout, .. } =
            ModelVocabulary::read(&self.model, ModelRole::Infill, wanted)?;
        let tokenize = Box::new(move |text: &str| self.tokenize(text));
        Ok(FileVocabulary { pieces, ends, layout, tokenize })
    }

    /// How prompts for this vocabulary are built.
    ///
    /// # Errors
    /// A text for the user; see [`family::detect`].
    pub fn layout(&self, wanted: Option<&str>) -> Result<Layout, String> {
        ModelVocabulary::read(&self.model, ModelRole::Infill, wanted).map(|vocabulary| vocabulary.layout)
    }

    /// The same for a model called `name`, for vocabularies that several have.
    ///
    /// # Errors
    /// As [`Self::layout`].
    pub fn layout_named(&self, name: &str) -> Result<Layout, String> {
        let read = ModelVocabulary::read_named(&self.model, ModelRole::Infill, None, name);
        read.map(|vocabulary| vocabulary.layout)
    }
}
