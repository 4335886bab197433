//! Checks `global` and `nonlocal` as CPython's symbol table does: against what the scope did with the name before, and
//! against the functions around it.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt, TypeParams,
};
use ruff_text_size::{Ranged as _, TextRange};

/// What a scope does with a name.
#[derive(Debug, Default, Clone, Copy)]
struct Deeds {
    used: bool,
    assigned: bool,
    imported: bool,
    parameter: bool,
    global: bool,
    nonlocal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Owner {
    Module,
    Class,
    Function,
    /// A comprehension or a lambda: what `:=` binds in the former belongs to the scope around.
    Comprehension,
}

/// The names of a module, class or function.
struct ScopeNames<'a> {
    owner: Owner,
    deeds: HashMap<&'a str, Deeds>,
    nonlocal: Vec<(&'a str, TextRange)>,
    inner: Vec<ScopeNames<'a>>,
}

impl ScopeNames<'_> {
    fn new(owner: Owner) -> Self {
        Self { owner, deeds: HashMap::new(), nonlocal: Vec::new(), inner: Vec::new() }
    }

    /// Reports each `nonlocal` whose name no function around binds.
    fn unbound(&self, around: &HashSet<&str>, errors: &mut Vec<(TextRange, String)>) {
        for (name, range) in &self.nonlocal {
            if !around.contains(name) && self.owner != Owner::Module {
                errors.push((*range, format!("no binding for nonlocal `{name}` found")));
            }
        }
        let mut bound = around.clone();
        if self.owner == Owner::Class {
            bound.insert("__class__");
        } else if self.owner == Owner::Function {
            for (name, deeds) in &self.deeds {
                if deeds.global {
                    bound.remove(name);
                } else if deeds.assigned || deeds.imported || deeds.parameter {
                    bound.insert(name);
                }
            }
        }
        self.inner.iter().for_each(|inner| inner.unbound(&bound, errors));
    }
}

/// What is wrong with `global` and `nonlocal` in a module. With `sound`, which says that it has no syntax error, the names that
/// a `nonlocal` needs are looked for too. With `in_cells` it is made of the cells of a notebook, which are compiled one by one.
pub fn errors(module: &[Stmt], sound: bool, in_cells: bool) -> Vec<(TextRange, String)> {
    let mut table = Table { scopes: vec![ScopeNames::new(Owner::Module)], in_cells, errors: Vec::new() };
    table.visit_body(module);
    let mut errors = table.errors;
    if sound && let Some(module) = table.scopes.first() {
        module.unbound(&HashSet::new(), &mut errors);
    }
    errors
}

/// Fills the scopes in the order of the source.
struct Table<'a> {
    /// Innermost last.
    scopes: Vec<ScopeNames<'a>>,
    in_cells: bool,
    errors: Vec<(TextRange, String)>,
}

impl<'a> Table<'a> {
    fn deeds(&mut self, name: &'a str) -> Option<&mut Deeds> {
        Some(self.scopes.last_mut()?.deeds.entry(name).or_default())
    }

    fn assign(&mut self, name: &'a str) {
        if let Some(deeds) = self.deeds(name) {
            deeds.assigned = true;
        }
    }

    fn import(&mut self, name: &'a str) {
        if let Some(deeds) = self.deeds(name) {
            deeds.imported = true;
        }
    }

    fn within(&mut self, owner: Owner, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(ScopeNames::new(owner));
        visit(self);
        if let Some(inner) = self.scopes.pop()
            && let Some(outer) = self.scopes.last_mut()
            && (!inner.nonlocal.is_empty() || !inner.inner.is_empty())
        {
            outer.inner.push(inner);
        }
    }

    /// `global`, or `nonlocal`, of a name that the scope used before.
    fn declare(&mut self, word: &str, name: &'a str, range: TextRange) {
        if self.in_cells && self.scopes.len() == 1 {
            return;
        }
        let Some(scope) = self.scopes.last_mut() else { return };
        let deeds = scope.deeds.entry(name).or_default();
        // Parameters are reported by ruff's checker.
        let before = match *deeds {
            Deeds { parameter: true, .. } => None,
            Deeds { assigned: true, .. } => Some("assigned to"),
            Deeds { used: true, .. } => Some("used"),
            _ => None,
        };
        let (global, nonlocal) = (deeds.global || word == "global", deeds.nonlocal || word == "nonlocal");
        if let Some(before) = before {
            self.errors.push((range, format!("`{name}` is {before} before this `{word}`")));
        } else if global && nonlocal && !(deeds.global && deeds.nonlocal) {
            self.errors.push((range, format!("`{name}` is nonlocal and global")));
        } else if word == "nonlocal" {
            scope.nonlocal.push((name, range));
        }
        (deeds.global, deeds.nonlocal) = (global, nonlocal);
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            if let Some(deeds) = self.deeds(parameter.name().as_str()) {
                deeds.parameter = true;
            }
        }
    }

    fn type_parameters(&mut self, parameters: Option<&'a TypeParams>) {
        parameters.into_iter().for_each(|parameters| self.visit_type_params(parameters));
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        let Some((first, rest)) = generators.split_first() else { return };
        self.visit_expr(&first.iter);
        self.within(Owner::Comprehension, |table| {
            table.visit_expr(&first.target);
            first.ifs.iter().for_each(|condition| table.visit_expr(condition));
            rest.iter().for_each(|generator| table.visit_comprehension(generator));
            elements.iter().for_each(|element| table.visit_expr(element));
        });
    }
}

impl<'a> Visitor<'a> for Table<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.assign(function.name.as_str());
                function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.type_parameters(function.type_params.as_deref());
                self.visit_parameters(&function.parameters);
                function.returns.iter().for_each(|returns| self.visit_annotation(returns));
                self.within(Owner::Function, |table| {
                    table.parameters(&function.parameters);
                    table.visit_body(&function.body);
                });
            }
            Stmt::ClassDef(class) => {
                self.assign(class.name.as_str());
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.type_parameters(class.type_params.as_deref());
                class.arguments.iter().for_each(|arguments| self.visit_arguments(arguments));
                self.within(Owner::Class, |table| table.visit_body(&class.body));
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let first = alias.name.as_str().split('.').next().unwrap_or_default();
                    self.import(alias.asname.as_ref().map_or(first, |name| name.as_str()));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.import(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::Global(global) => {
                global.names.iter().for_each(|name| self.declare("global", name.as_str(), name.range()));
            }
            Stmt::Nonlocal(nonlocal) => {
                nonlocal.names.iter().for_each(|name| self.declare("nonlocal", name.as_str(), name.range()));
            }
            Stmt::AnnAssign(annotated) => {
                if let Expr::Name(name) = &*annotated.target
                    && annotated.simple
                {
                    let in_module = self.scopes.len() == 1;
                    let declared =
                        self.deeds(name.id.as_str()).is_some_and(|deeds| deeds.global || deeds.nonlocal);
                    if declared && !in_module {
                        self.errors.push((
                            name.range,
                            format!("`{}` cannot be annotated: it is declared in another scope", name.id),
                        ));
                    }
                }
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => {
                if let Some(deeds) = self.deeds(name.id.as_str()) {
                    match name.ctx {
                        ExprContext::Load => deeds.used = true,
                        _ => deeds.assigned = true,
                    }
                }
            }
            Expr::Lambda(lambda) => {
                lambda.parameters.iter().for_each(|parameters| self.visit_parameters(parameters));
                self.within(Owner::Function, |table| {
                    lambda.parameters.iter().for_each(|parameters| table.parameters(parameters));
                    table.visit_expr(&lambda.body);
                });
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                // It belongs to the scope around all comprehensions.
                if let Expr::Name(name) = &*named.target {
                    let around =
                        self.scopes.iter_mut().rev().find(|scope| scope.owner != Owner::Comprehension);
                    if let Some(scope) = around {
                        scope.deeds.entry(name.id.as_str()).or_default().assigned = true;
                    }
                }
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => self.comprehension(&generator.generators, &[&generator.elt]),
            Expr::DictComp(dict) => {
                let elements: Vec<&Expr> = dict.key.as_deref().into_iter().chain([&*dict.value]).collect();
                self.comprehension(&dict.generators, &elements);
            }
            _ => walk_expr(self, expression),
        }
    }

    /// Python evaluates them later, or never, from 3.14 on and with `from __future__ import annotations`.
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(each) = handler;
        each.type_.iter().for_each(|kind| self.visit_expr(kind));
        each.name.iter().for_each(|name| self.assign(name.as_str()));
        self.visit_body(&each.body);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(each) => each.name.as_ref(),
            Pattern::MatchStar(each) => each.name.as_ref(),
            Pattern::MatchMapping(each) => each.rest.as_ref(),
            _ => None,
        };
        name.into_iter().for_each(|name| self.assign(name.as_str()));
        walk_pattern(self, pattern);
    }
}
