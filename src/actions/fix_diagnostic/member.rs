//! Puts the receiver before a name that only the receiver has: `value` → `self.value`.

use tree_sitter::Node;

use super::repair::{FixContext, Repair};
use crate::document::Edit;
use crate::language::DiagnosticKind;

/// A member of that very name in that very class leaves little doubt.
const MEMBER: f32 = 86.0;

/// `return value` → `return self.value`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if !context.is(DiagnosticKind::UnknownName) {
        return Vec::new();
    }
    let Some(receiver) = receiver(context) else { return Vec::new() };
    if !members(context).any(|member| context.site.of(member) == context.name) {
        return Vec::new();
    }
    let prefix = format!("{receiver}{}", context.site.language.repairs.member);
    vec![Repair {
        title: format!("Insert `{prefix}` before `{}`", context.name),
        edits: vec![Edit::insert(context.at.start, prefix)],
        score: MEMBER,
        sure: true,
        ..Repair::default()
    }]
}

/// What the method around the name calls its receiver: its first parameter, without what borrows it.
pub fn receiver<'a>(context: &FixContext<'a>) -> Option<&'a str> {
    let site = context.site;
    let class = site.around("class", &context.at)?;
    let holds = |method: &&Node<'a>| {
        let range = method.byte_range();
        range.start <= context.at.start && context.at.end <= range.end
    };
    // The outermost one inside of the class: what is defined in a method sees the method's receiver.
    let inside =
        site.all("method").iter().filter(holds).filter(|method| {
            class.start_byte() <= method.start_byte() && method.end_byte() <= class.end_byte()
        });
    let method = inside.max_by_key(|method| method.byte_range().len())?;
    let parameters = site.all("parameters").iter().find(|node| node.parent() == Some(*method))?;
    let first = parameters.named_child(0)?;
    let word = site.of(first).rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    let plain =
        site.of(first).split_whitespace().last().is_some_and(|last| last.trim_start_matches('&') == word);
    (plain && site.language.config.lexical.receivers.iter().any(|name| name == word)).then_some(word)
}

/// The members of the class around the name, and of what has the same name as that: a struct's fields stand elsewhere.
pub fn members<'a>(context: &'a FixContext<'_>) -> impl Iterator<Item = Node<'a>> {
    let site = context.site;
    let class = site.around("class", &context.at);
    let subject =
        class.and_then(|class| class.child_by_field_name("type")).map(|node| base_name(site.of(node)));
    site.all("member").iter().copied().filter(move |member| {
        let Some(class) = class else { return false };
        let range = class.byte_range();
        let inside = range.start <= member.start_byte() && member.end_byte() <= range.end;
        let owner = || {
            let owner = std::iter::successors(member.parent(), Node::parent).find_map(|node| {
                node.child_by_field_name("name")
                    .filter(|name| name.id() != member.id())
                    .or_else(|| node.child_by_field_name("type"))
                    .filter(|_| node.child_by_field_name("body").is_some())
            });
            owner.map(|node| base_name(site.of(node)))
        };
        inside || subject.is_some() && owner() == subject
    })
}

/// A type's name without its parameters.
fn base_name(text: &str) -> &str {
    text.split(['<', ' ']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, nothing, undefined};

    #[test]
    fn the_receiver_is_put_before_its_member() {
        let class =
            "class A:\n    def __init__(self):\n        self.value = 1\n\n    def f(self):\n        return ";
        let message = undefined("python", "value");
        check("python", &format!("{class}⟦value⟧ + 1\n"), &message, &format!("{class}self.value + 1\n"));
        let code = |body: &str| {
            format!(
                "struct A {{\n    value: u8,\n}}\n\nimpl A {{\n    fn f(&mut self) -> u8 {{\n        {body}\n    }}\n}}\n"
            )
        };
        check("rust", &code("⟦value⟧"), &undefined("rust", "value"), &code("self.value"));
        // Inside of a function in the method, too.
        let nested = "class A:\n    x_axis = 1\n    def f(self):\n        def g():\n            return ";
        check(
            "python",
            &format!("{nested}⟦x_axis⟧\n"),
            &undefined("python", "x_axis"),
            &format!("{nested}self.x_axis\n"),
        );
    }

    #[test]
    fn where_there_is_no_receiver_there_is_no_repair() {
        let text = "class A:\n    def a_method(self): pass\n\ndef f():\n    return ⟦a_method⟧()\n";
        nothing("python", text, &undefined("python", "a_method"));
        // A list of all arguments is no receiver, whatever it is called.
        let text = "class A:\n    value = 1\n    def f(*cls):\n        return ⟦value⟧\n";
        nothing("python", text, &undefined("python", "value"));
        let code =
            "struct A {\n    value: u8,\n}\n\nimpl A {\n    fn f() -> u8 {\n        ⟦value⟧\n    }\n}\n";
        nothing("rust", code, &undefined("rust", "value"));
        // All the arguments are no receiver, whatever they are called.
        let all = "class A:\n    x_axis = 1\n    def f(*cls):\n        return ⟦x_axis⟧\n";
        nothing("python", all, &undefined("python", "x_axis"));
    }
}
