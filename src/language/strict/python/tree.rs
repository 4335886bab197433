//! Refuses what CPython's compiler refuses in a tree that ruff's parser and its checks accept, one statement, expression or
//! pattern at a time.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprContext, FStringPart, InterpolatedStringElement, Pattern, Stmt, StmtTry,
};

/// A rule by its name, which is the message too, and whether a node breaks it. Each has an example in
/// `strict/examples/python.toml`.
type TreeRule<Node> = (&'static str, fn(&Node) -> bool);

const STATEMENTS: [TreeRule<Stmt>; 4] = [
    ("a starred expression stands for several values here", |statement| match statement {
        Stmt::AugAssign(each) => each.value.is_starred_expr(),
        Stmt::AnnAssign(each) => each.value.as_ref().is_some_and(|value| value.is_starred_expr()),
        Stmt::Expr(each) => each.value.is_starred_expr(),
        Stmt::With(each) => {
            let mut names = each.items.iter().filter_map(|item| item.optional_vars.as_deref());
            names.any(Expr::is_starred_expr)
        }
        _ => false,
    }),
    ("`except:` comes last", |statement| {
        let Stmt::Try(each) = statement else { return false };
        let bare = |ExceptHandler::ExceptHandler(handler): &ExceptHandler| handler.type_.is_none();
        each.handlers.split_last().is_some_and(|(_, before)| before.iter().any(bare))
    }),
    (
        "`break`, `continue` and `return` cannot leave an `except*` block",
        |statement| matches!(statement, Stmt::Try(each) if each.is_star && Leaving::of(each)),
    ),
    ("`__debug__` cannot be the name of an argument", |statement| {
        let Stmt::ClassDef(class) = statement else { return false };
        let mut keywords = class.arguments.iter().flat_map(|arguments| &arguments.keywords);
        keywords.any(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "__debug__"))
    }),
];

const EXPRESSIONS: [TreeRule<Expr>; 2] = [
    ("a starred expression cannot be formatted", |expression| {
        let Expr::FString(text) = expression else { return false };
        let formatted = text.value.iter().filter_map(|part| match part {
            FStringPart::FString(part) => Some(&part.elements),
            FStringPart::Literal(_) => None,
        });
        formatted.flat_map(|elements| elements.iter()).any(|element| match element {
            InterpolatedStringElement::Interpolation(element) => element.expression.is_starred_expr(),
            InterpolatedStringElement::Literal(_) => false,
        })
    }),
    ("`__debug__` cannot be assigned to", |expression| match expression {
        Expr::Attribute(each) => each.attr.as_str() == "__debug__" && each.ctx != ExprContext::Load,
        Expr::Call(call) => {
            let mut names = call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
            names.any(|name| name.as_str() == "__debug__")
        }
        _ => false,
    }),
];

const PATTERNS: [TreeRule<Pattern>; 3] = [
    ("`__debug__` cannot be an attribute of a pattern", |pattern| {
        let Pattern::MatchClass(class) = pattern else { return false };
        class.arguments.keywords.iter().any(|keyword| keyword.attr.as_str() == "__debug__")
    }),
    ("a pattern that matches everything comes last", |pattern| {
        let Pattern::MatchOr(either) = pattern else { return false };
        let all = |pattern: &Pattern| matches!(pattern, Pattern::MatchAs(name) if name.pattern.is_none());
        either.patterns.split_last().is_some_and(|(_, before)| before.iter().any(all))
    }),
    ("an f-string is no pattern", |pattern| match pattern {
        Pattern::MatchValue(value) => value.value.is_f_string_expr(),
        Pattern::MatchMapping(mapping) => mapping.keys.iter().any(Expr::is_f_string_expr),
        _ => false,
    }),
];

/// The names of all rules.
#[cfg(test)]
pub fn rule_names() -> Vec<&'static str> {
    let (statements, expressions) = (STATEMENTS.map(|rule| rule.0), EXPRESSIONS.map(|rule| rule.0));
    [&statements[..], &expressions, &PATTERNS.map(|rule| rule.0)].concat()
}

/// The name of the rule that a statement breaks.
pub fn broken_by_statement(statement: &Stmt) -> Option<&'static str> {
    STATEMENTS.iter().find(|(_, broken)| broken(statement)).map(|(name, _)| *name)
}

/// The name of the rule that an expression breaks.
pub fn broken_by_expression(expression: &Expr) -> Option<&'static str> {
    EXPRESSIONS.iter().find(|(_, broken)| broken(expression)).map(|(name, _)| *name)
}

/// The name of the rule that a pattern breaks.
pub fn broken_by_pattern(pattern: &Pattern) -> Option<&'static str> {
    PATTERNS.iter().find(|(_, broken)| broken(pattern)).map(|(name, _)| *name)
}

/// Looks for a statement that leaves a block.
struct Leaving {
    loops: usize,
    found: bool,
}

impl Leaving {
    /// Whether a handler of `statement` is left by `break`, `continue` or `return`.
    fn of(statement: &StmtTry) -> bool {
        let mut leaving = Self { loops: 0, found: false };
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            leaving.visit_body(&handler.body);
        }
        leaving.found
    }

    fn in_loop(&mut self, body: &[Stmt], orelse: &[Stmt]) {
        self.loops += 1;
        self.visit_body(body);
        self.loops -= 1;
        self.visit_body(orelse);
    }
}

impl Visitor<'_> for Leaving {
    fn visit_stmt(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Return(_) => self.found = true,
            Stmt::Break(_) | Stmt::Continue(_) => self.found |= self.loops == 0,
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(each) => self.in_loop(&each.body, &each.orelse),
            Stmt::While(each) => self.in_loop(&each.body, &each.orelse),
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _: &Expr) {}
}
