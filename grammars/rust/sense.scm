; What a function's body says about its parameters and about what it gives back; grammars/python/sense.scm says what the captures
; mean.
(function_item parameters: (parameters (parameter pattern: (identifier) @parameter type: (_) @parameter.type)))
(function_item return_type: (_) @returns)
[(function_item) (closure_expression) (async_block)] @function
[(struct_item name: (type_identifier) @class) (enum_item name: (type_identifier) @class)]

(return_expression (_) @answer)
(return_expression . "return" .) @answer.nothing
; @tail: the value of the block that it ends.
(block) @block
(block [(_expression) @tail (expression_statement (_) @tail)])
[(return_expression) (loop_expression) (while_expression) (break_expression) (continue_expression)] @leaves
(expression_statement (return_expression)) @leaves
(macro_invocation macro: (_) @_name (#any-of? @_name "panic" "todo" "unimplemented" "unreachable" "bail")) @leaves
(expression_statement (macro_invocation macro: (_) @_name) (#any-of? @_name "panic" "todo" "unimplemented" "unreachable" "bail")) @leaves
((expression_statement (call_expression function: (_) @_name)) @leaves (#match? @_name "(^|::)(exit|abort|panic\\w*)$"))
[(if_expression alternative: (else_clause)) (match_expression) (unsafe_block)] @fork
(if_expression consequence: (block) @arm)
(else_clause [(block) (if_expression)] @arm)
(match_arm value: (_) @arm)
(unsafe_block (block) @arm)

((string_literal) @value (#set! type "&str"))
((integer_literal) @value (#not-match? @value "[iu](8|16|32|64|128|size)$|f(32|64)$") (#set! type "int"))
((float_literal) @value (#not-match? @value "f(32|64)$") (#set! type "float"))
((char_literal) @value (#not-match? @value "^b") (#set! type "char"))
((boolean_literal) @value (#set! type "bool"))
((binary_expression operator: ["==" "!=" "<" ">" "<=" ">=" "&&" "||"]) @value (#set! type "bool"))
((unit_expression) @value (#set! type "()"))
((tuple_expression) @value (#set! type "tuple"))
((array_expression) @value (#set! type "array"))
((identifier) @value (#eq? @value "None") (#set! type "Option"))
((call_expression function: (identifier) @_name) @value (#eq? @_name "Some") (#set! type "Option"))
((call_expression function: (identifier) @_name) @value (#any-of? @_name "Ok" "Err") (#set! type "Result"))
((macro_invocation macro: (identifier) @_name) @value (#eq? @_name "format") (#set! type "String"))
((macro_invocation macro: (identifier) @_name) @value (#eq? @_name "vec") (#set! type "Vec"))
((macro_invocation macro: (identifier) @_name) @value (#eq? @_name "matches") (#set! type "bool"))
((macro_invocation macro: (identifier) @_name) @value (#any-of? @_name "print" "println" "eprintln") (#set! type "()"))
((call_expression function: (scoped_identifier) @_name) @value
  (#any-of? @_name "String::new" "String::from" "String::with_capacity") (#set! type "String"))
((call_expression function: (scoped_identifier) @_name) @value (#any-of? @_name "Vec::new" "Vec::with_capacity") (#set! type "Vec"))
(parenthesized_expression (_) @group.inner) @group
(unary_expression "-" (_) @group.inner) @group
(binary_expression left: (_) @operation.left operator: ["+" "-" "*" "/" "%"] right: (_) @operation.right) @operation

(field_expression value: (_) @member.object field: (field_identifier) @member)
(call_expression function: (field_expression value: (_) @member.object field: (field_identifier) @member.called)) @member.call
; @unclear: it may give a type further members.
(use_wildcard) @unclear
((use_declaration) @unclear (#match? @unclear "Ext\\b|[Tt]raits?::|itertools|num::"))
((trait_item) @unclear)
(let_declaration pattern: (_) @retyped)
(let_condition pattern: (_) @retyped)
(for_expression pattern: (_) @retyped)
(match_pattern) @retyped
(closure_parameters) @retyped
(assignment_expression left: (identifier) @retyped)
(compound_assignment_expr left: (identifier) @retyped)
(function_item body: (block (let_declaration pattern: (identifier) @overwrite value: (_) @overwrite.value)))
(function_item body: (block (expression_statement
  (assignment_expression left: (identifier) @overwrite right: (_) @overwrite.value))))
(function_item body: (block (expression_statement (for_expression pattern: (identifier) @overwrite value: (_) @overwrite.value))))
; @same: says the same on both of its sides; for suggestions grammars/rust/doubles.scm says it.
((let_declaration . "let" . pattern: (identifier) @_left value: (identifier) @_right) @same (#eq? @_left @_right))

(call_expression function: (identifier) @recall arguments: (arguments) @recall.arguments)
(call_expression function: (field_expression value: (self) @recall.receiver field: (field_identifier) @recall)
  arguments: (arguments) @recall.arguments)
((call_expression function: (scoped_identifier path: (identifier) @recall.receiver name: (identifier) @recall)
  arguments: (arguments) @recall.arguments) (#eq? @recall.receiver "Self"))
; @method.other: a method that may give a call to another of its name.
(impl_item !trait body: (declaration_list (function_item) @method))
(trait_item body: (declaration_list (function_item) @method))
(impl_item trait: (_) body: (declaration_list (function_item) @method.other))
