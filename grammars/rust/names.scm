; Where names come from and where they can be seen; grammars/python/names.scm says what the captures mean. All kinds of
; names (types, values, macros, modules) count as one: more is known that way than should be, never less.
(function_item) @scope
(function_item body: (block) @wall)
(function_signature_item) @scope
(closure_expression) @scope
(block) @scope
(if_expression) @scope
(while_expression) @scope
(for_expression) @scope
(match_arm) @scope
(impl_item) @scope
(impl_item body: (declaration_list) @scope.members)
(trait_item) @scope
(trait_item body: (declaration_list) @scope.members)
(mod_item body: (declaration_list) @scope)
(struct_item) @scope
(union_item) @scope
(enum_item) @scope
(type_item) @scope
(associated_type) @scope

(function_item name: (identifier) @define.outer)
(function_signature_item name: (identifier) @define.outer)
(struct_item name: (type_identifier) @define.outer)
(union_item name: (type_identifier) @define.outer)
(enum_item name: (type_identifier) @define.outer)
(trait_item name: (type_identifier) @define.outer)
(type_item name: (type_identifier) @define.outer)
(associated_type name: (type_identifier) @define.outer)
(const_item name: (identifier) @define)
(static_item name: (identifier) @define)
(mod_item name: (identifier) @define)
(type_parameter name: (type_identifier) @define)
(const_parameter name: (identifier) @define)
(macro_definition name: (identifier) @define.root)

; @define.after: every identifier in it, from its end on.
(let_declaration pattern: (_) @define.after)
(let_condition pattern: (_) @define.after)
(parameter pattern: (_) @define.in)
(closure_parameters (_) @define.in)
(for_expression pattern: (_) @define.in)
(match_pattern . (_) @define.in)
; @use: a use in the middle of what defines.
(tuple_struct_pattern type: (identifier) @use)

(use_declaration argument: (identifier) @define.import)
(use_declaration argument: (scoped_identifier name: (identifier) @define.import))
(use_list (identifier) @define.import)
(use_list (scoped_identifier name: (identifier) @define.import))
(use_as_clause alias: (identifier) @define.import)
; use a::b::{self};
(scoped_use_list path: (identifier) @define.import)
(scoped_use_list path: (scoped_identifier name: (identifier) @define.import))
(extern_crate_declaration name: (identifier) @define.import)
(extern_crate_declaration alias: (identifier) @define.import)

(use_declaration) @skip.in
(extern_crate_declaration) @skip.in
(visibility_modifier) @skip.in
(attribute_item) @skip.in
(inner_attribute_item) @skip.in
(scoped_identifier name: (identifier) @skip)
(scoped_type_identifier name: (type_identifier) @skip)
(type_binding name: (type_identifier) @skip)
(enum_variant name: (identifier) @skip)
(lifetime (identifier) @skip)
(label (identifier) @skip)
; A macro may come from anywhere, a crate is known to Cargo only, and what a macro makes of its arguments is its own.
(macro_invocation macro: (identifier) @skip)
(scoped_identifier path: (identifier) @skip.lower)
(scoped_type_identifier path: (identifier) @skip.lower)
(token_tree) @skip.in
; @loose: an identifier in it may be a use of a name: enough to find those of other functions.
((macro_invocation macro: (identifier) @_name (token_tree) @loose)
  (#any-of? @_name "assert" "assert_eq" "assert_ne" "debug_assert" "debug_assert_eq" "debug_assert_ne" "print" "println" "eprint"
    "eprintln" "format" "write" "writeln" "panic" "unreachable" "vec" "dbg"))
; @unclear: no uses in here, and every identifier may be a name of the whole file.
(macro_definition) @unclear
(source_file (macro_invocation (token_tree) @unclear))
(source_file (expression_statement (macro_invocation (token_tree) @unclear)))
(declaration_list (macro_invocation (token_tree) @unclear))

; @some: any function or type may be known, and whatever begins with a capital.
(use_wildcard) @some
(call_expression function: (identifier) @call)
