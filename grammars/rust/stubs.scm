; Functions that are still to be written; grammars/python/stubs.scm says what the captures mean.
; @stub.empty: what a body takes the place of, if the function is documented.
((function_item name: (identifier) @stub.name body: (block (macro_invocation macro: (identifier) @_macro) @stub.hole)) @stub
  (#any-of? @_macro "todo" "unimplemented"))
((function_item name: (identifier) @stub.name
  body: (block (expression_statement . (macro_invocation macro: (identifier) @_macro)) @stub.hole)) @stub
  (#any-of? @_macro "todo" "unimplemented"))
(function_item name: (identifier) @stub.name body: (block . "{" . "}" .) @stub.empty) @stub
(trait_item body: (declaration_list (function_signature_item name: (identifier) @stub.name ";" @stub.empty) @stub))
(attribute_item) @stub.lead

((parameters (parameter pattern: [(identifier) @stub.parameter (mut_pattern (identifier) @stub.parameter)]))
  (#not-match? @stub.parameter "^_"))
(parameters (parameter pattern: (tuple_pattern (identifier) @stub.parameter)))
(parameters (parameter type: [(type_identifier) @stub.type
  (reference_type type: (type_identifier) @stub.type)
  (generic_type type: (type_identifier) @stub.type)]))
([(function_item return_type: (_) @stub.returns) (function_signature_item return_type: (_) @stub.returns)]
  (#not-any-of? @stub.returns "()" "!"))
([(function_item return_type: (type_identifier) @stub.type) (function_signature_item return_type: (type_identifier) @stub.type)])
(function_item body: (block (_expression) @stub.last))
(function_item body: (block (expression_statement [
  (if_expression) (match_expression) (loop_expression) (unsafe_block) (block) (return_expression (_))]) @stub.last))
(function_item body: (block (expression_statement (return_expression)) @stub.end))
