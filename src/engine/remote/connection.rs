//! Finds out what a server is: its dialect, its model, its vocabulary, what it takes, and its speed.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::RemoteOptions;
use super::dialect::{self, Ask, Beginning, Begins, Dialect, Event, Healing, Offers, ServerFacts, Takes};
use super::failure::RemoteError;
use super::http::HttpServer;
use super::prompt_form::RemotePrompt;
use super::settings::FillChoice;
use super::vocabulary::{RemoteVocabulary, ServerTokens};
use crate::engine::family;
use crate::engine::fit::Tokens as _;
use crate::engine::local;
use crate::engine::speed::{CHUNK, Speed};
use crate::engine::{Capabilities, ModelOptions, Sampling};

/// Tokens of the prompt by which the speed is measured.
const MEASURED: usize = 256;
/// Code as there is everywhere: how many tokens a server counts in it tells how long a prompt of characters may be.
const CODE: &str = "    def total(self, items: list[str], default: float = 0.0) -> float:
        \"\"\"Return the sum of the prices of all items that are known.\"\"\"
        result = default
        for name in items:
            if name not in self.prices:
                continue
            result += self.prices[name] * (1 - self.discount(name))
        return round(result, 2)
";

/// A text that no model writes behind that code by itself.
const UNLIKELY: &str = "zqj~";

/// A server that has answered.
pub struct ConnectedServer {
    /// How it is spoken to.
    pub dialect: &'static dyn Dialect,
    /// What it says of itself.
    pub facts: ServerFacts,
    /// Its model's tokens.
    pub vocabulary: RemoteVocabulary,
    /// Tokens of context that are used.
    pub context: u32,
    /// How fast it reads prompts.
    pub speed: Speed,
    /// Milliseconds that it may generate for one job.
    pub limit_ms: u32,
    /// What it takes.
    offers: Offers,
    /// Whether it has told probabilities; none where it has written nothing yet.
    probabilities: Option<bool>,
}

impl ConnectedServer {
    /// Asks it.
    pub fn open(options: &RemoteOptions, server: &HttpServer) -> Result<Self, RemoteError> {
        let RemoteOptions { settings, tuning, .. } = options;
        let dialect = dialect::choose(settings.dialect, settings.model.as_deref(), server)?;
        let facts = dialect.facts(server, settings.model.as_deref())?.checked(&server.host)?;
        let vocabulary = vocabulary(options, dialect, &facts, server)?;
        let context = facts.context.min(tuning.context.unwrap_or(ModelOptions::CONTEXT));
        let speed = Speed::new(CHUNK, context as usize, tuning.max_prefill_ms);
        let mut connection = Self {
            dialect,
            facts,
            vocabulary,
            context,
            speed,
            limit_ms: settings.total_ms,
            offers: Offers::ALL,
            probabilities: None,
        };
        connection.check_vocabulary(server)?;
        connection.measure(server)?;
        connection.try_beginnings(server)?;
        Ok(connection)
    }

    /// A question for the likeliest text behind `prompt`, free in how it begins and ends.
    pub fn ask<'a>(&'a self, prompt: &'a RemotePrompt, max_tokens: usize) -> Ask<'a> {
        Ask {
            model: &self.facts.model,
            prompt,
            max_tokens,
            sampling: Sampling::Greedy,
            one_line: false,
            begins: Beginning::Free,
            stops: if self.vocabulary.text.is_some() { &[] } else { &self.vocabulary.layout.stops },
            ends: self.vocabulary.text.as_ref().map_or(&[], |form| form.ends()),
            context: self.context,
            limit_ms: self.limit_ms,
            offers: self.offers,
        }
    }

    /// What can be asked of it.
    pub fn capabilities(&self) -> Capabilities {
        let of_kind = self.dialect.capabilities();
        Capabilities {
            log_probabilities: of_kind.log_probabilities && self.probabilities.unwrap_or(true),
            token_ids: self.vocabulary.text.is_none(),
            ..of_kind
        }
    }

    /// How typed text is spelled.
    pub fn healing(&self) -> Healing {
        match (self.dialect.healing(), self.offers.beginning) {
            (Healing::Again, Begins::Grammar | Begins::Regex) => Healing::Text,
            (healing, _) => healing,
        }
    }

    /// Learn from an event how many tokens the characters of its prompt are.
    pub fn count(&self, prompt: &RemotePrompt, event: &Event) {
        if let (Some(form), Some(characters), Some(tokens)) =
            (&self.vocabulary.text, prompt.characters(), event.prompt)
        {
            form.counted(characters, tokens);
        }
    }

    /// A prompt as people can read it.
    pub fn text_of(&self, prompt: &RemotePrompt, server: &HttpServer) -> String {
        let ids = match prompt {
            RemotePrompt::Ids(ids) => ids,
            RemotePrompt::Text(text) => return text.clone(),
            RemotePrompt::Parts { before, behind } => return format!("{before}\n[the cursor]\n{behind}"),
        };
        match self.dialect.tokenizer().map(|tokenizer| tokenizer.detokenize(server, &self.facts.model, ids)) {
            Some(Ok(text)) => text,
            Some(Err(error)) => format!("(as ids below; {})", error.text()),
            None => "(as ids below)".to_owned(),
        }
    }

    /// Whether a vocabulary file is that of the server's model: a text has to have the same tokens by both, where the server can say.
    fn check_vocabulary(&self, server: &HttpServer) -> Result<(), RemoteError> {
        // A server without a tokenizer of its own is why there is a file.
        let (Some(file), Some(tokenizer)) = (&self.vocabulary.file, self.dialect.tokenizer()) else {
            return Ok(());
        };
        let text = "\ndef check(value):\n    return [value, \"ä\"]\n";
        let Ok(theirs) = tokenizer.tokenize(server, &self.facts.model, text, false) else { return Ok(()) };
        let ours = (file.tokenize)(text);
        if theirs.ends_with(&ours[1.min(ours.len())..]) {
            return Ok(());
        }
        Err(RemoteError::Refused(format!(
            "the vocabulary of remote.tokenizer is not that of the model on {}; name the file of the same model, or remove the setting",
            server.host
        )))
    }

    /// Read a prompt of some hundred tokens, so that the first job is neither slow nor blind; what the server does not take is left out
    /// from then on.
    fn measure(&mut self, server: &HttpServer) -> Result<(), RemoteError> {
        let (prompt, expected) = self.sample(server)?;
        let mut last = None;
        for &offers in self.dialect.offers() {
            self.offers = offers;
            let ask = Ask { stops: &[], ends: &[], ..self.ask(&prompt, 1) };
            let (path, body) = self.dialect.completion(&ask, false);
            let started = Instant::now();
            let answer = match server.post_within(path, &body, self.dialect.reads_model()) {
                Ok(answer) => answer,
                // Some say so by a fault of their own, or as if they had no such path.
                Err(error @ (RemoteError::Unclear(_) | RemoteError::Absent(_) | RemoteError::Down(_))) => {
                    last = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let event = self.dialect.event(&answer).ok_or_else(|| server.nonsense(path))?;
            // Some count a part of it only.
            let counted = event.prompt.filter(|&counted| counted > expected / 4).unwrap_or(expected);
            let (evaluated, ms) = event.evaluated.unwrap_or((counted, None));
            let took = ms.and_then(dialect::time).unwrap_or_else(|| started.elapsed());
            self.speed.measured(evaluated, took);
            self.count(&prompt, &event);
            let wrote = !event.text.is_empty() || !event.tokens.is_empty();
            self.probabilities = wrote.then(|| event.tokens.iter().any(|token| token.logprob.is_some()));
            tracing::debug!(server = server.host, speed = self.speed.rate(), "measured");
            return Ok(());
        }
        Err(last.unwrap_or_else(|| server.nonsense("a prompt")))
    }

    /// Find out whether it can be told what to begin with. Many pass over what they do not know, so it has to write what nobody would.
    fn try_beginnings(&mut self, server: &HttpServer) -> Result<(), RemoteError> {
        if !self.offers.sampling {
            // It refuses what it does not know.
            return Ok(());
        }
        let (prompt, _) = self.sample(server)?;
        for &beginning in self.dialect.beginnings() {
            let offers = Offers { log_probabilities: false, ..self.offers }.with(beginning);
            let ask = Ask {
                begins: Beginning::Text(UNLIKELY),
                offers,
                stops: &[],
                ends: &[],
                ..self.ask(&prompt, UNLIKELY.len())
            };
            let (path, body) = self.dialect.completion(&ask, false);
            match server.post(path, &body) {
                Ok(answer) => {
                    let event = self.dialect.event(&answer);
                    if event.is_some_and(|event| event.text.starts_with(UNLIKELY)) {
                        self.offers.beginning = beginning;
                        return Ok(());
                    }
                }
                Err(RemoteError::Given) => return Err(RemoteError::Given),
                // It does not take this, and need not: the prompt alone has been answered.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// A prompt to measure with, and about how many tokens it has.
    fn sample(&self, server: &HttpServer) -> Result<(RemotePrompt, usize), RemoteError> {
        // A prompt of its own: others of the team have measured with the same server, which remembers what it has read.
        let own = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let most = MEASURED.min(self.context as usize / 2);
        if self.vocabulary.text.is_some() {
            let code = CODE.repeat(MEASURED / 64);
            let text: String =
                format!("run = {own}\n{code}").chars().take(self.vocabulary.units(most)).collect();
            let tokens = self.vocabulary.tokens(text.chars().count());
            return Ok((RemotePrompt::Text(text), tokens));
        }
        let asking = ServerTokens::new(&self.vocabulary, self.dialect, server, &self.facts.model);
        let lines: String = std::iter::once(format!("run = {own}\n"))
            .chain((0..MEASURED / 4).map(|line| format!("value_{line} = [{line}]\n")))
            .collect();
        let mut tokens = asking.of_text(&lines);
        if let Some(error) = asking.failure() {
            return Err(error);
        }
        tokens.truncate(most);
        let count = tokens.len();
        Ok((RemotePrompt::Ids(tokens), count))
    }
}

/// How prompts for a server are made: by tokens, of a file or of its own, else as text.
fn vocabulary(
    options: &RemoteOptions,
    dialect: &'static dyn Dialect,
    facts: &ServerFacts,
    server: &HttpServer,
) -> Result<RemoteVocabulary, RemoteError> {
    let family = options.tuning.family.as_deref();
    if let Some(file) = &options.settings.tokenizer {
        if !matches!(dialect.takes(), Takes::Ids | Takes::TextOrIds) {
            return Err(RemoteError::Refused(format!(
                "a server of the kind {} takes text and no tokens; remove remote.tokenizer",
                dialect.name()
            )));
        }
        let read = local::vocabulary(file, family).map_err(|why| {
            RemoteError::Refused(format!("the file {} (remote.tokenizer): {why}", file.display()))
        })?;
        return Ok(RemoteVocabulary::of_file(read));
    }
    if let (Takes::Ids, Some(tokenizer)) = (dialect.takes(), dialect.tokenizer()) {
        match RemoteVocabulary::of_server((dialect, tokenizer), server, facts, family) {
            // A gateway passes on what is OpenAI's, and no more.
            Err(RemoteError::Absent(_)) => {}
            asked => return asked,
        }
    }
    let fill = options.settings.fill;
    if dialect.takes() == Takes::Parts {
        return Ok(RemoteVocabulary::of_parts(&facts.name));
    }
    if fill == FillChoice::Suffix && !dialect.has_suffix() {
        return Err(RemoteError::Refused(format!(
            "a server of the kind {} takes no suffix; remove fill = \"suffix\" (remote.fill), or set it in the [[remote.servers]] that take one",
            dialect.name()
        )));
    }
    let takes_parts = dialect.has_suffix();
    if fill == FillChoice::Suffix && takes_parts {
        return Ok(RemoteVocabulary::of_parts(&facts.name));
    }
    if let Some(vocabulary) = RemoteVocabulary::of_name(&facts.name, family)? {
        return Ok(vocabulary);
    }
    let fills =
        takes_parts && fill == FillChoice::Auto && (facts.fills || reads_suffix(dialect, facts, server)?);
    if fills {
        return Ok(RemoteVocabulary::of_parts(&facts.name));
    }
    Err(RemoteError::Refused(format!(
        "how the model {} of {} fills in cannot be told by its name; set model.family to one of {}, or to left-to-right: then it does \
         not see what follows the cursor",
        facts.name,
        server.host,
        family::names()
    )))
}

/// Whether a server reads what is behind the cursor. That it takes it proves nothing: some pass over it, some only write it behind their
/// answer. So it is asked for two tokens without and with a long one, and has to count that as part of the prompt.
fn reads_suffix(
    dialect: &'static dyn Dialect,
    facts: &ServerFacts,
    server: &HttpServer,
) -> Result<bool, RemoteError> {
    let mut counted = Vec::new();
    for behind in [String::new(), CODE.repeat(2)] {
        let prompt = RemotePrompt::Parts { before: "def f(a):\n    return ".into(), behind };
        let least = dialect.offers().last().copied().unwrap_or(Offers::ALL);
        let ask = Ask {
            model: &facts.model,
            prompt: &prompt,
            max_tokens: 2,
            sampling: Sampling::Greedy,
            one_line: false,
            begins: Beginning::Free,
            stops: &[],
            ends: &[],
            context: facts.context,
            limit_ms: 1000,
            offers: least,
        };
        let (path, body) = dialect.completion(&ask, false);
        match server.post_within(path, &body, dialect.reads_model()) {
            Ok(answer) => counted.push(dialect.event(&answer).and_then(|event| event.prompt)),
            Err(error @ (RemoteError::Given | RemoteError::Busy(..) | RemoteError::Late(_))) => {
                return Err(error);
            }
            Err(_) => return Ok(false),
        }
    }
    // At twelve characters a token, which no text has.
    let least = CODE.repeat(2).len() / 12;
    Ok(matches!(&*counted, [Some(without), Some(with)] if *with >= without + least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_code_looks_like_no_control_token() {
        assert!(!regex::Regex::new(&super::super::text::any_control()).unwrap().is_match(CODE));
        assert!(CODE.len() > 300 && CODE.is_ascii());
    }
}
