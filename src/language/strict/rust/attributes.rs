//! Refuses attributes of the language that are malformed or stand at a wrong place. Others belong to macros, which may take
//! what the language does not.

use ra_ap_syntax::SyntaxKind::*;
use ra_ap_syntax::{SyntaxKind, T};

use super::site::{Green, Rule, Site, child, kind, kinds, nodes, rule, text, tokens};

/// How an attribute may be written.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// `#[a]`
    Word,
    /// `#[a(b)]`
    List,
    /// `#[a = "b"]`
    Value,
}
use Shape::{List, Value, Word};

/// Attributes of the language with the shapes that rustc takes; all of them where it matters to nobody.
const SHAPES: &[(&str, &[Shape])] = &[
    ("allow", &[List]),
    ("deny", &[List]),
    ("expect", &[List]),
    ("forbid", &[List]),
    ("warn", &[List]),
    ("derive", &[List]),
    ("cfg", &[List]),
    ("cfg_attr", &[List]),
    ("repr", &[List]),
    ("target_feature", &[List]),
    ("feature", &[List]),
    ("path", &[Value]),
    ("crate_name", &[Value]),
    ("export_name", &[Value]),
    ("link_name", &[Value]),
    ("link_section", &[Value]),
    ("recursion_limit", &[Value]),
    ("cold", &[Word]),
    ("automatically_derived", &[Word]),
    ("global_allocator", &[Word]),
    ("no_main", &[Word]),
    ("no_mangle", &[Word]),
    ("no_std", &[Word]),
    ("non_exhaustive", &[Word]),
    ("track_caller", &[Word]),
    ("deprecated", &[Word, List, Value]),
    ("must_use", &[Word, Value]),
    ("inline", &[Word, List, Value]),
    ("macro_use", &[Word, List]),
    ("macro_export", &[Word, List]),
];

/// Those with a list of names, values and lists.
const LISTS: [&str; 9] =
    ["allow", "deny", "expect", "forbid", "warn", "deprecated", "repr", "doc", "target_feature"];

/// More attributes of the language, which may have any shape here.
const MORE: &str = " bench crate_type default_lib_allocator diagnostic doc global_asm ignore instruction_set link link_ordinal \
                    must_not_suspend naked no_builtins no_implicit_prelude no_link panic_handler proc_macro proc_macro_attribute \
                    proc_macro_derive should_panic test test_case type_length_limit used windows_subsystem debugger_visualizer \
                    collapse_debuginfo coroutine coverage fundamental marker may_dangle rustc_const_unstable stable unstable \
                    optimize type_const const_trait default ";

/// Whose attributes no macro sees: `#[rustfmt::skip]`.
const TOOLS: [&str; 6] = ["clippy", "rustfmt", "diagnostic", "rust_analyzer", "miri", "rustdoc"];

/// Macros that want valid code. What another one is put on is judged by the parser alone.
const PLAIN_MACROS: &str = " async_recursion async_trait bench case component contract get handler instrument main post pyclass pyfunction \
                            pymethods pymodule rstest serde test test_case test_log tokio_test traced_test wasm_bindgen_test ";

/// What a parameter may have.
const ON_PARAMETERS: [&str; 8] = ["allow", "cfg", "cfg_attr", "deny", "expect", "forbid", "warn", "rustfmt"];

/// Unsafe ones: only they can be written `#[unsafe(…)]`.
const UNSAFE: [&str; 6] = ["no_mangle", "export_name", "link_section", "naked", "ffi_const", "ffi_pure"];

pub const RULES: [Rule; 10] = [
    rule("`derive` is for structs, enums and unions", &[ATTR], |site| {
        is(site, "derive")
            && !site.has(T![!])
            && !matches!(site.parent_kind(0), Some(STRUCT | ENUM | UNION | ERROR))
    }),
    rule("`derive` takes paths with commas between", &[ATTR], |site| {
        is(site, "derive") && list(site.node).is_some_and(|list| !is_list(list, false))
    }),
    rule("an attribute takes names, values and lists with commas between", &[ATTR], |site| {
        LISTS.contains(&name(site.node).as_str()) && list(site.node).is_some_and(|list| !is_list(list, true))
    }),
    rule("`test` is for functions", &[ATTR], |site| {
        is(site, "test") && !matches!(site.parent_kind(0), Some(FN | MACRO_CALL | MACRO_EXPR | ERROR))
    }),
    rule("this attribute is written in another way", &[ATTR], |site| {
        let Some(meta) = meta(site.node) else { return false };
        let name = name(site.node);
        let shapes = SHAPES.iter().find(|(known, _)| *known == name);
        shapes.is_some_and(|(_, shapes)| !shapes.contains(&shape(meta)))
    }),
    rule("`inline` takes `always` or `never`", &[ATTR], |site| {
        let list = list(site.node).filter(|_| is(site, "inline"));
        list.is_some_and(|list| !matches!(text(list).as_str(), "(always)" | "(never)"))
    }),
    rule("an attribute has no documentation in it", &[CFG_META, CFG_ATTR_META, CFG_COMPOSITE], |site| {
        tokens(site.node).any(|(kind, text)| kind == COMMENT && is_documentation(text))
    }),
    rule("`not` takes one condition", &[CFG_COMPOSITE], |site| {
        tokens(site.node).next().is_some_and(|(_, word)| word == "not") && nodes(site.node).count() != 1
    }),
    rule("the value of an attribute is a literal without suffix", &[KEY_VALUE_META], |site| {
        let value = nodes(site.node).skip_while(|node| kind(node) != PATH).nth(1);
        value.is_some_and(|value| match kind(value) {
            LITERAL => tokens(value).any(|(kind, text)| {
                matches!(kind, INT_NUMBER | FLOAT_NUMBER)
                    && text.contains(['u', 'i', 'f'])
                    && !text.starts_with("0x")
            }),
            MACRO_EXPR | ERROR => false,
            _ => true,
        })
    }),
    rule("this is no unsafe attribute", &[UNSAFE_META], |site| {
        let name = nodes(site.node).next().map(path_of).unwrap_or_default();
        (SHAPES.iter().any(|(known, _)| *known == name)) && !UNSAFE.contains(&name.as_str())
    }),
];

/// Whether a node is an item on which a macro stands that may take what the language does not.
pub fn hides(node: &Green, own: SyntaxKind) -> bool {
    if !matches!(own, FN | IMPL | TRAIT | MODULE | EXTERN_BLOCK | CONST | STATIC | TYPE_ALIAS) {
        return false;
    }
    let attributes = || nodes(node).take_while(|child| kind(child) == ATTR);
    // Beside a plain one stand its helpers: `#[rstest] #[case(1)]`.
    attributes().any(|attribute| !is_built_in(attribute)) && !attributes().any(is_plain)
}

/// Whether an attribute is one of the language or a tool.
pub fn is_built_in(attribute: &Green) -> bool {
    let Some(meta) = meta(attribute) else { return true };
    if matches!(kind(meta), CFG_META | CFG_ATTR_META | UNSAFE_META) {
        return true;
    }
    let path = path_of(meta);
    let first = path.split("::").next().unwrap_or_default();
    SHAPES.iter().any(|(known, _)| *known == path)
        || MORE.contains(&format!(" {path} "))
        || path.starts_with("rustc_")
        || path.contains("::") && TOOLS.contains(&first)
}

/// Whether an attribute may stand on a parameter.
pub fn may_be_on_parameter(attribute: &Green) -> bool {
    let name = name(attribute);
    ON_PARAMETERS.contains(&name.split("::").next().unwrap_or_default()) || name.contains("::")
}

fn is_plain(attribute: &Green) -> bool {
    let name = name(attribute);
    let last = name.rsplit("::").next().unwrap_or_default();
    PLAIN_MACROS.contains(&format!(" {last} "))
}

fn is(site: &Site, wanted: &str) -> bool {
    name(site.node) == wanted
}

/// What stands in the brackets of an attribute.
fn meta(attribute: &Green) -> Option<&Green> {
    nodes(attribute).find(|node| kind(node) != ERROR)
}

/// The list in the brackets of an attribute.
fn list(attribute: &Green) -> Option<&Green> {
    meta(attribute).and_then(|meta| child(meta, TOKEN_TREE))
}

/// The name of an attribute, a path.
fn name(attribute: &Green) -> String {
    meta(attribute).map(path_of).unwrap_or_default()
}

fn path_of(meta: &Green) -> String {
    match kind(meta) {
        CFG_META => "cfg".to_owned(),
        CFG_ATTR_META => "cfg_attr".to_owned(),
        _ => child(meta, PATH).map(text).unwrap_or_default(),
    }
}

fn shape(meta: &Green) -> Shape {
    match kind(meta) {
        KEY_VALUE_META => Value,
        PATH_META => Word,
        _ => List,
    }
}

/// Whether a list holds paths with commas between; each with a value or a list of its own, or literals, if `values`.
fn is_list(list: &Green, values: bool) -> bool {
    // Documentation, or a quotation with a suffix (`"a"b`), belongs to nothing here.
    if tokens(list).any(|(kind, text)| {
        kind == COMMENT && is_documentation(text) || kind == STRING && !text.ends_with(['"', '#'])
    }) {
        return false;
    }
    let words: Vec<SyntaxKind> = kinds(list).filter(|kind| !kind.is_trivia()).collect();
    let Some(inside) = words.get(1..words.len().saturating_sub(1)) else { return true };
    let mut items: Vec<&[SyntaxKind]> = inside.split(|kind| *kind == T![,]).collect();
    if items.last().is_some_and(|last| last.is_empty()) {
        items.pop();
    }
    items.into_iter().all(|item| {
        let path =
            item.split(|kind| !is_name(*kind) && !matches!(kind, T![:] | T![::])).next().unwrap_or_default();
        let rest = &item[path.len()..];
        let value =
            rest.is_empty() || values && (matches!(rest, [TOKEN_TREE] | [T![=], _] | [T![=], T![-], _]));
        is_path(path) && value || values && matches!(item, [literal] if literal.is_literal())
    }) && (!values || nodes(list).all(|list| is_list(list, true)))
}

/// Whether a comment is documentation, of what follows or of what it is in.
fn is_documentation(comment: &str) -> bool {
    let inner = comment.starts_with("//!") || comment.starts_with("/*!");
    inner || super::site::is_outer_documentation(comment)
}

fn is_name(kind: SyntaxKind) -> bool {
    matches!(kind, IDENT | SELF_KW | SUPER_KW | CRATE_KW | SELF_TYPE_KW)
}

/// Whether names stand between pairs of colons.
fn is_path(words: &[SyntaxKind]) -> bool {
    let names: Vec<SyntaxKind> =
        words.iter().copied().filter(|kind| *kind != T![:] && *kind != T![::]).collect();
    let together = words.windows(2).any(|pair| is_name(pair[0]) && is_name(pair[1]));
    !names.is_empty() && !together && words.last().is_some_and(|last| is_name(*last))
}
