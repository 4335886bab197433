//! Types held-out statements key by key, with the closers that an editor puts in, slips and pauses; asks a backend after every
//! key and takes what it shows when it is right.

pub(super) mod right;

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::answer::{BackendAnswer, Defects};
use super::backends::{Asking, Backend, BackendDocument};
use super::case::{CaseSet, EvalCase, HoleKind};
use super::editor::{Editor, Press};
use super::oracle::Oracle;
use super::runs::{ResultRow, Run};
use super::workplace::Workplace;
use crate::completion::Rank;
use crate::engine::DraftStats;
use crate::language::{Language, Registry};

/// At the end, characters that are deleted, and how many lines above the cursor's one is edited.
const DELETED: usize = 5;
const EDITED_ABOVE: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Typist {
    /// A suggestion is right when its first line is, or this many characters of it.
    pub enough: usize,
    /// Share of letters mistyped and taken back: 2 to 4 % in studies of transcription typing (Dhakal et al. 2018 count 1.2 %
    /// left uncorrected and twice that corrected).
    pub slips: f64,
    /// Milliseconds of thought at the start of a line and after taking a suggestion.
    pub pause_ms: u64,
    /// Repeats slips.
    pub seed: u64,
}

impl Default for Typist {
    fn default() -> Self {
        Self { enough: 12, slips: 0.02, pause_ms: 250, seed: 1 }
    }
}

/// What was done before a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastAction {
    /// The document was opened: the cursor is at a new place.
    Jump,
    #[default]
    Key,
    /// A suggestion, or a part of it, was taken.
    Accept,
    /// A wrong letter was typed.
    Slip,
    /// Some characters were deleted, after everything was typed.
    Delete,
    /// A line some lines above was edited, after everything was typed.
    EditAbove,
}

impl LastAction {
    /// Whether nothing is wanted any more, so that only times count.
    pub fn is_at_the_end(self) -> bool {
        matches!(self, Self::Delete | Self::EditAbove)
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    pub shown: bool,
    /// Whether it was right; then it was taken.
    pub right: bool,
    /// What was done before.
    pub after: LastAction,
    /// Whether the key that was typed is the beginning of what was shown: the rest of it has to stay.
    pub typed_on: bool,
    /// Whether it is what was shown before, less the key that was typed.
    pub same: bool,
    /// Whether the model was not asked.
    pub without_model: bool,
    /// Milliseconds to the answer.
    pub ms: f64,
    /// Prompt tokens that were not found in the KV cache, where the backend says it.
    pub evaluated: Option<usize>,
    /// How the tokens were generated, where the backend says it.
    pub drafts: DraftStats,
    /// Characters taken.
    pub taken: usize,
    /// Characters shown.
    pub length: usize,
    /// Whether it adds an error to the file, says the other parser.
    pub worse: bool,
    /// What is wrong with it on sight.
    #[serde(alias = "blemishes")]
    pub defects: Defects,
    /// What was shown, for reading.
    pub text: Option<String>,
    /// How the backend ranks it, where it says that.
    pub rank: Option<Rank>,
    /// Why nothing was shown.
    pub reason: Option<String>,
    /// Of everything newly generated, the shown one first: whether it would have been right, and its features. For fitting.
    pub candidates: Vec<(bool, Vec<f32>)>,
}

/// A result: one text typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayRow {
    pub id: String,
    pub language: String,
    /// Whether the file was broken elsewhere.
    pub broken: bool,
    /// Characters of the text.
    pub characters: usize,
    /// Keys it took.
    pub keys: usize,
    /// Keys it takes without suggestions.
    pub keys_alone: usize,
    /// CPU-seconds of the backend, where known.
    pub cpu: Option<f64>,
    /// Tokens that were remembered of the workspace before the first key, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<usize>,
    pub asked: Vec<Question>,
}

impl ResultRow for ReplayRow {
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Type all texts that are not in `run` yet, each in its `place`; `step` is called after each.
pub async fn run(
    set: &CaseSet,
    (backend, mut place): (&mut Backend, Workplace),
    registry: &Registry,
    typist: Typist,
    mut oracle: Option<&mut Oracle>,
    run: &mut Run,
    step: &dyn Fn(),
) -> anyhow::Result<()> {
    for case in set.cases.iter().filter(|case| case.kind == HoleKind::Typed) {
        if run.has(&case.id) {
            continue;
        }
        let Some(language) = registry.by_name(&set.source(case).language) else { continue };
        let (mut open, remembered) = place.open(set, case, &language, backend).await?;
        let typing = Typing::new((set, case), &language, typist, (backend, &mut open));
        let row = typing.work(&mut oracle).await?;
        place.close(set, case, &open, backend)?;
        run.add(&ReplayRow { remembered, ..row })?;
        step();
    }
    Ok(())
}

struct Typing<'a> {
    case: &'a EvalCase,
    language: &'a Language,
    backend: &'a mut Backend,
    open: &'a mut BackendDocument,
    editor: Editor,
    wanted: &'a str,
    /// Bytes of `wanted` that are there.
    done: usize,
    keys: usize,
    typist: Typist,
    random: StdRng,
    asked: Vec<Question>,
    last_action: LastAction,
    /// What is shown and not taken, less what was typed of it.
    last: Option<String>,
}

impl<'a> Typing<'a> {
    fn new(
        (set, case): (&'a CaseSet, &'a EvalCase),
        language: &'a Arc<Language>,
        typist: Typist,
        (backend, open): (&'a mut Backend, &'a mut BackendDocument),
    ) -> Self {
        let hole = set.hole(case);
        let unit = unit(&set.source(case).text, &language.config.indent);
        let seed = case.id.bytes().fold(typist.seed, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
        let editor = Editor::new(&hole.before, &hole.after, &unit, &language.config.block_openers);
        Self {
            case,
            language,
            open,
            backend,
            editor,
            wanted: hole.middle,
            done: 0,
            keys: 0,
            typist,
            random: StdRng::seed_from_u64(seed),
            asked: Vec::new(),
            last_action: LastAction::Jump,
            last: None,
        }
    }

    async fn work(mut self, oracle: &mut Option<&mut Oracle>) -> anyhow::Result<ReplayRow> {
        let keys_alone = alone(self.editor.clone(), self.wanted);
        let start = self.backend.cpu_seconds();
        self.pause().await;
        while self.done < self.wanted.len() {
            if self.ask(oracle).await? {
                self.pause().await;
                continue;
            }
            self.slip().await?;
            let press = self.edit(|editor, wanted| editor.press(wanted))?;
            let typed = &self.wanted[self.done..self.done + press.consumed];
            self.last = self.last.take().and_then(|last| last.strip_prefix(typed).map(str::to_owned));
            self.done += press.consumed;
            self.keys += 1;
            self.last_action = LastAction::Key;
            if typed.starts_with('\n') {
                self.pause().await;
            }
        }
        self.end().await?;
        let cpu = self.backend.cpu_seconds().zip(start).map(|(end, start)| end - start);
        Ok(ReplayRow {
            id: self.case.id.clone(),
            language: self.language.name().to_owned(),
            broken: self.case.damage.is_some(),
            characters: self.wanted.chars().count(),
            keys: self.keys,
            keys_alone,
            cpu,
            remembered: None,
            asked: self.asked,
        })
    }

    async fn pause(&self) {
        if self.typist.pause_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.typist.pause_ms)).await;
        }
    }

    /// Do something in the editor, and inform the backend of the change.
    fn edit(&mut self, act: impl FnOnce(&mut Editor, &str) -> Press) -> anyhow::Result<Press> {
        let before = self.editor.text.clone();
        let press = act(&mut self.editor, &self.wanted[self.done..]);
        if let Some(change) = &press.change {
            self.backend.change(self.open, &before, change)?;
        }
        Ok(press)
    }

    /// Ask as an editor asks: the answer, and the question as far as nothing has to be right.
    async fn question(&mut self) -> anyhow::Result<(BackendAnswer, Question)> {
        let (before, after) = (self.editor.before(), self.editor.after());
        let answer = self.backend.ask(self.open, before, after, Asking::default()).await?;
        let (tokens, reused) = answer.prompt;
        let asked = Question {
            shown: answer.text.is_some(),
            after: self.last_action,
            without_model: answer.without_model,
            ms: answer.ms,
            evaluated: (tokens > 0).then(|| tokens.saturating_sub(reused)),
            drafts: answer.drafts,
            ..Question::default()
        };
        Ok((answer, asked))
    }

    /// Ask, and take what is right. Whether something was taken.
    async fn ask(&mut self, oracle: &mut Option<&mut Oracle>) -> anyhow::Result<bool> {
        let (answer, mut asked) = self.question().await?;
        let expected = self.last.take().filter(|last| !last.is_empty());
        asked.typed_on = expected.is_some();
        asked.rank = answer.rank.clone();
        asked.reason = answer.reason.clone();
        let Some(text) = answer.text.clone() else {
            let (rest, behind, enough) = (&self.wanted[self.done..], self.editor.right(), self.typist.enough);
            asked.candidates = right::candidates(&answer, false, rest, behind, enough);
            self.asked.push(asked);
            return Ok(false);
        };
        asked.length = text.chars().count();
        asked.same = expected.as_ref() == Some(&text);
        let (before, after) = (self.editor.before(), self.editor.after());
        asked.defects = answer.defects(before, after, &self.language.config.indent);
        if !asked.same
            && let (Some(oracle), Some(parser)) = (oracle, self.language.strict)
        {
            let with_it = answer.applied(before, after);
            asked.worse = oracle.errors(parser, &with_it)? > oracle.errors(parser, &self.editor.text)?;
        }
        let (rest, behind, enough) = (&self.wanted[self.done..], self.editor.right(), self.typist.enough);
        let right = right::right(&answer, rest, behind, enough);
        asked.candidates = right::candidates(&answer, right.is_some(), rest, behind, enough);
        asked.text = Some(text.clone());
        if let Some(length) = right {
            asked.right = true;
            asked.taken = text[..length].chars().count();
            self.take(&answer, length)?;
        } else {
            self.last = Some(text);
        }
        self.asked.push(asked);
        Ok(right.is_some())
    }

    /// Take the first `length` bytes of an answer.
    fn take(&mut self, answer: &BackendAnswer, length: usize) -> anyhow::Result<()> {
        let text = answer.text.as_deref().unwrap_or_default();
        // What stands behind the cursor goes only when the text brings it, too.
        let after = if length == text.len() { answer.after } else { 0 };
        self.edit(|editor, _| Press {
            change: Some(editor.accept(&text[..length], after)),
            consumed: length,
        })?;
        self.done += length;
        self.keys += 1;
        self.last_action = LastAction::Accept;
        Ok(())
    }

    /// Now and then a wrong letter, noticed at once.
    async fn slip(&mut self) -> anyhow::Result<()> {
        let next = self.wanted[self.done..].chars().next();
        let Some(next) = next.filter(|next| next.is_ascii_lowercase()) else { return Ok(()) };
        if !self.random.random_bool(self.typist.slips) {
            return Ok(());
        }
        let wrong = if next == 'z' { 'a' } else { char::from(next as u8 + 1) };
        self.last_action = LastAction::Slip;
        for letter in [Some(wrong), None] {
            self.edit(|editor, _| Press { change: Some(editor.slip(letter)), consumed: 0 })?;
            self.keys += 1;
            self.last = None;
            if letter.is_some() {
                // Nothing of the answer can be right.
                let asked = self.question().await?.1;
                self.asked.push(asked);
            }
        }
        Ok(())
    }

    /// Two edits after everything is typed: some characters deleted, and a comment some lines above, which costs a model most
    /// of its KV cache.
    async fn end(&mut self) -> anyhow::Result<()> {
        for _ in 0..DELETED {
            self.edit(|editor, _| Press { change: Some(editor.slip(None)), consumed: 0 })?;
        }
        self.last_action = LastAction::Delete;
        let asked = self.question().await?.1;
        self.asked.push(asked);
        let lines: Vec<usize> = self.editor.before().match_indices('\n').map(|(at, _)| at).collect();
        let Some(&end) = lines.iter().rev().nth(EDITED_ABOVE - 1) else { return Ok(()) };
        let comment = format!("  {} edited", self.language.config.line_comment);
        self.edit(|editor, _| Press { change: Some(editor.insert_above(end, &comment)), consumed: 0 })?;
        self.last_action = LastAction::EditAbove;
        let asked = self.question().await?.1;
        self.asked.push(asked);
        Ok(())
    }
}

fn alone(mut editor: Editor, wanted: &str) -> usize {
    let (mut done, mut keys) = (0, 0);
    while done < wanted.len() {
        done += editor.press(&wanted[done..]).consumed;
        keys += 1;
    }
    keys
}

/// The indentation that most lines of a text are deeper than the one above by, as an editor finds it out.
pub(super) fn unit(text: &str, default: &str) -> String {
    if text.lines().any(|line| line.starts_with('\t')) {
        return "\t".to_owned();
    }
    let widths: Vec<usize> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .collect();
    let count = |step: usize| widths.windows(2).filter(|pair| pair[1] == pair[0] + step).count();
    let best = [2, 3, 4, 8].into_iter().max_by_key(|step| count(*step)).filter(|step| count(*step) > 0);
    best.map_or(default.to_owned(), |step| " ".repeat(step))
}
