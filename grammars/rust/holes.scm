; @condition: what a branch or loop decides by; @arguments: those of a call, with their parentheses.
(if_expression condition: (_) @condition)
(while_expression condition: (_) @condition)
(for_expression value: (_) @condition)
(match_expression value: (_) @condition)
(call_expression arguments: (arguments) @arguments)
