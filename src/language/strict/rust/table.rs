//! Holds the rules that rust-analyzer's parser and syn do not have, and asks those that a text breaks.

use std::ops::Range;
use std::sync::LazyLock;

use ra_ap_syntax::{NodeOrToken, Parse, SourceFile, SyntaxKind};

use super::attributes::hides;
use super::site::{Green, Rule, Site, Stage, kind};
use super::{attributes, functions, generics, items, literals, macros, names};

/// All rules, by subject. Each has an example in `strict/examples/rust.toml`.
const TOPICS: [&[Rule]; 7] = [
    &items::RULES,
    &functions::RULES,
    &generics::RULES,
    &names::RULES,
    &literals::RULES,
    &attributes::RULES,
    &macros::RULES,
];

/// The rules by the kind of node that they judge.
static BY_KIND: LazyLock<Vec<Vec<&Rule>>> = LazyLock::new(|| {
    let mut table: Vec<Vec<&Rule>> = vec![Vec::new(); usize::from(u16::from(SyntaxKind::__LAST)) + 1];
    for rule in TOPICS.into_iter().flatten() {
        for kind in rule.kinds {
            table[usize::from(u16::from(*kind))].push(rule);
        }
    }
    table
});

/// The names of all rules.
#[cfg(test)]
pub fn rule_names() -> Vec<&'static str> {
    TOPICS.into_iter().flatten().map(|rule| rule.name).collect()
}

/// Calls `report` with each rule that `file`, the tree of `text`, breaks, and where; until that says to stop.
/// `sound` is whether the parser found no error in it.
pub fn broken(
    file: &Parse<SourceFile>,
    text: &str,
    sound: bool,
    mut report: impl FnMut(&'static Rule, Range<usize>) -> bool,
) {
    let table = &*BY_KIND;
    let root = file.syntax_node();
    let root = root.green();
    let mut parents: Vec<&Green> = vec![&root];
    // For each of them the rest of its children, where they begin, and whether an attribute macro gets to see it first.
    let mut open = vec![(root.children(), 0_usize, false)];
    while let Some((children, at, hidden)) = open.last_mut() {
        let Some(child) = children.next() else {
            open.pop();
            parents.pop();
            continue;
        };
        let start = *at;
        let node = match child {
            NodeOrToken::Node(node) => node,
            NodeOrToken::Token(token) => {
                *at += usize::from(token.text_len());
                continue;
            }
        };
        *at += usize::from(node.text_len());
        let (own, range) = (kind(node), start..*at);
        let hidden = *hidden && !is_body(own, &parents, &open) || hides(node, own);
        let rules = &table[usize::from(u16::from(own))];
        if !rules.is_empty() {
            let site = Site { node, parents: &parents, text, top_known: sound };
            for rule in rules {
                if (rule.stage == Stage::Parser || !hidden)
                    && (rule.broken)(&site)
                    && !report(rule, range.clone())
                {
                    return;
                }
            }
        }
        if own != SyntaxKind::TOKEN_TREE {
            parents.push(node);
            open.push((node.children(), start, hidden));
        }
    }
}

/// Whether a node is the body of a function: macros that take a function want code in it, and are seldom in one another.
fn is_body<T>(own: SyntaxKind, parents: &[&Green], open: &[(T, usize, bool)]) -> bool {
    own == SyntaxKind::BLOCK_EXPR
        && parents.last().is_some_and(|parent| kind(parent) == SyntaxKind::FN)
        && !open.iter().rev().nth(1).is_some_and(|(_, _, hidden)| *hidden)
}
