; What may stand only once in its list, and what says the same on both of its sides.
; @list: what holds members; @key: what no other member of the list may have again. A pattern's keys are compared with each other.
(dictionary (pair key: (_) @key)) @list
(set (_) @key) @list
(argument_list (keyword_argument name: (_) @key)) @list
(import_from_statement name: (dotted_name) @key) @list
(parameters [
  (identifier) @key
  (typed_parameter . (identifier) @key)
  (default_parameter name: (identifier) @key)
  (typed_default_parameter name: (identifier) @key)
]) @list
; Definitions without decorators: those with may belong together (a property, overloads).
(module (function_definition name: (identifier) @key)) @list
(block (function_definition name: (identifier) @key)) @list
(module (class_definition name: (identifier) @key)) @list
(block (class_definition name: (identifier) @key)) @list
; The fields of a class.
(class_definition body: (block (expression_statement (assignment left: (identifier) @key type: (_)))) @list)
(if_statement [condition: (_) @key (elif_clause condition: (_) @key)]) @list
(try_statement (except_clause value: (_) @key)) @list
(match_statement body: (block (case_clause . (case_pattern) @key . consequence: (block))) @list)

; @same: code that is the same on both sides. (`x != x` asks whether x is not a number.)
((assignment left: (_) @_left right: (_) @_right) @same (#eq? @_left @_right))
((comparison_operator . (_) @_left . ["==" "<" ">" "<=" ">=" "in" "is"] . (_) @_right .) @same (#eq? @_left @_right))
((boolean_operator left: (_) @_left right: (_) @_right) @same (#eq? @_left @_right))
((conditional_expression . (_) @_left . (_) . (_) @_right .) @same (#eq? @_left @_right))
((if_statement consequence: (_) @_left . alternative: (else_clause body: (_) @_right)) @same (#eq? @_left @_right))
