; @condition: what a branch or loop decides by; @arguments: those of a call, with their parentheses.
(if_statement condition: (_) @condition)
(elif_clause condition: (_) @condition)
(while_statement condition: (_) @condition)
(for_statement right: (_) @condition)
(match_statement subject: (_) @condition)
(call arguments: (argument_list) @arguments)
