//! Asks llama-server as llama.vim does, and shows what llama.vim shows (its `autoload/llama.vim` of 2026:
//! `fim_ctx_local`, `fim_render`, `fim_try_hint`), with its defaults. Leaves out the request ahead of an acceptance, in
//! the peer's favour: it would cost CPU time and change no first answer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::answer::BackendAnswer;

/// Lines before the cursor's line, and after it.
const BEFORE: usize = 256;
const AFTER: usize = 64;
/// `max_line_suffix`: with more characters right of the cursor nothing is asked.
const MOST_RIGHT: usize = 8;
/// `t_max_predict_ms` of the first request at a place.
const FIRST_MS: u64 = 250;
/// Characters typed since an earlier answer that may still be its beginning.
const BACK: usize = 128;

/// A llama-server to ask.
pub struct Peer {
    agent: ureq::Agent,
    url: String,
    /// What was generated after `prefix middle` before `suffix`.
    cache: HashMap<String, String>,
    /// Milliseconds for decoding; llama.vim's 250 where a person types, more where only the text counts.
    predict_ms: u64,
}

/// llama.vim's view of a place.
struct Local {
    prefix: String,
    middle: String,
    suffix: String,
    indent: usize,
}

impl Local {
    fn key(&self) -> String {
        format!("{}{}\u{ce}{}", self.prefix, self.middle, self.suffix)
    }
}

impl Peer {
    /// The server at `url` (`http://127.0.0.1:8012`); an error when nobody answers there.
    pub fn connect(url: &str) -> anyhow::Result<Self> {
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(120))).build();
        let url = url.trim_end_matches('/').trim_end_matches("/infill").to_owned();
        let peer = Self { agent: config.into(), url, cache: HashMap::new(), predict_ms: FIRST_MS };
        peer.agent
            .get(format!("{}/health", peer.url))
            .call()
            .with_context(|| format!("no llama-server answers at {}; start one there first", peer.url))?;
        Ok(peer)
    }

    /// Let it decode all its tokens, however long that takes: for holes, where only the text counts.
    pub fn patient(mut self) -> Self {
        self.predict_ms = 60_000;
        self
    }

    pub fn model(&self) -> anyhow::Result<String> {
        let props: Value = self.agent.get(format!("{}/props", self.url)).call()?.body_mut().read_json()?;
        Ok(props["model_path"].as_str().unwrap_or("unknown").to_owned())
    }

    /// Forget what was generated so far: another document.
    pub fn forget(&mut self) {
        self.cache.clear();
    }

    /// What llama.vim would show at the cursor between two texts.
    pub fn ask(&mut self, before: &str, after: &str) -> anyhow::Result<BackendAnswer> {
        let start = Instant::now();
        let local = local(before, after);
        let line_after = after.split('\n').next().unwrap_or_default();
        let mut answer = BackendAnswer::default();
        let content = match self.cached(&local) {
            Some(content) => {
                answer.without_model = true;
                content
            }
            None if line_after.chars().count() > MOST_RIGHT => {
                answer.reason = Some("max_line_suffix".into());
                answer.without_model = true;
                return Ok(answer);
            }
            None => self.request(&local, &mut answer)?,
        };
        if let Some(text) = shown(&content, before, after) {
            (answer.text, answer.before) = (Some(text.0), text.1);
        }
        answer.ms = start.elapsed().as_secs_f64() * 1e3;
        Ok(answer)
    }

    fn request(&mut self, local: &Local, answer: &mut BackendAnswer) -> anyhow::Result<String> {
        let body = json!({
            "id_slot": 0, "input_prefix": local.prefix, "input_suffix": local.suffix, "input_extra": [],
            "prompt": local.middle, "n_predict": 128, "stop": [], "n_indent": local.indent,
            "top_k": 40, "top_p": 0.90, "samplers": ["top_k", "top_p", "infill"], "stream": false,
            "cache_prompt": true, "t_max_prompt_ms": 500, "t_max_predict_ms": self.predict_ms,
            // llama.vim draws another one each time; a fixed seed repeats a run.
            "seed": 1,
        });
        let response: Value = self
            .agent
            .post(format!("{}/infill", self.url))
            .send_json(body)
            .context("llama-server refused an infill request; is its model one for fill-in-the-middle?")?
            .body_mut()
            .read_json()?;
        let count = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        answer.tokens = count(&response["timings"]["predicted_n"]);
        let evaluated = count(&response["timings"]["prompt_n"]);
        let all = count(&response["tokens_evaluated"]).max(evaluated);
        answer.prompt = (all, all - evaluated);
        let content = response["content"].as_str().unwrap_or_default().to_owned();
        // Also under its contexts without the first one, two and three lines: the view scrolls.
        let mut prefix = local.prefix.as_str();
        for _ in 0..4 {
            let key = format!("{prefix}{}\u{ce}{}", local.middle, local.suffix);
            self.cache.insert(key, content.clone());
            match prefix.split_once('\n') {
                Some((_, rest)) if !rest.is_empty() => prefix = rest,
                _ => break,
            }
        }
        Ok(content)
    }

    /// The rest of an earlier answer that the user is typing.
    fn cached(&self, local: &Local) -> Option<String> {
        if let Some(content) = self.cache.get(&local.key()) {
            return Some(content.clone());
        }
        let whole = format!("{}{}", local.prefix, local.middle);
        let mut best: Option<String> = None;
        for (at, _) in whole.char_indices().rev().take(BACK) {
            let (earlier, typed) = whole.split_at(at);
            let Some(content) = self.cache.get(&format!("{earlier}\u{ce}{}", local.suffix)) else { continue };
            let Some(rest) = content.strip_prefix(typed).filter(|rest| !rest.is_empty()) else { continue };
            if best.as_ref().is_none_or(|best| rest.len() > best.len()) {
                best = Some(rest.to_owned());
            }
        }
        best
    }
}

fn local(before: &str, after: &str) -> Local {
    let (above, line) = before.rsplit_once('\n').unwrap_or(("", before));
    let (right, below) = after.split_once('\n').unwrap_or((after, ""));
    let lines: Vec<&str> = if before.contains('\n') { above.split('\n').collect() } else { Vec::new() };
    let blank = format!("{line}{right}").trim().is_empty();
    let prefix = lines[lines.len().saturating_sub(BEFORE)..].join("\n") + "\n";
    let below = below.split('\n').take(AFTER).collect::<Vec<_>>().join("\n");
    let (middle, right) = if blank { ("", "") } else { (line, right) };
    let indent = if blank { 0 } else { line.len() - line.trim_start().len() };
    Local { prefix, middle: middle.to_owned(), suffix: format!("{right}\n{below}\n"), indent }
}

/// What llama.vim's `fim_render` leaves of an answer, and how many blanks before the cursor it replaces.
fn shown(content: &str, before: &str, after: &str) -> Option<(String, usize)> {
    let mut lines: Vec<&str> = content.split('\n').collect();
    while lines.last() == Some(&"") {
        lines.pop();
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    let (right, below) = after.split_once('\n').unwrap_or((after, ""));
    let below: Vec<&str> = below.split('\n').collect();
    let mut first = *lines.first()?;
    let (mut line_prefix, mut replaced) = (line, 0);
    if line.trim().is_empty() && right.trim().is_empty() {
        let lead = (first.len() - first.trim_start().len()).min(line.len());
        replaced = line.len() - lead;
        (line_prefix, first) = (&first[..lead], &first[lead..]);
        lines[0] = first;
    }
    let empty_then_same = lines.len() > 1
        && first.is_empty()
        && below.len() + 1 >= lines.len()
        && lines[1..] == below[..lines.len() - 1];
    let repeats_right = lines.len() == 1 && first == right;
    if empty_then_same || repeats_right || repeats_below(&lines, line_prefix, &below) {
        return None;
    }
    let text = lines.join("\n");
    (!format!("{text}{right}").trim().is_empty() && !text.is_empty()).then_some((text, replaced))
}

/// Whether the answer only repeats the next line with text, and what follows it.
fn repeats_below(lines: &[&str], line_prefix: &str, below: &[&str]) -> bool {
    let Some(at) = below.iter().position(|line| !line.trim().is_empty()) else { return false };
    if format!("{line_prefix}{}", lines[0]) != below[at] {
        return false;
    }
    let next = below.get(at + 1).copied().unwrap_or_default();
    match lines.len() {
        1 => true,
        2 => next.starts_with(lines[1]),
        count => below.get(at + 1..at + count).is_some_and(|below| *below == lines[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_for_lines() {
        let found = local("a\nb\n    x = ", "y)\nc\n");
        assert_eq!((found.prefix.as_str(), found.middle.as_str()), ("a\nb\n", "    x = "));
        assert_eq!((found.suffix.as_str(), found.indent), ("y)\nc\n\n", 4));
        let blank = local("a\n    ", "\nc");
        assert_eq!((blank.middle.as_str(), blank.suffix.as_str(), blank.indent), ("", "\nc\n", 0));
    }

    #[test]
    fn it_is_shown_by_its_rules() {
        let check = |content, before, after, expected: Option<(&str, usize)>| {
            assert_eq!(
                shown(content, before, after),
                expected.map(|(text, replaced)| (text.to_owned(), replaced)),
                "{content:?}"
            );
        };
        check("1\n", "x = ", "\n", Some(("1", 0)));
        check("    y = 2", "a:\n    ", "\n", Some(("y = 2", 0)));
        check("y = 2", "a:\n    ", "\n", Some(("y = 2", 4)));
        check(")", "f(", ")\n", None);
        check("\n\n", "f(", ")\n", None);
        check("\nnext", "f()", "\nnext\n", None);
        check(" = 1", "x", "\nx = 1\n", None);
        check(" = 1\ny", "x", "\nx = 1\ny = 2\n", None);
        check(" = 1\nz", "x", "\nx = 1\ny = 2\n", Some((" = 1\nz", 0)));
    }
}
