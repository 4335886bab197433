//! Judges what a body gives back, on each way through it, by the type that its signature asks for.

use std::collections::HashSet;

use tree_sitter::Node;

use super::{Body, DEPTH, Nonsense};
use crate::document::tree::named_children;

/// How a way through a body ends, where it does not leave the function by itself.
enum End<'t> {
    /// With this value.
    Value(Node<'t>),
    /// With none.
    Nothing,
}

impl<'a, 't> Body<'a, 't>
where
    'a: 't,
{
    /// What is wrong with what the body gives back.
    pub(super) fn given(&self) -> Option<Nonsense> {
        let types = &self.file.language.types;
        let returns = self.found.iter().filter_map(|one| one.node("returns"));
        let returns = returns.filter(|node| self.is("returns", *node)).find(|node| {
            // Not of a function inside.
            node.end_byte() <= self.inserted.start
        })?;
        if self.own("generator").next().is_some() {
            return None;
        }
        let keys = types.keys(&self.text(returns), &self.file.classes);
        let excludes =
            |kind: &str| keys.as_ref().is_some_and(|keys| !keys.iter().any(|key| types.takes(key, kind)));
        let mut ends = Vec::new();
        for answer in self.own("answer") {
            self.ends(answer, &mut ends);
        }
        let answers = !ends.is_empty();
        if let Some(block) = self.block() {
            self.ends(block, &mut ends);
        }
        let gives_nothing = self.own("answer.nothing").next().is_some();
        let falls = gives_nothing || ends.iter().any(|end| matches!(end, End::Nothing));
        let is_open = keys.is_none() && (types.strict_nothing || !answers);
        if falls && (excludes(&types.nothing) || is_open && !self.takes_anything(returns)) {
            return Some(Nonsense::GivesNothing);
        }
        let contradicts = |end: &End<'t>| match end {
            End::Value(value) => self.type_of(*value, false, DEPTH).is_some_and(|kind| excludes(&kind)),
            End::Nothing => false,
        };
        ends.iter().any(contradicts).then_some(Nonsense::WrongType)
    }

    /// Whether what is annotated allows that nothing is given back, although its name is not known.
    fn takes_anything(&self, returns: Node<'_>) -> bool {
        let text = self.text(returns);
        self.file.language.types.anything.iter().any(|name| text.contains(name.as_str()))
    }

    /// The statements of the function.
    fn block(&self) -> Option<Node<'t>> {
        let children = named_children(self.written.function);
        children.into_iter().find(|child| self.is("block", *child))
    }

    /// Adds how the ways through `node` end: an expression, or a block.
    fn ends(&self, node: Node<'t>, ends: &mut Vec<End<'t>>) {
        // By hand: deeply nested code must not overflow the stack.
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if self.is("leaves", node) {
                continue;
            }
            if self.is("fork", node) {
                open.extend(self.arms(node));
            } else if self.is("block", node) {
                let last = named_children(node).into_iter().rfind(|child| !child.is_extra());
                match last {
                    None => ends.push(End::Nothing),
                    Some(last) => self.end_of_block(last, &mut open, ends),
                }
            } else {
                ends.push(End::Value(node));
            }
        }
    }

    /// The same for the last statement of a block.
    fn end_of_block(&self, last: Node<'t>, open: &mut Vec<Node<'t>>, ends: &mut Vec<End<'t>>) {
        if self.is("leaves", last) {
            return;
        }
        if self.is("fork", last) {
            return open.push(last);
        }
        let inside = last.named_child(0).filter(|inside| inside.end_byte() == last.end_byte());
        match [Some(last), inside].into_iter().flatten().find(|node| self.is("tail", *node)) {
            Some(tail) => open.push(tail),
            None => ends.push(End::Nothing),
        }
    }

    /// The arms of a fork, not those of one inside.
    fn arms(&self, fork: Node<'t>) -> Vec<Node<'t>> {
        let mut arms = Vec::new();
        let mut seen = HashSet::new();
        let mut open = named_children(fork);
        while let Some(node) = open.pop() {
            if self.is("arm", node) {
                if seen.insert(node.id()) {
                    arms.push(node);
                }
            } else if !self.is("fork", node) {
                open.extend(named_children(node));
            }
        }
        arms
    }
}
