//! Delivers what a server generates: typed text is spelled first and not repeated, the text ends where the job wants it.

use crate::engine::heal::Heal;
use crate::engine::queue::Ticket;
use crate::engine::stop::StopWatch;
use crate::engine::utf8::Assembler;
use crate::engine::{Finish, Piece, PromptStats, Update};

use super::dialect::{Event, Generated};

/// What a token's natural-log probability is taken for where the server does not say it: three in four are right, so that such a text is
/// neither certain nor unlikely, and its length and place decide.
const ASSUMED: f32 = -0.29;

/// Least natural-log probability that counts.
const IMPOSSIBLE: f32 = -1e4;

/// Characters of a token, where nothing is said of tokens.
const CHARACTERS: usize = 4;

/// One text on its way to who asked for it.
pub struct Delivery<'a> {
    ticket: &'a Ticket,
    /// Typed text that the server has to spell first.
    pub heal: Heal,
    watch: StopWatch,
    text: Assembler,
    prompt: PromptStats,
    /// Whether the prompt's figures are told.
    begun: bool,
    /// Of tokens whose text is not delivered yet.
    tokens: usize,
    logprob: f32,
    /// Whether some text was delivered.
    has_text: bool,
    /// Tokens so far.
    pub generated: usize,
}

impl<'a> Delivery<'a> {
    /// Of a prompt of `tokens` tokens, as far as is known.
    pub fn new(ticket: &'a Ticket, tokens: usize, heal: Heal) -> Self {
        Self {
            ticket,
            heal,
            watch: StopWatch::new(ticket.job.stop),
            text: Assembler::default(),
            prompt: PromptStats { tokens, reused: 0 },
            begun: false,
            tokens: 0,
            logprob: 0.0,
            has_text: false,
            generated: 0,
        }
    }

    /// The typed text is in the prompt now, so that nothing has to be spelled. Nothing was delivered before.
    pub fn go_on_without_typed_text(&mut self) {
        self.heal = Heal::default();
        (self.tokens, self.logprob) = (0, 0.0);
    }

    /// Whether some text was delivered, which another text cannot take back.
    pub fn has_text(&self) -> bool {
        self.has_text
    }

    /// The prompt's figures, as far as they are known.
    pub fn prompt(&self) -> PromptStats {
        self.prompt
    }

    /// Take what a step of the answer brings. Some: the text ends with it.
    pub fn take(&mut self, event: &Event, is_end: &dyn Fn(i32) -> bool) -> Option<Finish> {
        if !self.begun || event.prompt.is_some() {
            self.count_prompt(event);
        }
        if !self.begun {
            self.begun = true;
            self.ticket.send(Update::Prompt(self.prompt));
        }
        if event.tokens.iter().filter_map(|token| token.id).any(is_end) {
            return Some(Finish::EndOfText);
        }
        self.count(event);
        let ended = self.give(event.text.as_bytes());
        ended.or(event.finish)
    }

    /// What an event says of the prompt: many count it in their last event only.
    pub fn count_prompt(&mut self, event: &Event) {
        self.prompt.tokens = event.prompt.unwrap_or(self.prompt.tokens);
        if let Some((evaluated, _)) = event.evaluated {
            self.prompt.reused = self.prompt.tokens.saturating_sub(evaluated);
        }
    }

    /// What the tokens of an event add to the likelihood. While typed text is spelled only tokens that spell it compete, as where a
    /// model runs here; of the others the server tells the likeliest.
    fn count(&mut self, event: &Event) {
        // A server that tells no tokens may send several at once.
        let told = !event.tokens.is_empty();
        let unknown = if told { 0 } else { event.text.chars().count().div_ceil(CHARACTERS) };
        self.generated += event.tokens.len() + unknown;
        self.tokens += event.tokens.len() + unknown;
        self.logprob += ASSUMED * unknown as f32;
        let mut pending = self.heal.pending();
        for token in &event.tokens {
            // Some say "impossible" by the least number there is, and two of them add up to infinity.
            self.logprob += among_spellings(token, pending).max(IMPOSSIBLE);
            pending = &pending[token.bytes.len().min(pending.len())..];
        }
    }

    /// Give out the part of a text that is new. Some: the text ends here.
    pub fn give(&mut self, bytes: &[u8]) -> Option<Finish> {
        let pending = self.heal.pending();
        let shared = pending.len().min(bytes.len());
        if bytes[..shared] != pending[..shared] {
            // It goes on from something else than what was typed: nothing of it is of use.
            return Some(Finish::EndOfText);
        }
        let new = self.heal.new_part(bytes).to_vec();
        self.heal.consume(bytes);
        let (mut text, mut finish) = match self.text.push(&new) {
            Ok(text) => (text, None),
            Err(garbled) => (garbled.valid, Some(Finish::EndOfText)),
        };
        // What a server puts in the place of bytes that are no text.
        if let Some(at) = text.find('\u{fffd}') {
            text.truncate(at);
            finish = Some(Finish::EndOfText);
        }
        if let Some(cut) = self.watch.cut(&text) {
            text.truncate(cut);
            finish = Some(Finish::Stop);
        }
        if !text.is_empty() {
            self.has_text = true;
            let (tokens, logprob) = (std::mem::take(&mut self.tokens), std::mem::take(&mut self.logprob));
            self.ticket.send(Update::Piece(Piece { text, logprob, tokens, candidate: 0 }));
        }
        finish
    }
}

/// The log-probability of a token among those that `pending` begins with, or that begin with it.
fn among_spellings(token: &Generated, pending: &[u8]) -> f32 {
    let Some(own) = token.logprob else { return ASSUMED };
    if pending.is_empty() {
        return own.min(0.0);
    }
    let spells =
        |bytes: &[u8]| !bytes.is_empty() && (bytes.starts_with(pending) || pending.starts_with(bytes));
    let rivals = token.likeliest.iter().filter(|(bytes, _)| spells(bytes) && *bytes != token.bytes);
    let sum: f32 = own.exp() + rivals.map(|(_, logprob)| logprob.exp()).sum::<f32>();
    if sum > 0.0 { (own - sum.ln()).min(0.0) } else { 0.0 }
}

/// How much of the text before the cursor to send where the texts of tokens are not known: all but a word that is being typed with
/// the space before it, or the spaces or signs at the end, which a longer token could begin with. Never across a line feed.
pub fn kept(prefix: &str) -> usize {
    /// Bytes taken back at most: a few tokens, of which those for indentation are long.
    const MOST: usize = 16;
    const MOST_SPACES: usize = 64;
    let line = prefix.rfind('\n').map_or(0, |at| at + 1);
    let tail = &prefix[line..];
    let Some(last) = tail.chars().next_back() else { return prefix.len() };
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let same: &dyn Fn(char) -> bool = match last {
        last if is_word(last) => &is_word,
        ' ' | '\t' => &|char| char == ' ' || char == '\t',
        _ => &|char| !is_word(char) && !char.is_whitespace(),
    };
    let mut start = tail.trim_end_matches(same).len();
    // Many vocabularies have tokens of a word with the space or the sign before it.
    let joins =
        |char: char| if is_word(last) { !is_word(char) } else { char == ' ' && !last.is_whitespace() };
    if let Some(before) = tail[..start].chars().next_back().filter(|&char| joins(char)) {
        start -= before.len_utf8();
    }
    let most = if last.is_whitespace() { MOST_SPACES } else { MOST };
    if tail.len() - start > most { prefix.len() } else { line + start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_being_typed_is_taken_back_with_its_space() {
        for (prefix, taken) in [
            ("x = retu", " retu"),
            ("retu", "retu"),
            ("a\n    ", "    "),
            ("f(", "("),
            ("a\n", ""),
            ("", ""),
            ("x = ", " "),
            ("if x ==", " =="),
            ("a_name_that_is_longer_than_a_few_tokens", ""),
            ("é.ü", ".ü"),
            ("                        ", "                        "),
        ] {
            assert_eq!(&prefix[kept(prefix)..], taken, "{prefix:?}");
        }
    }

    #[test]
    fn only_tokens_that_spell_what_was_typed_compete() {
        let token = |bytes: &[u8], logprob: f32| (bytes.to_vec(), logprob);
        let half = 0.5f32.ln();
        let generated = Generated {
            id: None,
            bytes: b"return".to_vec(),
            logprob: Some(0.25f32.ln()),
            likeliest: vec![token(b"other", half), token(b"retu", 0.25f32.ln())],
        };
        assert!((among_spellings(&generated, b"re") - half).abs() < 1e-5);
        assert_eq!(among_spellings(&generated, b""), 0.25f32.ln());
        assert_eq!(among_spellings(&Generated { logprob: None, ..generated }, b"re"), ASSUMED);
    }
}
