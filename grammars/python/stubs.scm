; @stub: what may be a function that is still to be written, with its @stub.name. @stub.hole: what stands for its body;
; without one the body follows its @stub.doc. It is one if its body has nothing else but comments.
(function_definition name: (identifier) @stub.name
  body: (block . (comment)* . (expression_statement . (string) @stub.doc .))) @stub
(function_definition name: (identifier) @stub.name
  body: (block [(pass_statement) (expression_statement . (ellipsis) .)] @stub.hole)) @stub
(function_definition name: (identifier) @stub.name
  body: (block (raise_statement [(identifier) @_error (call function: (identifier) @_error)]) @stub.hole)
  (#eq? @_error "NotImplementedError")) @stub
; @stub.not: it is meant to have no body.
(decorated_definition (decorator [(identifier) @_name (attribute attribute: (identifier) @_name)])
  definition: (function_definition) @stub.not (#eq? @_name "overload"))
; @stub.lead: stands before a definition and belongs to it.
(decorator) @stub.lead

; @stub.parameter: what its body may be expected to use.
(function_definition parameters: (parameters [
  (identifier) @stub.parameter
  (typed_parameter . (identifier) @stub.parameter)
  (typed_parameter . (list_splat_pattern (identifier) @stub.parameter))
  (typed_parameter . (dictionary_splat_pattern (identifier) @stub.parameter))
  (default_parameter name: (identifier) @stub.parameter)
  (typed_default_parameter name: (identifier) @stub.parameter)
  (list_splat_pattern (identifier) @stub.parameter)
  (dictionary_splat_pattern (identifier) @stub.parameter)])
  (#not-any-of? @stub.parameter "self" "cls"))
; @stub.type: a type its signature names, where it is told what the type is.
(function_definition parameters: (parameters [
  (typed_parameter type: (type (identifier) @stub.type))
  (typed_default_parameter type: (type (identifier) @stub.type))]))
(function_definition return_type: (type (identifier) @stub.type))
; @stub.returns: it has to give something back; @stub.answer: where it does, @stub.last: where it does if nothing follows;
; @stub.end: what follows never runs.
(function_definition return_type: (type) @stub.returns
  (#not-any-of? @stub.returns "None" "NoReturn" "Never" "\"None\""))
(return_statement (_)) @stub.answer
(yield) @stub.answer
(function_definition body: (block [(return_statement) (raise_statement)] @stub.end))
