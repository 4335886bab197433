//! Refuses items that lack what they need, and words in front of them that may not stand there.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::T;

use super::site::{Home, Rule, Site, child, has, kind, nodes, rule};

pub const RULES: [Rule; 19] = [
    rule("a function outside of a trait or an `extern` block needs a body", &[FN], |site| {
        bodiless(site) && matches!(site.home(), Home::Free | Home::Impl | Home::TraitImpl)
    }),
    rule("a constant outside of a trait needs a value", &[CONST], |site| {
        lacks(site, T![=]) && matches!(site.home(), Home::Free | Home::Impl | Home::TraitImpl)
    }),
    rule("a static outside of an `extern` block needs a value", &[STATIC], |site| {
        lacks(site, T![=]) && site.home() == Home::Free
    }),
    rule("a type outside of a trait or an `extern` block needs `= type`", &[TYPE_ALIAS], |site| {
        lacks(site, T![=]) && matches!(site.home(), Home::Free | Home::Impl | Home::TraitImpl)
    }),
    rule("an associated constant needs a name", &[CONST], |site| {
        site.has(UNDERSCORE) && matches!(site.home(), Home::Trait | Home::Impl | Home::TraitImpl)
    }),
    rule("bounds on a type alias have no effect", &[TYPE_ALIAS], |site| {
        site.has(TYPE_BOUND_LIST)
            && site.has(T![=])
            && matches!(site.home(), Home::Free | Home::Impl | Home::TraitImpl)
    }),
    rule("`where` may not come after the type of an alias", &[TYPE_ALIAS], |site| {
        let place = |wanted| super::site::kinds(site.node).position(|kind| kind == wanted);
        matches!((place(T![=]), place(WHERE_CLAUSE)), (Some(equals), Some(clause)) if equals < clause)
            && site.home() == Home::Free
    }),
    rule("visibility is not permitted on items of a trait", &[VISIBILITY], |site| {
        site.home_above(1) == Home::Trait
    }),
    // Without an attribute rust-analyzer's parser says so.
    rule("visibility is not permitted on items of a trait's `impl`", &[VISIBILITY], |site| {
        site.home_above(1) == Home::TraitImpl && site.parent(2).is_some_and(|owner| has(owner, ATTR))
    }),
    rule("visibility is not permitted on fields of a variant", &[VISIBILITY], |site| {
        site.parent_kind(2) == Some(VARIANT)
    }),
    rule("`default` may stand only in a trait's `impl`", &[FN, CONST, TYPE_ALIAS], |site| {
        site.has(DEFAULT_KW) && site.home() == Home::Trait
    }),
    rule("an `impl` without trait can be neither `default` nor `unsafe`", &[IMPL], |site| {
        !site.has(T![for]) && (site.has(DEFAULT_KW) || site.has(T![unsafe]))
    }),
    rule("a negative `impl` cannot be `unsafe`", &[IMPL], |site| site.has(T![!]) && site.has(T![unsafe])),
    rule("what comes before `for` must be a trait", &[IMPL], |site| {
        let mut types =
            nodes(site.node).filter(|node| kind(node) != ATTR && kind(node) != GENERIC_PARAM_LIST);
        site.has(T![for])
            && types.next().is_some_and(|first| kind(first) != PATH_TYPE && kind(first) != ERROR)
    }),
    rule("an `auto` trait can have neither generics, bounds nor items", &[TRAIT], |site| {
        let items = child(site.node, ASSOC_ITEM_LIST);
        site.has(AUTO_KW)
            && (items.is_some_and(|items| nodes(items).next().is_some())
                || [GENERIC_PARAM_LIST, TYPE_BOUND_LIST, WHERE_CLAUSE].into_iter().any(|part| site.has(part)))
    }),
    rule("a union needs a field", &[UNION], |site| {
        child(site.node, RECORD_FIELD_LIST).is_some_and(|fields| nodes(fields).next().is_none())
    }),
    rule("an item of an `extern` block has no body, value or generics", &[FN, STATIC, TYPE_ALIAS], |site| {
        let parts = match kind(site.node) {
            FN => &[BLOCK_EXPR][..],
            STATIC => &[EQ],
            _ => &[EQ, GENERIC_PARAM_LIST, TYPE_BOUND_LIST, WHERE_CLAUSE],
        };
        site.home() == Home::Extern && parts.iter().any(|part| site.has(*part))
    }),
    rule("a function of an `extern` block is neither `const`, `async` nor `extern`", &[FN], |site| {
        site.home() == Home::Extern && [CONST_KW, ASYNC_KW, ABI].into_iter().any(|word| site.has(word))
    }),
    rule("`safe` and `unsafe` in an `extern` block need `unsafe extern`", &[FN, STATIC], |site| {
        (site.has(T![unsafe]) || site.has(SAFE_KW))
            && site.home() == Home::Extern
            && site.parent(1).is_some_and(|block| !has(block, T![unsafe]))
    }),
];

/// Whether an item ends with `;`, and has no such part. What has no `;` either is a syntax error already.
fn lacks(site: &Site, part: ra_ap_syntax::SyntaxKind) -> bool {
    site.has(T![;]) && !site.has(part)
}

/// Whether a function ends with `;`.
fn bodiless(site: &Site) -> bool {
    lacks(site, BLOCK_EXPR)
}
