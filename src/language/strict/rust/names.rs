//! Refuses names of lifetimes and labels, and patterns that rust-analyzer and syn let pass.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::T;

use super::site::{Green, Rule, Site, has, kind, nodes, parser_rule, rule, text};

/// No lifetime and no label has the name of a keyword. Those that came with the edition of 2024 are not among them.
const KEYWORDS: &str = " abstract as async await become box break const continue crate do dyn else enum extern false final fn for if \
                        impl in let loop macro match mod move mut override priv pub ref return self Self static struct super trait true \
                        try type typeof unsafe unsized use virtual where while yield ";

pub const RULES: [Rule; 8] = [
    parser_rule("a lifetime cannot have the name of a keyword", &[LIFETIME], |site| {
        !is_label(site) && !matches!(name(site).as_str(), "static" | "_") && is_keyword(&name(site))
    }),
    parser_rule("a label cannot have the name of a keyword", &[LIFETIME], |site| {
        is_label(site) && (name(site) == "_" || is_keyword(&name(site)))
    }),
    parser_rule("a range behind `&` needs parentheses", &[REF_PAT], |site| site.has(RANGE_PAT)),
    parser_rule("a pattern cannot be a `const` block", &[CONST_BLOCK_PAT], |_| true),
    parser_rule("`let` needs no parentheses around it", &[LET_EXPR], |site| {
        let around = site.parents.iter().rev().map(|node| kind(node));
        let mut around = around.take_while(|kind| matches!(kind, BIN_EXPR | PAREN_EXPR));
        around.any(|kind| kind == PAREN_EXPR)
    }),
    parser_rule("`&&` and `||` in front of `else` need parentheses", &[LET_STMT], |site| {
        let mut values = nodes(site.node).filter(|node| kind(node) == BIN_EXPR);
        site.has(LET_ELSE) && values.any(|value| has(value, T![&&]) || has(value, T![||]))
    }),
    rule("`yield` needs a coroutine", &[YIELD_EXPR], |site| {
        let coroutine = |node: &&Green| has(node, GEN_KW) || kind(node) == CLOSURE_EXPR && has(node, ATTR);
        !site.parents.iter().any(coroutine)
    }),
    rule("`_` is a value on the left side of an assignment only", &[UNDERSCORE_EXPR], |site| {
        !is_assigned(site) && !matches!(site.parent_kind(0), Some(CONST_ARG | ARRAY_TYPE | ARRAY_EXPR))
    }),
];

/// Whether the node is what an assignment sets, or a part of that: `(a, _) = b`, `S { x: _ } = b`.
fn is_assigned(site: &Site) -> bool {
    let mut part = site.node;
    for &around in site.parents.iter().rev() {
        match kind(around) {
            BIN_EXPR => {
                return has(around, T![=])
                    && nodes(around).next().is_some_and(|left| std::ptr::eq(left, part));
            }
            PAREN_EXPR
            | TUPLE_EXPR
            | ARRAY_EXPR
            | CALL_EXPR
            | ARG_LIST
            | RECORD_EXPR
            | RECORD_EXPR_FIELD_LIST
            | RECORD_EXPR_FIELD => part = around,
            _ => return false,
        }
    }
    false
}

/// The name of a lifetime or label, without its quote.
fn name(site: &Site) -> String {
    text(site.node).trim_start_matches('\'').to_owned()
}

fn is_label(site: &Site) -> bool {
    matches!(site.parent_kind(0), Some(LABEL | BREAK_EXPR | CONTINUE_EXPR))
}

fn is_keyword(name: &str) -> bool {
    !name.is_empty() && KEYWORDS.contains(&format!(" {name} "))
}
