; @risk: code that a reader should look at twice. It knows names, not types.
(unsafe_block) @risk
(function_item (function_modifiers "unsafe")) @risk
((call_expression function: [(identifier) (scoped_identifier)] @_name) @risk
  (#match? @_name "(^|::)(transmute|zeroed|from_utf8_unchecked)$"))
