//! Finds texts that look like keys, tokens and passwords (`keys.toml`), and masks them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

/// What stands in a prompt in place of a secret: a word in any language, and the same each time.
pub const REDACTED: &str = "REDACTED";

/// Compiled patterns may take more than the crate's default.
const COMPILED: usize = 64 << 20;

/// `keys.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    rule: Vec<KeyRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyRule {
    what: String,
    pattern: String,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    digit: bool,
    #[serde(default)]
    random: bool,
}

/// A text that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLike {
    /// Its bytes.
    pub range: Range<usize>,
    /// What it is, with an article.
    pub what: &'static str,
}

struct Keys {
    rules: Vec<KeyRule>,
    /// Which rules match: one pass over a text that has no key, as most have none.
    any: RegexSet,
    each: Vec<Regex>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let file: KeysFile = toml::from_str(include_str!("keys.toml")).expect("a test reads this file");
    let patterns = || file.rule.iter().map(|rule| &rule.pattern);
    let any = RegexSetBuilder::new(patterns()).unicode(false).size_limit(COMPILED).build();
    let one = |pattern| RegexBuilder::new(pattern).unicode(false).size_limit(COMPILED).build();
    let each = patterns().map(|pattern| one(pattern).expect("a test reads this file")).collect();
    Keys { any: any.expect("a test reads this file"), each, rules: file.rule }
});

/// The texts in `text` that look like secrets, in order; none overlaps another.
pub fn keys(text: &str) -> Vec<KeyLike> {
    let keys = &*KEYS;
    let mut found: Vec<KeyLike> = Vec::new();
    for number in keys.any.matches(text.as_bytes()) {
        let rule = &keys.rules[number];
        for captures in keys.each[number].captures_iter(text.as_bytes()) {
            let groups = captures.iter().skip(1).flatten();
            let mut secrets: Vec<Range<usize>> = groups.map(|group| group.range()).collect();
            if secrets.is_empty() {
                secrets.extend(captures.get(0).map(|whole| whole.range()));
            }
            let secrets = secrets
                .into_iter()
                .map(|range| text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end));
            let secrets = secrets.filter(|range| rule.takes(&text[range.clone()]));
            found.extend(secrets.map(|range| KeyLike { range, what: &rule.what }));
        }
    }
    found.sort_by_key(|key| (key.range.start, std::cmp::Reverse(key.range.end)));
    found.dedup_by(|next, kept| {
        let overlaps = next.range.start < kept.range.end;
        if overlaps {
            kept.range.end = kept.range.end.max(next.range.end);
        }
        overlaps
    });
    found
}

/// The text with [`REDACTED`] in place of each secret.
pub fn masked(text: &str) -> Cow<'_, str> {
    let keys = keys(text);
    if keys.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = text.to_owned();
    for key in keys.iter().rev() {
        masked.replace_range(key.range.clone(), REDACTED);
    }
    Cow::Owned(masked)
}

impl KeyRule {
    /// Whether what the pattern found is a secret.
    fn takes(&self, secret: &str) -> bool {
        let has = |test: fn(&u8) -> bool| secret.bytes().any(|byte| test(&byte));
        let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        !secret.trim().is_empty()
            && secret != REDACTED
            && (mixed || !self.digit && !self.random)
            && !(self.random && is_words(secret))
            && (self.entropy == 0.0 || entropy(secret) >= self.entropy)
    }
}

/// Whether a text is words and small numbers with joints between: `report-2024.final`.
fn is_words(text: &str) -> bool {
    let is_word = |part: &str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - letters.len() <= 4 && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    text.split(['_', '-', '.', '/', ':', '=', '+', '@']).all(is_word)
}

/// Shannon entropy in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all);
    shares.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of the kind that is built at run time: none of this file is one.
    fn made(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn keys_are_masked_and_the_rest_stays() {
        let tail = "9fQ2mZ7xL4kV8bN1cT6rY3wP5sD0gH7jK2a";
        let pem =
            made(&["-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEow\nabc+/=\n-----END RSA PRIV", "ATE KEY-----"]);
        for (text, secret) in [
            (made(&["id = 'AKIA", "Q3EGRZ7VBNM2LKJH'"]), made(&["AKIA", "Q3EGRZ7VBNM2LKJH"])),
            (made(&["t = \"ghp_", tail, "\""]), made(&["ghp_", tail])),
            (made(&["glpat-", "x9K2mQ7vLw4zTn8bRc1d"]), "x9K2mQ7".into()),
            (made(&["xoxb-", "123456789012-abcdefGHIJ"]), "123456789012".into()),
            (made(&["k = 'sk_live_", "4eC39Hq'"]), "4eC39Hq".into()),
            (made(&["AIza", tail]), tail.into()),
            (made(&["sk-ant-", "api03-", tail]), tail.into()),
            (made(&["sk-proj-", tail]), tail.into()),
            (made(&["npm_", tail]), tail.into()),
            (made(&["eyJhbGciOiJIUzI1NiJ9x", ".eyJzdWIiOiIxMjM0NTY3", ".c2lnbmF0dXJl"]), "c2lnbmF0".into()),
            (pem, "MIIEow".into()),
            ("postgres://app:s3cr3tpw@db/x".into(), "s3cr3tpw".into()),
            ("aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfi'".into(), "wJalrXUtnFEMI".into()),
            ("const API_TOKEN: &str = \"7Gh2kLp9QwErTy4u\";".into(), "7Gh2kLp9".into()),
            ("cfg['db_password'] = \"hunter2x\"".into(), "hunter2x".into()),
            ("client_secret = \"8f3ka92lQpw7zX0v".into(), "8f3ka92l".into()),
            ("passwd = 'tr0ub4dor\r\nx = 1".into(), "tr0ub4dor".into()),
            ("export SESSION_SECRET=8f3ka92lQpw7zX0v".into(), "8f3ka92l".into()),
            ("{\"apiKey\": \"a81bc81b-dead-4e5d-abff-90865d1e13b1\"}".into(), "a81bc81b".into()),
        ] {
            let masked = masked(&text);
            assert!(!masked.contains(&secret) && masked.contains(REDACTED), "{text}: {masked}");
            assert_eq!(super::masked(&masked), masked, "once is enough");
        }
        let text = "pässword = \"hunter2x\"  # ü\n";
        assert_eq!(masked(&text.replace('ä', "a")), "password = \"REDACTED\"  # ü\n");
    }

    #[test]
    fn ordinary_code_stays() {
        for text in [
            "for key, value in items.items():\n    cache[key] = value\n",
            "cache_key = \"report-2024.final\"",
            "token = tokenizer.next_token(text)",
            "password = getpass.getpass(\"Password: \")",
            "PASSWORD_FIELD = \"password\"",
            "API_KEY = os.environ[\"API_KEY_OF_STRIPE\"]",
            "const KEY_SIZE: usize = 4096;",
            "let secret = SecretKey::generate(&mut rng);",
            "url = \"https://example.com:8080/a@b\"",
            "use std::collections::HashMap;",
            "sha256 = hashlib.sha256(data).hexdigest()",
            "é = 'Schlüssel'",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn a_prompt_takes_little_time() {
        let line =
            "    result = self.compute_total(order_id, token=next_token, key=lambda item: item.name)\n";
        let text = line.repeat(24 * 1024 / line.len());
        masked(&text);
        let start = std::time::Instant::now();
        masked(&text);
        // 24 KiB are the most that a prompt has. The bound is far away: tests run on busy machines, unoptimised.
        assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    }
}
