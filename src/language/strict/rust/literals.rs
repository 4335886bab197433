//! Refuses numbers and quotations that the lexers let pass.

use ra_ap_syntax::SyntaxKind::*;

use super::site::{Rule, Site, Stage, tokens};

const INTEGERS: [&str; 13] =
    ["", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
const FLOATS: [&str; 5] = ["", "f16", "f32", "f64", "f128"];

pub const RULES: [Rule; 5] = [
    rule("this is no suffix of an integer", Stage::Tree, |site| {
        let Some((INT_NUMBER, text)) = tokens(site.node).next() else { return false };
        let (base, _, suffix) = integer(text);
        !(INTEGERS.contains(&suffix) || base == 10 && FLOATS.contains(&suffix))
    }),
    rule("an integer has 128 bits at most", Stage::Tree, |site| {
        let Some((INT_NUMBER, text)) = tokens(site.node).next() else { return false };
        let (base, digits, _) = integer(text);
        // Digits that do not fit the base are the parsers' business.
        digits.len() > 38
            && u128::from_str_radix(&digits.replace('_', ""), base)
                .is_err_and(|error| *error.kind() == std::num::IntErrorKind::PosOverflow)
    }),
    rule("this is no suffix of a float", Stage::Tree, |site| {
        let Some((FLOAT_NUMBER, text)) = tokens(site.node).next() else { return false };
        !is_based(text) && !FLOATS.contains(&float_suffix(text))
    }),
    rule("only decimal floats exist", Stage::Parser, |site| {
        tokens(site.node).next().is_some_and(|(kind, text)| match kind {
            FLOAT_NUMBER => is_based(text),
            INT_NUMBER => {
                let (base, _, suffix) = integer(text);
                base < 10 && suffix.starts_with(['e', 'E', 'f'])
            }
            _ => false,
        })
    }),
    rule("a quotation has no suffix", Stage::Tree, |site| {
        let is_quoted = |kind| matches!(kind, CHAR | BYTE | STRING | BYTE_STRING | C_STRING);
        tokens(site.node).any(|(kind, text)| is_quoted(kind) && !text.ends_with(['"', '\'', '#']))
    }),
];

const fn rule(name: &'static str, stage: Stage, broken: fn(&Site) -> bool) -> Rule {
    Rule { name, stage, kinds: &[LITERAL, ABI, CFG_ATOM], broken }
}

/// The base, the digits and the suffix of an integer.
fn integer(text: &str) -> (u32, &str, &str) {
    let (base, digits) = match text.get(..2) {
        Some("0x") => (16, &text[2..]),
        Some("0o") => (8, &text[2..]),
        Some("0b") => (2, &text[2..]),
        _ => (10, text),
    };
    let is_digit = |char: char| char == '_' || char.is_digit(base.max(10));
    let end = digits.find(|char| !is_digit(char)).unwrap_or(digits.len());
    (base, &digits[..end], &digits[end..])
}

/// Whether a number begins with `0x`, `0o` or `0b`.
fn is_based(text: &str) -> bool {
    ["0x", "0o", "0b"].iter().any(|prefix| text.starts_with(prefix))
}

/// What follows the digits, the fraction and the exponent.
fn float_suffix(text: &str) -> &str {
    let digits =
        |text: &str| text.find(|char: char| !char.is_ascii_digit() && char != '_').unwrap_or(text.len());
    let mut rest = &text[digits(text)..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = &fraction[digits(fraction)..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.trim_start_matches(['+', '-']);
        rest = &exponent[digits(exponent)..];
    }
    rest
}
