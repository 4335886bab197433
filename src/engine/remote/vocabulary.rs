//! Turns text into the tokens of a server's model: by a vocabulary file of the user's, or by asking the server as little as possible;
//! into characters where neither knows them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::dialect::{Dialect, ServerFacts, ServerTokenizer};
use super::failure::RemoteError;
use super::http::HttpServer;
use super::text::{self, FIRST_CONTROL, TextForm, any_control};
use crate::engine::family::{self, Layout, VocabularyFacts};
use crate::engine::file_vocabulary::FileVocabulary;
use crate::engine::fit::Tokens;
use crate::engine::heal::Pieces;
use crate::engine::memo::Memo;
use crate::engine::{FileName, TokenId};

/// Lines that are asked for together with those that are being typed; all above them is asked for once.
const FRESH_LINES: usize = 16;
/// Code whose tokens say whether a text may be cut behind a line feed: indentation, blank lines, closers.
const SAMPLE: [&str; 4] = ["def f(a):\n", "    return {\n", "        1: a[0],\n    }\n\n\n", "x = f(2);\n"];

/// What looks like a control token to some tokenizer.
static CONTROL: LazyLock<Regex> = LazyLock::new(|| {
    let known: Vec<String> =
        family::sentinel_texts().filter(|text| !text.is_empty()).map(regex::escape).collect();
    Regex::new(&format!("{}|{}", any_control(), known.join("|"))).expect("it is made of literals")
});

/// The vocabulary of a server's model.
pub struct RemoteVocabulary {
    /// How prompts are built.
    pub layout: Layout,
    /// What was read from a file; none where the server tokenises.
    pub file: Option<FileVocabulary>,
    /// How prompts look as text; none where tokens are sent.
    pub text: Option<TextForm>,
    /// Tokens that no text of a user's may have.
    control: Vec<TokenId>,
    /// The line feed's token, where tokenisation has to begin with one; see [`ServerTokens::asked`].
    lead: Option<TokenId>,
    /// Whether tokens never reach over a line feed that a line with something in it follows.
    cuts: bool,
    memo: RefCell<Memo>,
}

impl RemoteVocabulary {
    /// From a file.
    pub fn of_file(file: FileVocabulary) -> Self {
        let layout = file.layout.clone();
        Self { file: Some(file), ..Self::new(layout) }
    }

    /// As text in the template of the family that the model's name or the setting `wanted` tells; none where neither does.
    ///
    /// # Errors
    /// The setting is unknown.
    pub fn of_name(name: &str, wanted: Option<&str>) -> Result<Option<Self>, RemoteError> {
        let named = family::of_name(name, wanted, FIRST_CONTROL).map_err(RemoteError::Refused)?;
        Ok(named.map(|named| Self::of_text(TextForm::of_family(named))))
    }

    /// As text before and behind the cursor, which the server puts together.
    pub fn of_parts(name: &str) -> Self {
        let known = family::of_name(name, None, FIRST_CONTROL).ok().flatten();
        Self::of_text(TextForm::of_server(known))
    }

    fn of_text((form, layout): (TextForm, Layout)) -> Self {
        // Its control tokens are numbers of ours, which no server ever says.
        Self { text: Some(form), control: Vec::new(), ..Self::new(layout) }
    }

    fn new(layout: Layout) -> Self {
        let control = layout.stops.clone();
        Self { layout, file: None, text: None, control, lead: None, cuts: false, memo: RefCell::default() }
    }

    /// Asks the server, which tokenises by `tokenizer`, for what a file would say.
    pub fn of_server(
        (dialect, tokenizer): (&dyn Dialect, &dyn ServerTokenizer),
        server: &HttpServer,
        facts: &ServerFacts,
        wanted: Option<&str>,
    ) -> Result<Self, RemoteError> {
        let tokens = |text: &str, special| tokenizer.tokenize(server, &facts.model, text, special);
        let failure = Cell::new(None);
        let known: RefCell<HashMap<String, Option<TokenId>>> = RefCell::default();
        let find = |text: &str| {
            if let Some(found) = known.borrow().get(text) {
                return *found;
            }
            let found = match tokens(text, true) {
                Ok(tokens) => <[TokenId; 1]>::try_from(tokens).ok().map(|[token]| token),
                Err(error) => {
                    failure.set(Some(error));
                    None
                }
            };
            known.borrow_mut().insert(text.to_owned(), found);
            found
        };
        let bos = tokenizer.begins_with(server, &facts.model)?;
        let about = VocabularyFacts { find: &find, known: [None; 3], bos, name: &facts.name };
        let layout = family::detect(&about, wanted);
        if let Some(error) = failure.take() {
            return Err(error);
        }
        let layout = layout.map_err(|why| {
            RemoteError::Refused(format!("the model {} of {}: {why}", facts.name, server.host))
        })?;
        let lead = match (tokens("x", false)?.last(), &*tokens("\nx", false)?) {
            // A space is added before the first word.
            (Some(alone), [.., feed, behind]) if alone != behind => Some(*feed),
            _ => None,
        };
        let mut vocabulary = Self { lead, ..Self::new(layout) };
        let asking = ServerTokens::new(&vocabulary, dialect, server, &facts.model);
        let parts: Result<Vec<_>, _> = SAMPLE.iter().map(|part| asking.asked(part)).collect();
        vocabulary.cuts = parts?.concat() == asking.asked(&SAMPLE.concat())?;
        Ok(vocabulary)
    }

    /// For people: who tokenises.
    pub fn describe(&self) -> String {
        match (&self.text, &self.file) {
            (Some(form), _) => {
                format!("nobody (prompts go as text, {:.1} characters a token)", form.density())
            }
            (None, Some(_)) => "the file of remote.tokenizer".to_owned(),
            (None, None) => "the server".to_owned(),
        }
    }

    /// What so many tokens are here: as many, or so many characters.
    pub fn units(&self, tokens: usize) -> usize {
        self.text.as_ref().map_or(tokens, |form| (tokens as f32 * form.density()) as usize)
    }

    /// The tokens that so many characters are, about.
    pub fn tokens(&self, characters: usize) -> usize {
        self.text.as_ref().map_or(characters, |form| (characters as f32 / form.density()).ceil() as usize)
    }

    /// The texts of all tokens, where they are known.
    pub fn pieces(&self) -> Option<&Pieces> {
        self.file.as_ref().map(|file| &file.pieces)
    }

    /// Whether `token` ends a text, as far as it is known.
    pub fn is_end(&self, token: TokenId) -> bool {
        if self.text.is_some() {
            return false;
        }
        let by_file =
            self.file.as_ref().and_then(|file| file.ends.get(usize::try_from(token).ok()?).copied());
        by_file.unwrap_or_else(|| self.layout.stops.contains(&token))
    }
}

/// Makes tokens with a vocabulary, asking the server where it has to. After a failure it makes none; see [`ServerTokens::failure`].
pub struct ServerTokens<'a> {
    vocabulary: &'a RemoteVocabulary,
    tokenizer: Option<&'a dyn ServerTokenizer>,
    server: &'a HttpServer,
    model: &'a str,
    failure: RefCell<Option<RemoteError>>,
}

impl<'a> ServerTokens<'a> {
    pub fn new(
        vocabulary: &'a RemoteVocabulary,
        dialect: &'a dyn Dialect,
        server: &'a HttpServer,
        model: &'a str,
    ) -> Self {
        Self { vocabulary, tokenizer: dialect.tokenizer(), server, model, failure: RefCell::default() }
    }

    /// Why there are no tokens.
    pub fn failure(&self) -> Option<RemoteError> {
        self.failure.borrow().clone()
    }

    /// Tokens of `text` as it stands in the middle of a document: no BOS, no space added, nothing in it a control token.
    fn asked(&self, text: &str) -> Result<Vec<TokenId>, RemoteError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if self.tokenizer.is_none_or(|tokenizer| !tokenizer.reads_control_text()) {
            return self.plain(text);
        }
        // Cut behind its first character, what looks like a control token is text.
        let (mut tokens, mut from) = (Vec::new(), 0);
        for found in CONTROL.find_iter(text) {
            let first = found.as_str().chars().next().map_or(1, char::len_utf8);
            tokens.extend(self.plain(&text[from..found.start() + first])?);
            from = found.start() + first;
        }
        tokens.extend(self.plain(&text[from..])?);
        Ok(tokens)
    }

    fn plain(&self, text: &str) -> Result<Vec<TokenId>, RemoteError> {
        let ask = |text: &str| match self.tokenizer {
            Some(tokenizer) => tokenizer.tokenize(self.server, self.model, text, false),
            // Its prompts are characters, or tokens of a file.
            None => Ok(text::characters(text)),
        };
        let tokens = match self.vocabulary.lead {
            None => ask(text)?,
            Some(lead) => {
                let tokens = ask(&format!("\n{text}"))?;
                tokens.into_iter().skip_while(|&token| token != lead).skip(1).collect()
            }
        };
        match tokens.iter().find(|token| self.vocabulary.control.contains(token)) {
            Some(token) => Err(RemoteError::Unsendable(format!(
                "text near the cursor spells the control token {token} of the model on {}, so it is not sent",
                self.server.host
            ))),
            None => Ok(tokens),
        }
    }

    /// The tokens of a text, most of them from memory while it only grows at its end.
    fn known(&self, text: &str) -> Result<Vec<TokenId>, RemoteError> {
        let mut failure = None;
        let mut remember = |part: &str| {
            self.vocabulary.memo.borrow_mut().tokens(part, |part| {
                self.asked(part).unwrap_or_else(|error| {
                    failure = Some(error);
                    Vec::new()
                })
            })
        };
        let cut = if self.vocabulary.cuts { steady(text) } else { 0 };
        let tokens = [remember(&text[..cut]), remember(&text[cut..])].concat();
        match failure {
            None => Ok(tokens),
            Some(error) => {
                // What is remembered now is wrong.
                self.vocabulary.memo.replace(Memo::default());
                Err(error)
            }
        }
    }
}

impl Tokens for ServerTokens<'_> {
    fn of_text(&self, text: &str) -> Vec<TokenId> {
        if self.vocabulary.text.is_some() {
            return text::characters(text);
        }
        if let Some(file) = &self.vocabulary.file {
            return self.vocabulary.memo.borrow_mut().tokens(text, |text| (file.tokenize)(text));
        }
        if self.failure.borrow().is_some() {
            return Vec::new();
        }
        self.known(text).unwrap_or_else(|error| {
            self.failure.replace(Some(error));
            Vec::new()
        })
    }

    fn of_name(&self, file: &FileName) -> Vec<TokenId> {
        self.vocabulary.layout.file_name(file, &|text| self.of_text(text))
    }
}

/// Where a text may be cut so that its beginning stays the same for the next lines that are typed at its end: behind every
/// so many lines, at a line that has something in it. 0: nowhere.
fn steady(text: &str) -> usize {
    let mut cut = 0;
    for (line, (at, _)) in text.match_indices('\n').enumerate() {
        let next = text[at + 1..].split_inclusive('\n').next().unwrap_or_default();
        let is_whole = next.ends_with('\n') && !next.trim().is_empty();
        if line + 1 >= FRESH_LINES && (line + 1) % FRESH_LINES < 4 && is_whole && cut_allowed(cut, line, text)
        {
            cut = at + 1;
        }
    }
    cut
}

/// Whether the lines before `line` are a new group: a cut moves once for each group, to the first place in it that will do.
fn cut_allowed(cut: usize, line: usize, text: &str) -> bool {
    let lines_before = text[..cut].matches('\n').count();
    (line + 1) / FRESH_LINES > lines_before / FRESH_LINES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_text_stays_while_its_end_is_typed() {
        let mut text: String = (0..40).map(|line| format!("line {line}\n")).collect();
        let cut = steady(&text);
        assert_eq!(text[..cut].matches('\n').count(), 32);
        for key in ["a", "b", "\n", "\n", "c\n", "d"] {
            text.push_str(key);
            assert_eq!(steady(&text), cut);
        }
        assert_eq!(steady("a\nb\n"), 0);
        let blank = "x\n".repeat(16) + "\n\ny = 1\nz\n";
        let cut = steady(&blank);
        assert!(blank[cut..].starts_with("y = 1"), "not between blank lines: {:?}", &blank[cut..]);
    }

    #[test]
    fn control_tokens_of_any_family_are_recognised() {
        for text in [
            "<|fim_prefix|>",
            "<｜fim▁hole｜>",
            "<fim_suffix>",
            "[SUFFIX]",
            "</s>",
            "<|anything_new|>",
            "[INST]",
        ] {
            assert!(CONTROL.is_match(&format!("a {text} b")), "{text}");
        }
        for text in ["", "def f(a):\n", "a <| b", "x < y | z > w", "Vec<str>", "list[INSTANCE]", "a || b"] {
            assert!(!CONTROL.is_match(text), "{text}");
        }
    }
}
