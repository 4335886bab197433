//! Writes the documentation of a function that has none, in the style of its file. It inserts nothing but that text, and refuses
//! a text that would end the documentation early, that is code, or that names other parameters.
//!
//! ```python before
//! def area(width, height):
//!     return width * hˇeight
//! ```
//! ```text model
//! The area of a rectangle.
//! ```
//! ```python after
//! def area(width, height):
//!     """The area of a rectangle."""
//!     return width * height
//! ```

mod parameters;

use std::ops::Range;

use super::action::{ActionSpec, LazyAction, MenuKind, Steps};
use super::chat::{self, ChatPrompt, ChatReply};
use super::function::{self, Function};
use super::request::ActionRequest;
use crate::completion::Reason;
use crate::context::line::{Line, indent_unit};
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::engine::ModelRole;
use crate::language::{DocStyle, Docs};
use crate::text::fenced;
use crate::verify::{Verifier, policy, prose};

/// Writes the documentation of a function.
pub static SPEC: ActionSpec = ActionSpec {
    id: "docstring",
    kind: MenuKind::Rewrite,
    steps: Steps::Lazy {
        model: ModelRole::Instruct,
        without_model: false,
        find: |request| find(request).into_iter().collect(),
        resolve: |work| Box::pin(chat::run(work, prepare, accept)),
    },
    not_here: "there is no function without documentation here",
    invalid: "nothing of what the model wrote is a text that can stand there and end where it should",
};

/// Most lines of a text: a longer one says more than a reader wants to know.
const LINES: usize = 40;
/// Bytes of an existing text that are shown as an example, and of a function that is asked about.
const EXAMPLE: usize = 600;
const FUNCTION: usize = 12 * 1024;

const RULES: &str = "You document code. Answer with the text of the documentation only: no code around it, no quotes, no \
                     comment marks. Say what the function does for its caller, not how. Do not invent anything.";

fn find(request: &ActionRequest) -> Option<LazyAction> {
    let target = DocTarget::find(&request.snapshot, &request.place())?;
    let title = format!("Write the {} of `{}`", target.docs.name, target.function.name);
    Some(LazyAction::new(&SPEC, title, request.place()))
}

fn prepare(action: &LazyAction, verifier: &Verifier) -> Option<(ChatPrompt, DocTarget)> {
    let target = DocTarget::find(verifier.snapshot(), &action.range)?;
    Some((target.question(verifier), target))
}

fn accept(reply: &ChatReply, target: &DocTarget, verifier: &Verifier) -> Result<Vec<Edit>, Reason> {
    let text = reply.whole.then(|| said(&reply.text, &target.docs)).ok_or(Reason::Invalid)?;
    if let Some(flaw) = target.flaw(&text, verifier) {
        return Err(chat::refused(flaw));
    }
    target.insert(&text, verifier).map(|edit| vec![edit]).ok_or(Reason::Invalid)
}

/// Where a text goes, and how it is written there.
struct DocTarget {
    function: Function,
    docs: Docs,
    /// The text is inserted here.
    at: usize,
    /// What is before each of its lines.
    indentation: String,
}

impl DocTarget {
    fn find(snapshot: &Snapshot, range: &Range<usize>) -> Option<Self> {
        let docs = &snapshot.language.as_ref()?.config.docs;
        let tree = snapshot.parse()?;
        let function = function::at(snapshot, &tree, range).filter(|function| !function.documented)?;
        let at_line = |byte: usize| Line::at(&snapshot.text, byte).indentation;
        let base = at_line(function.whole.start);
        let (at, indentation) = if docs.quotes.is_empty() {
            let start = snapshot.line_start(function.whole.start);
            // Something else is before it on its line.
            let alone = snapshot.slice(start..function.whole.start).trim().is_empty();
            (alone && !docs.line.is_empty()).then_some((start, base))?
        } else {
            let body = function.body?;
            // Behind the header, and what may be said of it on its last line.
            let ink = snapshot.slice(function.definition.start..body);
            let header = function.definition.start + ink.trim_end().len();
            if snapshot.line_of(header) == snapshot.line_of(body) {
                return None;
            }
            let header = self::header(snapshot, &function, body);
            let row = snapshot.line_of(header);
            let base = at_line(function.definition.start);
            let inner = at_line(body);
            let unit = || base.clone() + &indent_unit(&snapshot.text, row, "    ").text();
            (snapshot.line_end(header), if inner.len() > base.len() { inner } else { unit() })
        };
        Some(Self { function, docs: docs.clone(), at, indentation })
    }

    fn question(&self, verifier: &Verifier) -> ChatPrompt {
        let snapshot = verifier.snapshot();
        let language = snapshot.language.as_ref().map_or("", |language| language.name());
        let known = function::docs(snapshot, verifier.tree());
        let style = style(&self.docs, &known).map_or_else(
            || "Its first line is a summary; more follows only where it is needed.".to_owned(),
            |style| format!("The style of this file is {}: {}.", style.name, style.shows.join(" ")),
        );
        let example = known.iter().filter(|text| text.len() <= EXAMPLE).max_by_key(|text| text.len());
        let example = example.map_or_else(String::new, |text| {
            format!("\nAnother one of this file, as it is written there:\n{}\n", fenced(language, text))
        });
        let code = snapshot.slice(self.function.whole.clone());
        let code = &code[..code.floor_char_boundary(FUNCTION.min(code.len()))];
        let (what, name) = (&self.docs.name, &self.function.name);
        ChatPrompt {
            document: snapshot.uri.to_string(),
            rules: RULES.into(),
            text: format!("Write the {what} of `{name}`. {style}\n{example}\n{}", fenced(language, code)),
            expected: 1200,
        }
    }

    /// Why a text is no documentation of the function, for the user.
    fn flaw(&self, text: &str, verifier: &Verifier) -> Option<String> {
        let snapshot = verifier.snapshot();
        let language = snapshot.language.as_ref()?;
        let code = snapshot.slice(self.function.whole.clone()).replace("\r\n", "\n");
        if let Some(flaw) = prose::flaw(text, &code, language) {
            return Some(flaw.to_string());
        }
        let known = function::docs(snapshot, verifier.tree());
        parameters::flaw(text, &self.function.parameters, &self.docs, &known)
    }

    /// A text in its target, if that changes nothing else.
    fn insert(&self, text: &str, verifier: &Verifier) -> Option<Edit> {
        let lines = self.lines(text)?;
        let ending = verifier.snapshot().line_ending();
        let known = function::docs(verifier.snapshot(), verifier.tree());
        let written = self.written(&lines, &known)?;
        // Inside it follows the header's line; above, the function's line follows it.
        let new = match self.docs.quotes.is_empty() {
            true => format!("{written}\n"),
            false => format!("\n{written}"),
        };
        let edit = Edit::insert(self.at, with_line_ends(&new, ending));
        let same = verifier.allows(std::slice::from_ref(&edit), &policy::DOCUMENTATION);
        let after = verifier.snapshot().with_edit(&edit);
        let target =
            self.function.definition.start + if self.docs.quotes.is_empty() { edit.text.len() } else { 0 };
        let documented = || function::at(&after, &after.parse()?, &(target..target)).map(|it| it.documented);
        (same && documented() == Some(true)).then_some(edit)
    }

    /// The lines of a text without indentation of its own; none when it cannot be written as one.
    fn lines(&self, text: &str) -> Option<Vec<String>> {
        let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
        let ends = self.docs.quotes.iter().any(|quote| text.contains(quote.as_str()));
        if text.trim().is_empty() || ends || text.contains(odd) {
            return None;
        }
        let head = |line: &str| line.len() - line.trim_start().len();
        let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        let common = rest.map(head).min().unwrap_or(0);
        let lines = text.lines().enumerate().map(|(at, line)| match at {
            0 => line.trim().to_owned(),
            _ => line[common.min(head(line))..].trim_end().to_owned(),
        });
        let lines: Vec<String> = lines.collect();
        (lines.len() <= LINES).then_some(lines)
    }

    /// The whole text with its marks, LF line ends, from the beginning of a line.
    fn written(&self, lines: &[String], known: &[String]) -> Option<String> {
        let base = &self.indentation;
        let blank = |line: &str| line.is_empty();
        if self.docs.quotes.is_empty() {
            let mark = &self.docs.line;
            let line = |line: &String| match blank(line) {
                true => format!("{base}{mark}"),
                false => format!("{base}{mark} {line}"),
            };
            return Some(lines.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
        // As most of this file's are.
        let used = |quote: &&String| known.iter().filter(|text| text.contains(quote.as_str())).count();
        let quote = self.docs.quotes.iter().rev().max_by_key(used)?;
        let raw = if lines.iter().any(|line| line.contains('\\')) { self.docs.raw.as_str() } else { "" };
        let first = lines.first()?;
        let last = lines.last()?;
        if last.ends_with('\\')
            || last.ends_with(&quote[..1]) && lines.len() == 1
            || first.starts_with(&quote[..1])
        {
            return None;
        }
        let line = |line: &String| if blank(line) { String::new() } else { format!("{base}{line}") };
        let more: Vec<String> = lines[1..].iter().map(line).collect();
        Some(match more.is_empty() {
            true => format!("{base}{raw}{quote}{first}{quote}"),
            false => format!("{base}{raw}{quote}{first}\n{}\n{base}{quote}", more.join("\n")),
        })
    }
}

/// A byte of the header's last line: what opens the body, before any comment about it.
fn header(snapshot: &Snapshot, function: &Function, body: usize) -> usize {
    let mut row = snapshot.line_of(body);
    let first = snapshot.line_of(function.definition.start);
    let comment = snapshot.language.as_ref().map_or("#", |language| &language.config.line_comment);
    while row > first {
        row -= 1;
        let text = snapshot.line_text(row);
        if !text.trim().is_empty() && !text.trim_start().starts_with(comment) {
            break;
        }
    }
    snapshot.line_range(row).start
}

/// The convention that this file's texts follow.
fn style<'a>(docs: &'a Docs, known: &[String]) -> Option<&'a DocStyle> {
    let shows = |style: &&DocStyle| {
        known.iter().filter(|text| style.shows.iter().any(|sign| text.contains(sign.as_str()))).count()
    };
    // On a tie the first.
    docs.styles.iter().rev().filter(|style| shows(style) > 0).max_by_key(shows)
}

/// What an answer says: out of its block, out of quotes, without comment marks; models add them all the same, and the
/// function too.
fn said(text: &str, docs: &Docs) -> String {
    let whole = ChatReply { text: text.to_owned(), whole: true };
    let text = whole.code().unwrap_or_default();
    let quoted = docs.quotes.iter().find_map(|quote| {
        let (before, rest) = text.split_once(quote.as_str())?;
        // Not in the middle of what it says.
        let begins = before.rsplit('\n').next()?.trim();
        if !begins.is_empty() && begins != docs.raw {
            return None;
        }
        let (inside, _) = rest.split_once(quote.as_str())?;
        Some(inside.trim().to_owned())
    });
    if let Some(inside) = quoted {
        return inside;
    }
    if !docs.line.is_empty() && text.trim_start().starts_with(&docs.line) {
        let marked =
            text.lines().map(str::trim_start).map_while(|line| line.strip_prefix(docs.line.as_str()));
        let lines = marked.map(|line| line.strip_prefix(' ').unwrap_or(line));
        return lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests;
