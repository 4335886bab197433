//! Refuses what CPython's compiler refuses in a tree that ruff's parser and its checks accept, one statement, expression or
//! pattern at a time.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprContext, FStringPart, InterpolatedStringElement, Pattern, Stmt, StmtTry,
};

/// What a rule looks at.
#[derive(Debug)]
enum Check {
    Statement(fn(&Stmt) -> bool),
    Expression(fn(&Expr) -> bool),
    Pattern(fn(&Pattern) -> bool),
}
use Check::{Expression as InExpression, Pattern as InPattern, Statement as InStatement};

/// The rules by their names, which are the messages too. Each has an example in `strict/examples/python.toml`.
const RULES: [(&str, Check); 9] = [
    (
        "a starred expression stands for several values here",
        InStatement(|statement| match statement {
            Stmt::AugAssign(each) => each.value.is_starred_expr(),
            Stmt::AnnAssign(each) => each.value.as_ref().is_some_and(|value| value.is_starred_expr()),
            Stmt::Expr(each) => each.value.is_starred_expr(),
            Stmt::With(each) => {
                let mut names = each.items.iter().filter_map(|item| item.optional_vars.as_deref());
                names.any(Expr::is_starred_expr)
            }
            _ => false,
        }),
    ),
    (
        "a starred expression cannot be formatted",
        InExpression(|expression| {
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
    ),
    (
        "`except:` comes last",
        InStatement(|statement| {
            let Stmt::Try(each) = statement else { return false };
            let bare = |ExceptHandler::ExceptHandler(handler): &ExceptHandler| handler.type_.is_none();
            each.handlers.split_last().is_some_and(|(_, before)| before.iter().any(bare))
        }),
    ),
    (
        "`break`, `continue` and `return` cannot leave an `except*` block",
        InStatement(|statement| matches!(statement, Stmt::Try(each) if each.is_star && Leaving::of(each))),
    ),
    (
        "`__debug__` cannot be assigned to",
        InExpression(|expression| match expression {
            Expr::Attribute(each) => each.attr.as_str() == "__debug__" && each.ctx != ExprContext::Load,
            Expr::Call(call) => call
                .arguments
                .keywords
                .iter()
                .any(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "__debug__")),
            _ => false,
        }),
    ),
    (
        "`__debug__` cannot be an attribute of a pattern",
        InPattern(|pattern| {
            let Pattern::MatchClass(class) = pattern else { return false };
            class.arguments.keywords.iter().any(|keyword| keyword.attr.as_str() == "__debug__")
        }),
    ),
    (
        "`__debug__` cannot be the name of an argument",
        InStatement(|statement| {
            let Stmt::ClassDef(class) = statement else { return false };
            let mut keywords = class.arguments.iter().flat_map(|arguments| &arguments.keywords);
            keywords.any(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "__debug__"))
        }),
    ),
    (
        "a pattern that matches everything comes last",
        InPattern(|pattern| {
            let Pattern::MatchOr(either) = pattern else { return false };
            let all = |pattern: &Pattern| matches!(pattern, Pattern::MatchAs(name) if name.pattern.is_none());
            either.patterns.split_last().is_some_and(|(_, before)| before.iter().any(all))
        }),
    ),
    (
        "an f-string is no pattern",
        InPattern(|pattern| match pattern {
            Pattern::MatchValue(value) => value.value.is_f_string_expr(),
            Pattern::MatchMapping(mapping) => mapping.keys.iter().any(Expr::is_f_string_expr),
            _ => false,
        }),
    ),
];

/// The names of all rules.
#[cfg(test)]
pub fn rule_names() -> Vec<&'static str> {
    RULES.iter().map(|(name, _)| *name).collect()
}

/// The names of the rules that a statement breaks.
pub fn broken_by_statement(statement: &Stmt) -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .filter(move |(_, check)| matches!(check, Check::Statement(broken) if broken(statement)))
        .map(|(name, _)| *name)
}

/// The names of the rules that an expression breaks.
pub fn broken_by_expression(expression: &Expr) -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .filter(move |(_, check)| matches!(check, Check::Expression(broken) if broken(expression)))
        .map(|(name, _)| *name)
}

/// The names of the rules that a pattern breaks.
pub fn broken_by_pattern(pattern: &Pattern) -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .filter(move |(_, check)| matches!(check, Check::Pattern(broken) if broken(pattern)))
        .map(|(name, _)| *name)
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
