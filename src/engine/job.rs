//! Defines what goes into an engine and what comes out, as plain serialisable values.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::memory::{MemoryStats, SourceTrace};
use super::{EngineError, TokenId};

/// Where a segment's text stands in a fill-in-the-middle prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Text that changes rarely (imports, outline): evaluated first, so that its KV entries survive typing.
    Stable,
    /// Text before the cursor, nearest last. The end is what matters.
    Prefix,
    /// Text after the cursor, nearest first. The start is what matters.
    Suffix,
}

/// A piece of prompt text. The engine tokenises it (special tokens in it are plain text) and fits it to the budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Where it stands.
    pub role: Role,
    /// LF line ends only.
    pub text: String,
    /// The share of the prompt budget this segment may take when others want more, in percent.
    pub share: u8,
    /// The file it is of, for text of another file and for the file of the cursor (its prefix). It is told only in prompts with
    /// text of other files, in the way that the model's family learned.
    #[serde(default)]
    pub file: Option<FileName>,
    /// Byte offsets in `text`, ascending, where a window may begin (prefix) or end (suffix, stable): line or
    /// definition boundaries. Offset 0 and `text.len()` are implied.
    pub boundaries: Vec<usize>,
}

/// How a prompt names a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileName {
    /// Its path inside of the project, with `/`.
    pub path: String,
    /// What a comment begins with in its language: for families that have no form of their own.
    pub comment: String,
}

impl Segment {
    /// Whether it is text of another file than the cursor's.
    pub fn is_foreign(&self) -> bool {
        self.role == Role::Stable && self.file.is_some()
    }
}

/// Which queue a job waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// A user waits for it.
    Interactive,
    /// Runs only when no interactive job waits, and is stopped for one.
    Background,
}

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Sampling {
    /// The likeliest token.
    Greedy,
    /// Drawn at `temperature` from the smallest set of tokens with probability `top_p`; `seed` repeats a draw.
    Seeded {
        /// Above 0.
        temperature: f32,
        /// In 0 ..= 1.
        top_p: f32,
        /// Same seed, same prompt, same text.
        seed: u64,
    },
}

/// When to stop besides the model's own end of text. The stopping text itself is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stop {
    /// Stop after this many lines are complete (1 = after the first line feed); 0 means no such limit.
    pub lines: usize,
}

/// Who says something in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speaker {
    /// Who sets the rules.
    System,
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

impl Speaker {
    /// What chat templates call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Something said. White space around it is not part of it, as most chat templates have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// By whom.
    pub speaker: Speaker,
    /// With LF line ends. What spells a control token is plain text.
    pub text: String,
}

/// What a job wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Text that continues the prompt. The prompt is evaluated once for all candidates, and each step of all of them is one
    /// batch. Drawn candidates take the seeds that follow the first one's; greedy ones begin with the likeliest first
    /// tokens, each with another. There may be fewer than asked for: the cache has so many sequences, and other places keep theirs.
    Generate {
        /// How many, at least 1.
        candidates: usize,
    },
    /// The answer in a conversation, whose text stands here and not in the job's segments. For models of the role
    /// [`super::ModelRole::Instruct`] only.
    Chat {
        /// What was said so far, the last of it by the user.
        messages: Vec<ChatMessage>,
    },
    /// How likely each of these texts is after the prompt.
    Score {
        /// The texts, right behind the prefix.
        continuations: Vec<String>,
    },
    /// What model and memory say about each token of a text after the prompt: for people, and to fit the memory's weights.
    Explain {
        /// The text, right behind the prefix.
        continuation: String,
    },
}

impl Default for Task {
    fn default() -> Self {
        Self::Generate { candidates: 1 }
    }
}

/// One generation request: text segments, not tokens; the engine tokenises, fits and orders them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Identity of the document, for "latest wins" and KV reuse. Opaque here.
    pub document: String,
    /// Name of its language, as `grammars` has it, else as the editor calls it; empty where neither is known. An engine of several servers
    /// asks the one that is for it.
    #[serde(default)]
    pub language: String,
    /// Which queue.
    pub lane: Lane,
    /// Any number of `Stable`, at most one `Prefix` and one `Suffix`.
    pub segments: Vec<Segment>,
    /// Most tokens to generate.
    pub max_tokens: usize,
    /// When to stop earlier.
    pub stop: Stop,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// What is wanted.
    pub task: Task,
    /// The workspace whose texts change how likely tokens are, as [`MemoryUpdate`] names it; none: the model alone speaks.
    #[serde(default)]
    pub workspace: Option<String>,
}

/// What an engine is told of a workspace's texts: it remembers their tokens, and what a user writes there is more likely to
/// come again (see [`super::memory`]). An engine forgets all of it when it ends, is unloaded, or loses the client that told it;
/// whoever told it watches its [`Status`](super::Status) and tells it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUpdate {
    /// Keeps the texts of several workspaces of one client apart.
    pub workspace: String,
    /// What has changed.
    pub change: MemoryChange,
}

/// A change of what is remembered of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryChange {
    /// A text, in the place of what was known of that document.
    Text(MemoryText),
    /// A document that is gone.
    Remove {
        /// Which.
        document: String,
    },
    /// All of the workspace is forgotten.
    Clear,
}

/// A document of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryText {
    /// Its identity: the same as [`Job::document`] has for it.
    pub document: String,
    /// The folder it is in; texts of the same folder are nearer to each other than the rest.
    pub folder: String,
    /// Whether it is open in the editor, or was changed lately: then it counts more.
    pub open: bool,
    /// LF line ends only, keys masked.
    pub text: String,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// The model said so: an end-of-text or FIM token.
    EndOfText,
    /// A [`Stop`] condition was met.
    Stop,
    /// `max_tokens` or the context is used up.
    Length,
}

/// Some generated text, whole characters only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// One or more whole characters.
    pub text: String,
    /// Natural-log probability of the tokens in it, summed.
    pub logprob: f32,
    /// How many tokens it took.
    pub tokens: usize,
    /// Which of several texts it belongs to, from 0.
    pub candidate: usize,
}

/// How likely a given text is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextScore {
    /// Natural-log probability of its tokens, summed. The tokens that token healing takes back from the prefix count too:
    /// they are part of every text of one job.
    pub logprob: f32,
    /// How many these are.
    pub tokens: usize,
}

/// What model and memory say about one token of a given text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenExplanation {
    /// The token's text; what is no UTF-8 is replaced.
    pub text: String,
    /// Natural-log probability that the model gives it.
    pub logprob: f32,
    /// Natural-log probability in the mixture.
    pub mixed: f32,
    /// The token.
    pub token: TokenId,
    /// The model's likeliest token.
    pub top: TokenId,
    /// The mixture's likeliest token.
    pub chosen: TokenId,
    /// What each source of memory that knows its context says.
    pub sources: Vec<SourceTrace>,
}

/// Figures of a finished job.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JobSummary {
    /// Why the first candidate ended.
    pub finish: Finish,
    /// The prompt's figures, once more.
    pub prompt: PromptStats,
    /// Tokens generated, of all candidates; for scores, tokens evaluated behind the prompt.
    pub generated_tokens: usize,
    /// Milliseconds until the prompt was evaluated, the wait in the queue not included.
    pub prefill_ms: f32,
    /// Milliseconds of decoding.
    pub decode_ms: f32,
    /// How the tokens were generated.
    #[serde(default)]
    pub drafts: DraftStats,
    /// What was remembered of the job's workspace.
    #[serde(default)]
    pub remembered: MemoryStats,
}

/// Figures of the tokens that memory proposed to the model, each verified in a batch with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DraftStats {
    /// Batches evaluated.
    pub steps: usize,
    /// Tokens proposed.
    pub drafted: usize,
    /// Of these, those that the model chose too.
    pub accepted: usize,
    /// Tokens generated, of all candidates; each is either one of the accepted or the choice of a step of its own.
    #[serde(default)]
    pub tokens: usize,
}

impl std::ops::AddAssign for DraftStats {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.drafted += other.drafted;
        self.accepted += other.accepted;
        self.tokens += other.tokens;
    }
}

/// Figures of a prompt, known before its first piece: whoever has enough text stops listening before the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PromptStats {
    /// Length, tokens.
    pub tokens: usize,
    /// Of these, found in the KV cache.
    pub reused: usize,
}

/// One step of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// The prompt is evaluated. Comes once, first.
    Prompt(PromptStats),
    /// More text.
    Piece(Piece),
    /// How the tokens so far were generated, after each batch: whoever has enough text stops listening before the summary.
    Drafts(DraftStats),
    /// One of several candidates is complete.
    Ended {
        /// Which.
        candidate: usize,
        /// Why it ended.
        finish: Finish,
    },
    /// The answer to [`Task::Score`], in the order of the continuations. A text that does not fit into the context, or
    /// that the vocabulary cannot spell, is infinitely unlikely.
    Scores(Vec<TextScore>),
    /// The answer to [`Task::Explain`].
    Explained(Vec<TokenExplanation>),
    /// The end; nothing follows.
    Done(JobSummary),
}

/// The stream of a job's updates. Dropping it stops the work.
#[derive(Debug)]
pub struct Generation {
    updates: mpsc::UnboundedReceiver<Result<Update, EngineError>>,
}

impl Generation {
    /// A stream and the sender that feeds it. The sender sees a dropped stream as a closed channel.
    pub fn channel() -> (mpsc::UnboundedSender<Result<Update, EngineError>>, Self) {
        let (sender, updates) = mpsc::unbounded_channel();
        (sender, Self { updates })
    }

    /// The next update; none after [`Update::Done`] or an error.
    pub async fn next(&mut self) -> Option<Result<Update, EngineError>> {
        self.updates.recv().await
    }
}
