; Where names come from and where they can be seen. What is no @skip and defines nothing is a use of a name.
; @scope: names defined inside are seen inside only. @scope.members: so are these, but not from behind an inner @wall.
; @scope.inline: a scope that assignments to surrounding names leave (@define.far).
(function_definition) @scope
(function_definition body: (block) @wall)
(lambda) @scope
(lambda body: (_) @wall)
(class_definition) @scope
(class_definition body: (block) @scope.members)
(list_comprehension) @scope.inline
(set_comprehension) @scope.inline
(dictionary_comprehension) @scope.inline
(generator_expression) @scope.inline

; @define: an identifier that is a name of the scope it is in; @define.outer: of the scope around that one.
(function_definition name: (identifier) @define.outer)
(class_definition name: (identifier) @define.outer)
(assignment left: (identifier) @define)
(named_expression name: (identifier) @define.far)
(for_statement left: (identifier) @define)
(for_in_clause left: (identifier) @define)
(pattern_list (identifier) @define)
(tuple_pattern (identifier) @define)
(list_pattern (identifier) @define)
(list_splat_pattern (identifier) @define)
(dictionary_splat_pattern (identifier) @define)
; @define.in: every identifier in it.
(as_pattern_target) @define.in
(parameters (identifier) @define)
(lambda_parameters (identifier) @define)
(typed_parameter . (identifier) @define)
(default_parameter name: (identifier) @define)
(typed_default_parameter name: (identifier) @define)
(type_alias_statement left: (type) @define.in)
(function_definition type_parameters: (_) @define.in)
(class_definition type_parameters: (_) @define.in)
(nonlocal_statement (identifier) @define)
; @define.root: a name of the whole file.
(global_statement (identifier) @define.root)

; match: what is no dotted path is a new name; the rest is left alone.
(case_pattern (dotted_name (identifier) @define))
(case_pattern (as_pattern (identifier) @define))
(keyword_pattern (identifier) @skip)
(keyword_pattern (dotted_name (identifier) @define))
(splat_pattern (identifier) @define)
(union_pattern (dotted_name (identifier) @skip))
(class_pattern (dotted_name (identifier) @skip))
(dict_pattern key: (dotted_name (identifier) @skip))

; @define.import: defined by name elsewhere, so that it hides a builtin on purpose.
(import_statement name: (dotted_name . (identifier) @define.import))
(import_from_statement name: (dotted_name (identifier) @define.import))
(future_import_statement name: (dotted_name (identifier) @define.import))
(aliased_import alias: (identifier) @define.import)
; @skip: an identifier, @skip.in: every identifier in it, that is no use of a name of this file.
(import_statement) @skip.in
(import_from_statement) @skip.in
(future_import_statement) @skip.in
(attribute attribute: (identifier) @skip)
(keyword_argument name: (identifier) @skip)

; @everything: any name may be known.
(wildcard_import) @everything
((call function: (identifier) @everything) (#eq? @everything "globals"))

; @own: a member reached through the receiver; @own.define: it is set. @owner: a class whose members are all in this file.
((attribute object: (identifier) @_receiver attribute: (identifier) @own) (#eq? @_receiver "self"))
((assignment left: (attribute object: (identifier) @_receiver attribute: (identifier) @own.define)) (#eq? @_receiver "self"))
(class_definition !superclasses) @owner
