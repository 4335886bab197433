//! Implements a function that has no body yet, from its documentation and signature. The body is checked before the user sees it:
//! what cannot be checked is not offered, and what does not pass is not applied.
//!
//! ```python before
//! def add(a: int, b: int) -> int:
//!     """The ˇsum."""
//! ```
//! ```text model
//! return a + b
//! ```
//! ```python after
//! def add(a: int, b: int) -> int:
//!     """The sum."""
//!     return a + b
//! ```

mod body;
mod chance;
mod search;
mod stub;

use std::ops::Range;
use std::time::Duration;

use body::BodyValidator;
use search::BodySearch;
use stub::{DocSource, Stub};

use super::action::{ActionSpec, LazyAction, MenuKind, Resolve, Steps};
use super::rounds::{self, DraftTask, RoundPlan};
use crate::completion::generate::Draft;
use crate::completion::{Extent, Reason, blocking};
use crate::context::{CursorContext, Excerpt};
use crate::document::{Edit, Snapshot};
use crate::engine::{ModelRole, Role, Segment};

/// Writes the body of a function that has none.
pub static SPEC: ActionSpec = ActionSpec {
    id: "implement",
    kind: MenuKind::Rewrite,
    steps: Steps::Lazy {
        model: ModelRole::Infill,
        without_model: true,
        find: |request| find(&request.snapshot, &request.place()).into_iter().collect(),
        resolve: |work| Box::pin(resolve(work)),
    },
    not_here: "there is no function without a body here",
    invalid: "nothing of what the model wrote parses, moves nothing, uses the parameters, fits the signature and adds no risk",
};

/// Most bodies that succeed do so in the first or second round (benches/implement.py).
const PLAN: RoundPlan =
    RoundPlan { rounds: 8, candidates: 3, temperature: 0.6, top_p: 0.9, patience: Duration::from_secs(20) };
/// Most lines of a body: a longer one is beyond any model that runs here.
const LINES: usize = 40;
/// Most tokens of a body.
const TOKENS: usize = 256;
/// Bytes shown of types that the signature names and the prompt would not show.
const TYPES: usize = 1024;

/// The function without a body that all of `range` (bytes of the snapshot) belongs to, as an action.
pub fn find(snapshot: &Snapshot, range: &Range<usize>) -> Option<LazyAction> {
    let language = snapshot.language.as_ref()?;
    let declares = |ending: &String| snapshot.uri.ends_with(&format!(".{ending}"));
    if language.config.stub_extensions.iter().any(declares) {
        return None;
    }
    let stub = stub::find(snapshot, &snapshot.parse()?, range)?;
    let name = &stub.name;
    let title = |verb: &str| match stub.doc_source {
        DocSource::Docstring => format!("{verb} `{name}` from its docstring"),
        DocSource::Comment => format!("{verb} `{name}` from its doc comment"),
        DocSource::Nothing => format!("{verb} `{name}`"),
    };
    let draft_title = Some(title("Draft"));
    Some(LazyAction { draft_title, ..LazyAction::new(&SPEC, title("Implement"), range.clone()) })
}

async fn resolve(work: Resolve<'_>) -> Result<Vec<Edit>, Reason> {
    let found = attempt(work).await?;
    if found.is_likely() { Ok(found.edits) } else { Err(Reason::LowConfidence) }
}

/// The best body that the model wrote, likely enough or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The change.
    pub edits: Vec<Edit>,
    /// The chance that it is about what the user wants.
    pub chance: f32,
    /// What the chance follows from, by name.
    pub features: Vec<(&'static str, f32)>,
}

impl Attempt {
    /// The chance below which nothing is written.
    pub fn bar() -> f32 {
        chance::bar()
    }

    /// Whether it may be written.
    pub fn is_likely(&self) -> bool {
        self.chance >= Self::bar()
    }
}

/// Asks the model for bodies of the function, until one passes the checks and is likely enough.
///
/// # Errors
/// Why there is none that passes the checks.
pub async fn attempt(work: Resolve<'_>) -> Result<Attempt, Reason> {
    let Resolve { action, snapshot, engine, cancel } = work;
    let (drafts, validator) = blocking(move || prepare(&snapshot, &action.range)).await??;
    let judge = move |drafts: &[Draft], earlier: Option<BodySearch>| {
        earlier.unwrap_or_default().after_round(drafts, &validator)
    };
    let (body, facts) = rounds::run(&drafts, engine, cancel, judge).await?.best().ok_or(Reason::Invalid)?;
    let features = chance::NAMES.into_iter().zip(facts.features()).collect();
    Ok(Attempt { edits: vec![body.edit], chance: facts.chance(), features })
}

fn prepare(snapshot: &Snapshot, range: &Range<usize>) -> Result<(DraftTask, BodyValidator), Reason> {
    let tree = snapshot.try_parse().map_err(|_| Reason::NotParsed)?;
    let stub = stub::find(snapshot, &tree, range).ok_or(Reason::NotHere)?;
    // The model sees the place as if the user were about to write there.
    let (opened, offset) = stub.opened(snapshot);
    let context = CursorContext::at(&opened, opened.parse().as_ref(), offset);
    let drafts = DraftTask {
        document: snapshot.uri.to_string(),
        preface: types(&context, &stub).into_iter().collect(),
        context,
        extent: Extent::Lines(LINES),
        tokens: TOKENS,
        plan: &PLAN,
    };
    Ok((drafts, BodyValidator::new(snapshot, stub).ok_or(Reason::NotParsed)?))
}

/// The types that the signature names and that are defined below: the prompt tells of those above anyway.
fn types(context: &CursorContext, stub: &Stub) -> Option<Segment> {
    let hidden = |excerpt: &&Excerpt| excerpt.range.start >= context.offset;
    let named = |excerpt: &&Excerpt| {
        // Not what it inherits from or holds.
        let own = excerpt.text.split(['(', '<', ':', '{', '=']).next().unwrap_or_default();
        let mut words = own.split_whitespace();
        words.any(|word| stub.types.iter().any(|name| name == word))
    };
    let mut text = String::new();
    for excerpt in context.outline.iter().filter(hidden).filter(named) {
        if text.len() + excerpt.text.len() < TYPES {
            text.push_str(&excerpt.text);
            text.push('\n');
        }
    }
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    (!text.is_empty()).then_some(Segment { role: Role::Stable, text, share: 10, boundaries, file: None })
}

#[cfg(test)]
mod tests;
