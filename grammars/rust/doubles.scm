; What may stand only once in its list, and what says the same on both of its sides; grammars/python/doubles.scm says what the
; captures mean.
(enum_variant_list (enum_variant name: (_) @key)) @list
(field_declaration_list (field_declaration name: (_) @key)) @list
(field_initializer_list [
  (field_initializer field: (_) @key)
  (shorthand_field_initializer (identifier) @key)
]) @list
(match_block (match_arm pattern: (_) @key)) @list
(use_list (_) @key) @list
(parameters (parameter pattern: (identifier) @key)) @list
(declaration_list [
  (function_item name: (_) @key)
  (function_signature_item name: (_) @key)
]) @list
(source_file (function_item name: (_) @key)) @list
(declaration_list (const_item name: (_) @key)) @list
(source_file [(const_item name: (_) @key) (static_item name: (_) @key)]) @list
(source_file [
  (struct_item name: (_) @key)
  (enum_item name: (_) @key)
  (union_item name: (_) @key)
  (trait_item name: (_) @key)
  (type_item name: (_) @key)
]) @list
(declaration_list [
  (struct_item name: (_) @key)
  (enum_item name: (_) @key)
  (type_item name: (_) @key)
  (associated_type name: (_) @key)
]) @list
; @free: what stands behind it may come again: it is compiled under a condition.
((attribute_item (attribute (identifier) @_name)) @free (#match? @_name "^cfg"))

((assignment_expression left: (_) @_left right: (_) @_right) @same (#eq? @_left @_right))
((binary_expression left: (_) @_left operator: ["==" "<" ">" "<=" ">=" "&&" "||" "-" "/" "%"] right: (_) @_right) @same
  (#eq? @_left @_right))
((if_expression consequence: (_) @_left alternative: (else_clause (block) @_right)) @same (#eq? @_left @_right))
((macro_invocation macro: (identifier) @_name (token_tree . (_) @_left . "," . (_) @_right .)) @same
  (#any-of? @_name "assert_eq" "assert_ne" "debug_assert_eq") (#eq? @_left @_right))
