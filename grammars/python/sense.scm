; What a function's body says about its parameters and about what it gives back.
; @parameter: a parameter whose @parameter.type is known; @returns: the type of what the function gives back.
(function_definition parameters: (parameters [
  (typed_parameter . (identifier) @parameter type: (type) @parameter.type)
  (typed_default_parameter name: (identifier) @parameter type: (type) @parameter.type)]))
(function_definition return_type: (type) @returns)
; @function: what stands in an inner one is not said by the outer one.
[(function_definition) (lambda) (class_definition)] @function
; @class: a type that this file defines.
(class_definition name: (identifier) @class)

; @answer: an expression that is given back; @answer.nothing: here nothing is; @generator: the type speaks of something else.
(return_statement (_) @answer)
(return_statement . "return" .) @answer.nothing
(yield) @generator
; @block: statements; @leaves: nothing follows this one, or nobody can say; @fork: one of the @arm inside of it is run.
(block) @block
[(return_statement) (raise_statement) (match_statement)] @leaves
((while_statement condition: (_) @_always) @leaves (#any-of? @_always "True" "1"))
(try_statement [(finally_clause) (else_clause)]) @leaves
((expression_statement (call function: (_) @_name)) @leaves (#match? @_name "(^|[._])(exit|abort|fail|error|raise\\w*)$"))
(if_statement alternative: (else_clause)) @fork
(if_statement consequence: (block) @arm)
(elif_clause consequence: (block) @arm)
(else_clause body: (block) @arm)
(with_statement body: (block) @arm) @fork
(try_statement body: (block) @arm) @fork
(except_clause (block) @arm)
(conditional_expression . (_) @arm . (_) . (_) @arm) @fork

; @value: an expression whose type (a key of types.toml) is known.
([(string) (concatenated_string)] @value (#not-match? @value "^[rR]?[bB]") (#set! type "str"))
((string) @value (#match? @value "^[rR]?[bB]") (#set! type "bytes"))
((integer) @value (#not-match? @value "[jJ]$") (#set! type "int"))
((float) @value (#not-match? @value "[jJ]$") (#set! type "float"))
([(true) (false) (not_operator)] @value (#set! type "bool"))
((none) @value (#set! type "None"))
([(list) (list_comprehension)] @value (#set! type "list"))
([(dictionary) (dictionary_comprehension)] @value (#set! type "dict"))
([(set) (set_comprehension)] @value (#set! type "set"))
([(tuple) (expression_list)] @value (#set! type "tuple"))
((generator_expression) @value (#set! type "generator"))
((comparison_operator operators: ["in" "not in" "is" "is not"]) @value (#set! type "bool"))
((call function: (identifier) @_name) @value (#any-of? @_name "str" "repr" "input" "chr" "hex" "bin" "ascii" "format") (#set! type "str"))
((call function: (identifier) @_name) @value (#any-of? @_name "int" "len" "ord" "id" "hash") (#set! type "int"))
((call function: (identifier) @_name) @value (#any-of? @_name "bool" "any" "all" "isinstance" "issubclass" "callable" "hasattr") (#set! type "bool"))
((call function: (identifier) @_name) @value (#any-of? @_name "list" "sorted" "dir") (#set! type "list"))
((call function: (identifier) @_name) @value (#eq? @_name "dict") (#set! type "dict"))
((call function: (identifier) @_name) @value (#eq? @_name "set") (#set! type "set"))
((call function: (identifier) @_name) @value (#any-of? @_name "tuple" "divmod") (#set! type "tuple"))
((call function: (identifier) @_name) @value (#eq? @_name "float") (#set! type "float"))
((call function: (identifier) @_name) @value (#eq? @_name "print") (#set! type "None"))
; @group: has the type of what is in it.
(parenthesized_expression (_) @group.inner) @group
; @operation: has the type of both its sides, where they have one.
(binary_operator left: (_) @operation.left operator: ["+" "-" "*" "%" "//"] right: (_) @operation.right) @operation

; @member: a name that is reached through @member.object; @member.call: the call of it.
(attribute object: (_) @member.object attribute: (identifier) @member)
(call function: (attribute object: (_) @member.object attribute: (identifier) @member.called)) @member.call
; @retyped: the variables in it are not, or not only, what the annotation says.
(assignment left: [(identifier) (pattern_list) (tuple_pattern) (list_pattern)] @retyped)
(augmented_assignment left: (identifier) @retyped)
(for_statement left: (_) @retyped)
(for_in_clause left: (_) @retyped)
(named_expression name: (identifier) @retyped)
(as_pattern_target) @retyped
(lambda_parameters) @retyped
(match_statement subject: (identifier) @retyped)
((call function: (identifier) @_name arguments: (argument_list . (identifier) @retyped))
  (#any-of? @_name "isinstance" "issubclass" "hasattr" "getattr" "callable" "type"))
; @overwrite: a variable that a statement of the body itself sets to @overwrite.value.
(function_definition body: (block (expression_statement (assignment left: (identifier) @overwrite right: (_) @overwrite.value))))
(function_definition body: (block (expression_statement
  (assignment left: (pattern_list (identifier) @overwrite) right: (_) @overwrite.value))))
(function_definition body: (block (for_statement left: (identifier) @overwrite right: (_) @overwrite.value)))

; @recall: the name of a function that is called, through @recall.receiver where there is one.
(call function: (identifier) @recall arguments: (argument_list) @recall.arguments)
((call function: (attribute object: (identifier) @recall.receiver attribute: (identifier) @recall)
  arguments: (argument_list) @recall.arguments) (#any-of? @recall.receiver "self" "cls"))
; @method: a function that is called through a receiver only; @accessor: one that its name alone calls.
(class_definition body: (block [(function_definition) @method (decorated_definition definition: (function_definition) @method)]))
(decorated_definition (decorator (identifier) @_name) definition: (function_definition) @accessor
  (#any-of? @_name "property" "cached_property"))
