//! Gives a rule the node it judges: rust-analyzer's green tree, which has no parents and costs nothing to walk.

use std::ops::Deref;

use ra_ap_syntax::{GreenNode, NodeOrToken, SyntaxKind, T};

/// A node of the green tree.
pub type Green = <GreenNode as Deref>::Target;

/// When rustc finds a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// When it parses: what an attribute macro gets must have passed.
    Parser,
    /// In the tree after macros have run: one of them may have mended it.
    Tree,
}

/// One thing that rustc refuses, and its name, which is the message too.
#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    pub stage: Stage,
    /// The kinds of node that it judges.
    pub kinds: &'static [SyntaxKind],
    /// Whether a node breaks it.
    pub broken: fn(&Site) -> bool,
}

/// A rule that holds in the tree after macros have run.
pub const fn rule(name: &'static str, kinds: &'static [SyntaxKind], broken: fn(&Site) -> bool) -> Rule {
    Rule { name, stage: Stage::Tree, kinds, broken }
}

/// A rule that holds already when rustc parses.
pub const fn parser_rule(
    name: &'static str,
    kinds: &'static [SyntaxKind],
    broken: fn(&Site) -> bool,
) -> Rule {
    Rule { name, stage: Stage::Parser, kinds, broken }
}

/// A node and what it is in.
#[derive(Debug)]
pub struct Site<'a> {
    pub node: &'a Green,
    /// What it is in, the file first.
    pub parents: &'a [&'a Green],
    /// The text of the file.
    pub text: &'a str,
    /// Whether what is at the top level surely stands there: the file has no syntax error.
    pub top_known: bool,
}

/// What an item belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// A file, a module or a block.
    Free,
    Trait,
    /// `impl S`.
    Impl,
    /// `impl T for S`.
    TraitImpl,
    Extern,
    Unknown,
}

impl<'a> Site<'a> {
    /// What the node is in, 0 being the nearest.
    pub fn parent(&self, up: usize) -> Option<&'a Green> {
        self.parents.iter().rev().nth(up).copied()
    }

    /// The kind of [`Site::parent`].
    pub fn parent_kind(&self, up: usize) -> Option<SyntaxKind> {
        self.parent(up).map(kind)
    }

    pub fn has(&self, wanted: SyntaxKind) -> bool {
        has(self.node, wanted)
    }

    /// What the node, an item, belongs to.
    pub fn home(&self) -> Home {
        self.home_above(0)
    }

    /// What [`Site::parent`] number `up - 1`, an item, belongs to.
    pub fn home_above(&self, up: usize) -> Home {
        match self.parent_kind(up) {
            Some(SyntaxKind::SOURCE_FILE) if self.top_known => Home::Free,
            Some(SyntaxKind::ITEM_LIST | SyntaxKind::STMT_LIST) => Home::Free,
            Some(SyntaxKind::EXTERN_ITEM_LIST) => Home::Extern,
            Some(SyntaxKind::ASSOC_ITEM_LIST) => match self.parent(up + 1) {
                Some(owner) if kind(owner) == SyntaxKind::TRAIT => Home::Trait,
                Some(owner) if kind(owner) == SyntaxKind::IMPL && has(owner, T![for]) => Home::TraitImpl,
                Some(owner) if kind(owner) == SyntaxKind::IMPL => Home::Impl,
                _ => Home::Unknown,
            },
            _ => Home::Unknown,
        }
    }
}

pub fn kind(node: &Green) -> SyntaxKind {
    SyntaxKind::from(node.kind().0)
}

/// The kinds of a node's children, tokens too.
pub fn kinds(node: &Green) -> impl Iterator<Item = SyntaxKind> + '_ {
    node.children().map(|child| match child {
        NodeOrToken::Node(node) => kind(node),
        NodeOrToken::Token(token) => SyntaxKind::from(token.kind().0),
    })
}

/// Whether one of the children, tokens too, is of a kind.
pub fn has(node: &Green, wanted: SyntaxKind) -> bool {
    kinds(node).any(|kind| kind == wanted)
}

/// The children that are nodes.
pub fn nodes(node: &Green) -> impl Iterator<Item = &Green> {
    node.children().filter_map(|child| child.into_node())
}

/// The children that are tokens, with their kinds.
pub fn tokens(node: &Green) -> impl Iterator<Item = (SyntaxKind, &str)> {
    let tokens = node.children().filter_map(|child| child.into_token());
    tokens.map(|token| (SyntaxKind::from(token.kind().0), token.text()))
}

/// The first child of a kind.
pub fn child(node: &Green, wanted: SyntaxKind) -> Option<&Green> {
    nodes(node).find(|node| kind(node) == wanted)
}

/// The text of a node.
pub fn text(node: &Green) -> String {
    node.to_string()
}

/// Whether a comment is the documentation of what follows.
pub fn is_outer_documentation(comment: &str) -> bool {
    let line = comment.starts_with("///") && !comment.starts_with("////");
    let block = comment.starts_with("/**") && !comment.starts_with("/***") && comment.len() > 4;
    line || block
}
