//! Builds prompts as text, for servers that tell nobody their tokens: a token is a character here, and windows are measured in characters.

use std::cell::Cell;

use regex::Regex;

use super::prompt_form::RemotePrompt;
use crate::engine::TokenId;
use crate::engine::family::{Layout, NamedLayout};
use crate::engine::fit::Fitted;

/// What looks like a control token of most families.
const BARRED: &str = r"<[|｜][^|｜<>\s]{1,40}[|｜]>";
/// What is one to families of Llama's and Gemma's kind, and a tag of HTML or an abbreviation to others.
const TAGS: &str =
    r"</?s>|<(unk|pad|bos|eos|mask)>|\[/?(INST|TOOL_CALLS|AVAILABLE_TOOLS)\]|<(start|end)_of_turn>";
/// Families whose vocabularies have none of these tags.
const WITHOUT_TAGS: [&str; 7] =
    ["qwen2.5-coder", "starcoder2", "starcoder", "granite-code", "refact", "santacoder", "deepseek-coder"];

/// A pattern of what looks like a control token to some tokenizer, whatever its family.
pub fn any_control() -> String {
    format!("{BARRED}|{TAGS}")
}

/// The number of the first control token: behind all characters.
pub const FIRST_CONTROL: TokenId = 0x11_0000;

/// Characters of a token before any server has counted. Code has 3.7 to 3.9 with large vocabularies: below that, so that a prompt is
/// rather too short than cut by the server.
const DENSITY: f32 = 3.0;
/// What is believed of a count: a text has 0.5 to 12 characters a token; else the server counts something else.
const BELIEVED: std::ops::Range<f32> = 0.5..12.0;
/// How much of what was counted is used, since the next text may have longer tokens than the last.
const CAUTION: f32 = 0.9;
/// Most texts that end an answer: what OpenAI's interface, and those after it, take besides a line feed.
const ENDS: usize = 3;

/// What models end with that are not asked to leave it out.
const OWN_ENDS: [&str; 5] = ["<|endoftext|>", "</s>", "<eos>", "<|end_of_text|>", "<|EOT|>"];

/// How the prompts of a model look as text.
pub struct TextForm {
    /// The texts of control tokens.
    controls: Vec<String>,
    /// What no text of a user's may have in it.
    refused: Regex,
    /// Whether the server itself puts together what is before the cursor and what is behind it.
    parts: bool,
    density: Cell<f32>,
    /// What was counted, as a moving average; 0 before the first.
    counted: Cell<f32>,
}

/// The tokens of a text: its characters.
pub fn characters(text: &str) -> Vec<TokenId> {
    // A character's number is below 0x11_0000.
    text.chars().map(|char| u32::from(char) as TokenId).collect()
}

impl TextForm {
    /// For the template of a family.
    pub fn of_family(named: NamedLayout) -> (Self, Layout) {
        let form = Self::new(named.controls, named.layout.family, false);
        (form, named.layout)
    }

    /// For a server that fills in by itself; the model's name may tell what its texts must not have in them.
    pub fn of_server(known: Option<NamedLayout>) -> (Self, Layout) {
        let (controls, family) =
            known.map_or_else(Default::default, |named| (named.controls, named.layout.family));
        (Self::new(controls, family, true), Layout::of_server())
    }

    fn new(controls: Vec<String>, family: &str, parts: bool) -> Self {
        let known = controls.iter().map(|text| format!("|{}", regex::escape(text.trim_start())));
        let common = if WITHOUT_TAGS.contains(&family) { BARRED.to_owned() } else { any_control() };
        let refused = Regex::new(&format!("{common}{}", known.collect::<String>()));
        let refused = refused.expect("it is made of literals");
        Self { controls, refused, parts, density: Cell::new(DENSITY), counted: Cell::new(0.0) }
    }

    /// Characters of a token, as far as the server has said how many it counts.
    pub fn density(&self) -> f32 {
        self.density.get()
    }

    /// The server has counted `tokens` in a prompt of `characters`.
    pub fn counted(&self, characters: usize, tokens: usize) {
        let found = characters as f32 / tokens.max(1) as f32;
        // A few words say little.
        if tokens < 32 || !BELIEVED.contains(&found) {
            return;
        }
        let before = self.counted.get();
        let average = if before == 0.0 { found } else { before * 0.7 + found * 0.3 };
        self.counted.set(average);
        // In steps of an eighth, or windows would move with every answer.
        let now = average * CAUTION;
        if (now - self.density.get()).abs() * 8.0 > self.density.get() {
            self.density.set(now);
        }
    }

    /// Texts that end an answer, should they come as text.
    pub fn ends(&self) -> &[String] {
        // The first three mark the parts of a prompt: a model rather ends with one of the others.
        let from = self.controls.len().saturating_sub(ENDS).min(3);
        &self.controls[from..self.controls.len().min(from + ENDS)]
    }

    /// Where `text` is no answer any more: at a control token that the server has written out, or at what a model ends by itself with,
    /// where it `has_ended` with this text. Elsewhere that is text: `</s>` is a tag of HTML, too.
    pub fn end(&self, text: &str, has_ended: bool) -> Option<usize> {
        let whole = self.controls.iter().filter_map(|control| text.find(control.as_str()));
        // Llama's begin with a space, which is not always written.
        let alone = self.controls.iter().filter_map(|control| text.find(control.trim_start()));
        let own =
            OWN_ENDS.iter().filter(|_| has_ended).filter_map(|end| text.strip_suffix(end).map(str::len));
        whole.chain(alone).chain(own).min()
    }

    /// The prompt of what was fitted, with this before the cursor; none where a user's text spells a control token.
    pub fn prompt(&self, layout: &Layout, fitted: &Fitted, prefix: &[TokenId]) -> Option<RemotePrompt> {
        let or_feed = |text: String| if text.is_empty() { "\n".to_owned() } else { text };
        if self.parts {
            let before = [&fitted.files, &fitted.stable, prefix].concat();
            let (before, behind) = (self.spell(&before)?, self.spell(&fitted.suffix)?);
            return Some(RemotePrompt::Parts { before: or_feed(before), behind });
        }
        let tokens = layout.compose(&fitted.files, &fitted.stable, prefix, &fitted.suffix);
        Some(RemotePrompt::Text(or_feed(self.spell(&tokens)?)))
    }

    /// The text of tokens; none where something in it, besides the control tokens, looks like one.
    fn spell(&self, tokens: &[TokenId]) -> Option<String> {
        let mut text = String::new();
        for run in tokens.chunk_by(|a, b| (*a < FIRST_CONTROL) == (*b < FIRST_CONTROL)) {
            let from = text.len();
            for &token in run {
                match u32::try_from(token).ok().and_then(char::from_u32) {
                    Some(char) => text.push(char),
                    None => {
                        let at = usize::try_from(token - FIRST_CONTROL).ok()?;
                        text.push_str(self.controls.get(at)?);
                    }
                }
            }
            if run.first().is_some_and(|&first| first < FIRST_CONTROL) && self.refused.is_match(&text[from..])
            {
                return None;
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::family;

    fn form(name: &str) -> (TextForm, Layout) {
        TextForm::of_family(family::of_name(name, None, FIRST_CONTROL).unwrap().unwrap())
    }

    fn fitted(files: &str, suffix: &str) -> Fitted {
        Fitted { files: characters(files), suffix: characters(suffix), ..Fitted::default() }
    }

    #[test]
    fn a_prompt_is_the_familys_as_text() {
        let text = |name: &str| {
            let (form, layout) = form(name);
            form.prompt(&layout, &fitted("", "after"), &characters("before ä"))
        };
        let expected = "<|fim_prefix|><|fim_suffix|>after<|fim_middle|>before ä";
        assert_eq!(text("qwen2.5-coder"), Some(RemotePrompt::Text(expected.into())));
        assert_eq!(text("codestral"), Some(RemotePrompt::Text("[SUFFIX]after[PREFIX]before ä".into())));
        let (form, layout) = TextForm::of_server(None);
        let parts = form.prompt(&layout, &fitted("# a.py\n", "after"), &characters("before"));
        assert_eq!(
            parts,
            Some(RemotePrompt::Parts { before: "# a.py\nbefore".into(), behind: "after".into() })
        );
    }

    #[test]
    fn a_text_that_spells_a_control_token_makes_no_prompt() {
        let refuses = |name: &str, text: &str| {
            let (form, layout) = form(name);
            form.prompt(&layout, &fitted("", "x"), &characters(text)).is_none()
        };
        assert!(refuses("qwen2.5-coder", "s = '<|fim_middle|>'") && refuses("qwen2.5-coder", "<|im_start|>"));
        assert!(
            refuses("starcoder2", "<file_sep>")
                && refuses("codestral", "[SUFFIX]")
                && refuses("codellama", "<PRE>")
        );
        assert!(
            !refuses("qwen2.5-coder", "<s>old</s><mask id='m'>") && !refuses("starcoder2", "<s>"),
            "tags"
        );
        assert!(refuses("codellama", "<s>old</s>") && refuses("codegemma", "<mask>"));
        assert!(!refuses("qwen2.5-coder", "usage: tool <filename> [PREFIX]"), "of other families");
        assert!(!refuses("starcoder2", "a <| b; Vec<str>; x || y"));
    }

    #[test]
    fn the_servers_own_counts_say_how_long_a_prompt_may_be() {
        let (form, _) = form("qwen2.5-coder");
        assert_eq!(form.density(), DENSITY);
        form.counted(40, 10);
        form.counted(4000, 100_000);
        assert_eq!(form.density(), DENSITY, "too few to tell, or no count of this text");
        form.counted(4000, 1000);
        assert!((form.density() - 3.6).abs() < 1e-3);
        form.counted(3900, 1000);
        assert!((form.density() - 3.6).abs() < 1e-3, "not for a little");
        (0..20).for_each(|_| form.counted(2000, 1000));
        assert!(form.density() < 2.2, "{}", form.density());
    }

    #[test]
    fn what_the_model_writes_of_control_tokens_is_no_text() {
        let (form, _) = form("starcoder2");
        assert_eq!(form.end("return x<file_sep>other", false), Some(8));
        assert_eq!(form.end("return x < y", false), None);
        assert_eq!((form.end("<s>x</s>", false), form.end("<s>x</s>", true)), (None, Some(4)));
        let llama = self::form("codellama").0;
        assert_eq!((llama.end("x <EOT>", false), llama.end("x<EOT>", false)), (Some(1), Some(1)));
        assert_eq!(form.ends(), ["<file_sep>", "<repo_name>", "<fim_pad>"]);
        assert_eq!(self::form("codellama").0.ends(), [" <SUF>", " <MID>", " <EOT>"]);
        assert_eq!(TextForm::of_server(None).0.ends(), [""; 0]);
    }
}
