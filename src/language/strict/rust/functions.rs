//! Refuses parameters and qualifiers that a function may not have where it stands.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::{SyntaxKind, T};

use super::attributes;
use super::site::{Green, Home, Rule, child, has, is_outer_documentation, kind, nodes, rule, text, tokens};

pub const RULES: [Rule; 9] = [
    rule("patterns are not allowed in functions without a body", &[PARAM], |site| {
        site.parent(1).is_some_and(|function| kind(function) == FN && has(function, T![;]))
            && site.home_above(2) == Home::Trait
            && pattern(site.node).is_some_and(|pattern| !is_name(pattern, &[T![mut]]))
    }),
    rule("patterns are not allowed in functions of an `extern` block", &[PARAM], |site| {
        site.home_above(2) == Home::Extern && pattern(site.node).is_some_and(|pattern| !is_name(pattern, &[]))
    }),
    rule("`self` is allowed in functions of a trait or an `impl` only", &[SELF_PARAM], |site| {
        site.parent_kind(1) == Some(FN) && matches!(site.home_above(2), Home::Free | Home::Extern)
    }),
    rule("`self` is allowed in functions only, not in their types", &[PARAM, TYPE_ARG], |site| {
        let in_type = match kind(site.node) {
            PARAM => site.parent_kind(1) == Some(FN_PTR_TYPE),
            _ => site.parent_kind(0) == Some(PARENTHESIZED_ARG_LIST),
        };
        in_type && nodes(site.node).any(is_self)
    }),
    rule("a function cannot be both `const` and `async`", &[FN], |site| {
        site.has(T![const]) && site.has(ASYNC_KW) && site.home() != Home::Extern
    }),
    rule("a function of a trait cannot be `const`", &[FN], |site| {
        site.has(T![const])
            && matches!(site.home(), Home::Trait | Home::TraitImpl)
            && site.parent(1).is_some_and(|owner| !has(owner, T![const]))
    }),
    rule("only an `unsafe extern` function can have `...`", &[PARAM], |site| {
        site.has(T![...])
            && site.home_above(2) != Home::Extern
            && site.parent(1).is_some_and(|function| {
                kind(function) == FN
                    && (has(function, ASYNC_KW) || !has(function, ABI) || !has(function, T![unsafe]))
            })
    }),
    rule("a parameter has no documentation", &[PARAM_LIST, PARAM, SELF_PARAM], |site| {
        let of_function = match kind(site.node) {
            PARAM_LIST => site.parent_kind(0),
            _ => site.parent_kind(1),
        };
        of_function == Some(FN)
            && tokens(site.node).any(|(kind, text)| kind == COMMENT && is_outer_documentation(text))
    }),
    rule("this attribute is not allowed on a parameter", &[PARAM, SELF_PARAM], |site| {
        let mut attributes = nodes(site.node).filter(|node| kind(node) == ATTR);
        attributes.any(|attribute| {
            attributes::is_built_in(attribute) && !attributes::may_be_on_parameter(attribute)
        })
    }),
];

/// The pattern of a parameter.
fn pattern(parameter: &Green) -> Option<&Green> {
    has(parameter, T![:]).then(|| nodes(parameter).find(|node| kind(node) != ATTR)).flatten()
}

/// Whether a pattern is a name or `_`. These words may stand in front of the name.
fn is_name(pattern: &Green, words: &[SyntaxKind]) -> bool {
    let plain = |kind: SyntaxKind| kind == NAME || kind.is_trivia() || words.contains(&kind);
    match kind(pattern) {
        WILDCARD_PAT => true,
        IDENT_PAT => super::site::kinds(pattern).all(plain),
        _ => false,
    }
}

/// Whether a type is `self`, or a reference to it.
fn is_self(kind_of_self: &Green) -> bool {
    match kind(kind_of_self) {
        REF_TYPE => nodes(kind_of_self).any(is_self),
        PATH_TYPE => child(kind_of_self, PATH).is_some_and(|path| text(path) == "self"),
        _ => false,
    }
}
