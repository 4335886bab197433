//! Refuses generics in a wrong order, and bounds in wrong places.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::{SyntaxKind, T};

use super::site::{Rule, Site, child, has, kind, kinds, nodes, rule};

pub const RULES: [Rule; 9] = [
    rule("lifetimes come before types and constants", &[GENERIC_PARAM_LIST], |site| {
        kinds(site.node)
            .skip_while(|kind| !matches!(kind, TYPE_PARAM | CONST_PARAM))
            .any(|kind| kind == LIFETIME_PARAM)
    }),
    rule("parameters with a default come last", &[GENERIC_PARAM_LIST], |site| {
        let mut types = nodes(site.node).filter(|node| matches!(kind(node), TYPE_PARAM | CONST_PARAM));
        types.any(|node| has(node, T![=])) && types.any(|node| !has(node, T![=]))
    }),
    rule("a lifetime of `for<…>` has no bounds", &[LIFETIME_PARAM], |site| {
        site.parent_kind(1) == Some(FOR_BINDER) && has_bound(site)
    }),
    rule("generic arguments come before the first constraint", &[GENERIC_ARG_LIST], |site| {
        kinds(site.node)
            .skip_while(|kind| *kind != ASSOC_TYPE_ARG)
            .any(|kind| matches!(kind, TYPE_ARG | LIFETIME_ARG | CONST_ARG))
    }),
    rule("`impl Trait` cannot be inside of another", &[IMPL_TRAIT_TYPE], |site| {
        let around = site.parents.iter().rev().map(|node| kind(node));
        let mut around = around.take_while(|kind| {
            !matches!(kind, ASSOC_TYPE_ARG | RET_TYPE | BLOCK_EXPR | PARAM_LIST | TYPE_ANCHOR)
        });
        around.any(|kind| kind == IMPL_TRAIT_TYPE)
    }),
    rule("`impl Trait` can be only the last part of a path", &[IMPL_TRAIT_TYPE], |site| {
        let around: Vec<SyntaxKind> = site.parents.iter().rev().take(5).map(|node| kind(node)).collect();
        matches!(around[..], [TYPE_ANCHOR, ..] | [TYPE_ARG, GENERIC_ARG_LIST, PATH_SEGMENT, PATH, PATH])
    }),
    rule("a trait object has no bounds on its associated types", &[ASSOC_TYPE_ARG], |site| {
        let around: Vec<SyntaxKind> = site.parents.iter().rev().take(7).map(|node| kind(node)).collect();
        site.has(TYPE_BOUND_LIST)
            && matches!(
                around[..],
                [_, PATH_SEGMENT, PATH, PATH_TYPE, TYPE_BOUND, TYPE_BOUND_LIST, DYN_TRAIT_TYPE]
            )
    }),
    rule("`?Sized` is not allowed in trait objects and supertraits", &[TYPE_BOUND], |site| {
        site.has(T![?]) && matches!(site.parent_kind(1), Some(DYN_TRAIT_TYPE | TRAIT))
    }),
    rule("a trait object has one lifetime at most", &[DYN_TRAIT_TYPE], |site| {
        let bounds = child(site.node, TYPE_BOUND_LIST).into_iter().flat_map(nodes);
        bounds.filter(|bound| has(bound, LIFETIME)).count() > 1
    }),
];

fn has_bound(site: &Site) -> bool {
    child(site.node, TYPE_BOUND_LIST).is_some_and(|bounds| nodes(bounds).next().is_some())
}
