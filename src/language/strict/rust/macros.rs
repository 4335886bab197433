//! Refuses calls of the standard library's macros whose arguments are no expressions, and macros without rules.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::{SyntaxKind, T};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token};

use super::site::{Green, Rule, Site, child, kinds, rule, text};

/// Macros whose arguments are expressions with commas between, some with a name.
const CALLS: &str = " assert assert_eq assert_ne dbg debug_assert debug_assert_eq debug_assert_ne eprint eprintln format format_args panic \
                     print println todo unimplemented unreachable vec write writeln ";

pub const RULES: [Rule; 2] = [
    rule("the arguments of this macro are expressions with commas between", &[MACRO_CALL], |site| {
        let Some(name) = called(site) else { return false };
        if !CALLS.contains(&format!(" {name} ")) {
            return false;
        }
        let Some(list) = child(site.node, TOKEN_TREE).map(text) else { return false };
        let Some(inside) = list.get(1..list.len().saturating_sub(1)) else { return false };
        let wrong = match name.as_str() {
            "vec" => syn::parse_str::<Expr>(&format!("[{inside}]")).is_err(),
            _ => arguments.parse_str(inside).is_err(),
        };
        wrong && !is_redefined(site.text, &name)
    }),
    rule("a rule of a macro is `(…) => {…}`", &[MACRO_RULES], |site| {
        child(site.node, TOKEN_TREE).is_some_and(|rules| !are_rules(rules))
    }),
];

/// The name of the macro that is called, when it is no path.
fn called(site: &Site) -> Option<String> {
    child(site.node, PATH).map(text)
}

/// Expressions with commas between, and names in front of some: `a, b = c`.
fn arguments(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            Ident::parse_any(input)?;
            input.parse::<Token![=]>()?;
        }
        input.parse::<Expr>()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Whether a file has a macro of its own, or imports another, of this name.
fn is_redefined(file: &str, name: &str) -> bool {
    let names =
        |line: &str| line.split(|char: char| char != '_' && !char.is_alphanumeric()).any(|word| word == name);
    let mut lines = file.lines().map(str::trim_start);
    lines.any(|line| (line.contains("macro_rules!") || line.contains("use ")) && names(line))
}

/// Whether a group holds rules with `;` between.
fn are_rules(rules: &Green) -> bool {
    let mut inside: Vec<SyntaxKind> = kinds(rules).filter(|kind| !kind.is_trivia()).collect();
    inside.pop();
    let rule = |rule: &[SyntaxKind]| {
        matches!(rule, [TOKEN_TREE, T![=>], TOKEN_TREE] | [TOKEN_TREE, T![=], T![>], TOKEN_TREE])
    };
    let Some(mut rest) = inside.get(1..).filter(|rest| !rest.is_empty()) else { return false };
    if let [before @ .., T![;]] = rest {
        rest = before;
    }
    rest.split(|kind| *kind == T![;]).all(rule)
}
