; @doc: what documents; @doc.item: what it documents.
(module . (comment)* . (expression_statement . (string) @doc .)) @doc.item
(function_definition body: (block . (expression_statement . (string) @doc .))) @doc.item
(class_definition body: (block . (expression_statement . (string) @doc .))) @doc.item
