; @symbol: what an index knows besides the outline; @symbol.name its name; `kind` says what it is, a value if nothing does.
(module (expression_statement (assignment left: (identifier) @symbol.name) @symbol))
(class_definition body: (block (expression_statement (assignment left: (identifier) @symbol.name) @symbol)))
