//! Tells ruff's checker where in a module it is, and asks our own rules on the way.

use std::cell::RefCell;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, Parameters, Pattern, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
};
use ruff_text_size::{Ranged as _, TextRange};

use super::tree;

/// Where the visitor is.
struct Scope {
    kind: ScopeKind,
    /// Whether the statement is in the body of a loop of this scope.
    in_loop: bool,
    /// The names a function binds in its head.
    parameters: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum ScopeKind {
    Module,
    Class,
    Function { is_async: bool },
    Comprehension { is_async: bool, is_generator: bool },
}

/// Walks the tree, tells ruff's checker where it is, and counts what it reports.
pub struct Scopes<'a> {
    source: &'a str,
    /// Whether these are the cells of a notebook.
    in_cells: bool,
    checker: SemanticSyntaxChecker,
    /// Innermost last; the first is the module.
    stack: Vec<Scope>,
    errors: RefCell<Vec<(TextRange, String)>>,
}

impl<'a> Scopes<'a> {
    /// What ruff's checker reports for a module.
    pub fn errors(source: &'a str, module: &[Stmt], in_cells: bool) -> Vec<(TextRange, String)> {
        let mut scopes = Self::new(source, in_cells);
        scopes.visit_body(module);
        scopes.errors.into_inner()
    }

    fn new(source: &'a str, in_cells: bool) -> Self {
        let module = Scope { kind: ScopeKind::Module, in_loop: false, parameters: vec![] };
        Self {
            source,
            in_cells,
            checker: SemanticSyntaxChecker::new(),
            stack: vec![module],
            errors: RefCell::default(),
        }
    }

    fn within(&mut self, kind: ScopeKind, parameters: Option<&Parameters>, visit: impl FnOnce(&mut Self)) {
        let names = |parameters: &Parameters| parameters.iter().map(|each| each.name().to_string()).collect();
        self.stack.push(Scope {
            kind,
            in_loop: false,
            parameters: parameters.map(names).unwrap_or_default(),
        });
        visit(self);
        self.stack.pop();
    }

    fn check(&mut self, check: impl FnOnce(&mut SemanticSyntaxChecker, &Self)) {
        let mut checker = std::mem::take(&mut self.checker);
        check(&mut checker, self);
        self.checker = checker;
    }

    fn comprehension(&mut self, generators: &[Comprehension], is_generator: bool, elements: &[&Expr]) {
        let Some((first, rest)) = generators.split_first() else { return };
        // The first iterable is evaluated outside.
        self.visit_expr(&first.iter);
        let is_async = generators.iter().any(|generator| generator.is_async);
        self.within(ScopeKind::Comprehension { is_async, is_generator }, None, |scopes| {
            scopes.visit_expr(&first.target);
            first.ifs.iter().for_each(|condition| scopes.visit_expr(condition));
            rest.iter().for_each(|generator| scopes.visit_comprehension(generator));
            elements.iter().for_each(|element| scopes.visit_expr(element));
        });
    }

    fn report(&self, rule: Option<&'static str>, range: TextRange) {
        if let Some(rule) = rule {
            self.errors.borrow_mut().push((range, rule.to_owned()));
        }
    }

    /// Visit a loop: its body is in it, its `else` is not.
    fn visit_loop(&mut self, body: &[Stmt], orelse: &[Stmt]) {
        let before = self.scope_mut().map(|scope| std::mem::replace(&mut scope.in_loop, true));
        self.visit_body(body);
        if let Some(scope) = self.scope_mut() {
            scope.in_loop = before.unwrap_or_default();
        }
        self.visit_body(orelse);
    }

    fn scope_mut(&mut self) -> Option<&mut Scope> {
        self.stack.last_mut()
    }

    fn kind(&self) -> ScopeKind {
        self.stack.last().map_or(ScopeKind::Module, |scope| scope.kind)
    }

    /// The innermost function, class or module, past comprehensions.
    fn enclosing(&self) -> ScopeKind {
        let mut kinds = self.stack.iter().rev().map(|scope| scope.kind);
        kinds.find(|kind| !matches!(kind, ScopeKind::Comprehension { .. })).unwrap_or(ScopeKind::Module)
    }
}

impl Visitor<'_> for Scopes<'_> {
    fn visit_stmt(&mut self, statement: &Stmt) {
        self.check(|checker, scopes| checker.visit_stmt(statement, scopes));
        self.report(tree::broken_by_statement(statement), statement.range());
        match statement {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                function.type_params.iter().for_each(|parameters| self.visit_type_params(parameters));
                self.visit_parameters(&function.parameters);
                function.returns.iter().for_each(|returns| self.visit_annotation(returns));
                let kind = ScopeKind::Function { is_async: function.is_async };
                self.within(kind, Some(&function.parameters), |scopes| scopes.visit_body(&function.body));
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                class.type_params.iter().for_each(|parameters| self.visit_type_params(parameters));
                class.arguments.iter().for_each(|arguments| self.visit_arguments(arguments));
                self.within(ScopeKind::Class, None, |scopes| scopes.visit_body(&class.body));
            }
            Stmt::For(each) => {
                self.visit_expr(&each.iter);
                self.visit_expr(&each.target);
                self.visit_loop(&each.body, &each.orelse);
            }
            Stmt::While(each) => {
                self.visit_expr(&each.test);
                self.visit_loop(&each.body, &each.orelse);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &Expr) {
        self.check(|checker, scopes| checker.visit_expr(expression, scopes));
        self.report(tree::broken_by_expression(expression), expression.range());
        match expression {
            Expr::Lambda(lambda) => {
                lambda.parameters.iter().for_each(|parameters| self.visit_parameters(parameters));
                let kind = ScopeKind::Function { is_async: false };
                self.within(kind, lambda.parameters.as_deref(), |scopes| scopes.visit_expr(&lambda.body));
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, false, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, false, &[&set.elt]),
            Expr::Generator(generator) => self.comprehension(&generator.generators, true, &[&generator.elt]),
            Expr::DictComp(dict) => {
                let elements: Vec<&Expr> = dict.key.as_deref().into_iter().chain([&*dict.value]).collect();
                self.comprehension(&dict.generators, false, &elements);
            }
            _ => walk_expr(self, expression),
        }
    }

    fn visit_pattern(&mut self, pattern: &Pattern) {
        self.report(tree::broken_by_pattern(pattern), pattern.range());
        walk_pattern(self, pattern);
    }
}

impl SemanticSyntaxContext for Scopes<'_> {
    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.errors.borrow_mut().push((error.range, error.to_string()));
    }

    fn source(&self) -> &str {
        self.source
    }

    fn python_version(&self) -> PythonVersion {
        // Where versions differ in what they refuse, the more lenient: a false fault silences a good suggestion.
        PythonVersion::PY313
    }

    fn in_module_scope(&self) -> bool {
        self.kind() == ScopeKind::Module
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.kind(), ScopeKind::Function { .. })
    }

    fn in_async_context(&self) -> bool {
        let enclosing = self.enclosing();
        enclosing == ScopeKind::Function { is_async: true } || self.in_cells && enclosing == ScopeKind::Module
    }

    fn in_await_allowed_context(&self) -> bool {
        let enclosing = self.enclosing();
        matches!(enclosing, ScopeKind::Function { .. }) || self.in_cells && enclosing == ScopeKind::Module
    }

    fn in_yield_allowed_context(&self) -> bool {
        self.in_function_scope()
    }

    fn in_generator_context(&self) -> bool {
        matches!(self.kind(), ScopeKind::Comprehension { is_generator: true, .. })
    }

    fn in_sync_comprehension(&self) -> bool {
        self.stack.iter().any(|scope| matches!(scope.kind, ScopeKind::Comprehension { is_async: false, .. }))
    }

    fn in_class_body_comprehension(&self) -> bool {
        self.enclosing() == ScopeKind::Class
    }

    fn in_loop_context(&self) -> bool {
        self.stack.last().is_some_and(|scope| scope.in_loop)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        self.stack.last().is_some_and(|scope| scope.parameters.iter().any(|parameter| parameter == name))
    }

    // What needs the names of the whole file is not known here, and answered so that nothing is reported.

    fn global(&self, _name: &str) -> Option<TextRange> {
        None
    }

    fn has_nonlocal_binding(&self, _name: &str) -> bool {
        true
    }

    fn future_annotations_or_stub(&self) -> bool {
        false
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        None
    }

    fn in_notebook(&self) -> bool {
        self.in_cells
    }
}
