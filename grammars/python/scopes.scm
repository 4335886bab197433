; @scope: a definition that code lives in; @scope.block: a smaller block; @scope.body and @scope.name are theirs.
(function_definition name: (identifier) @scope.name body: (block) @scope.body) @scope
(class_definition name: (identifier) @scope.name body: (block) @scope.body) @scope

(lambda body: (_) @scope.body) @scope.block
(if_statement consequence: (block) @scope.body) @scope.block
(elif_clause consequence: (block) @scope.body) @scope.block
(else_clause body: (block) @scope.body) @scope.block
(for_statement body: (block) @scope.body) @scope.block
(while_statement body: (block) @scope.body) @scope.block
(with_statement body: (block) @scope.body) @scope.block
(try_statement body: (block) @scope.body) @scope.block
(except_clause (block) @scope.body) @scope.block
(finally_clause (block) @scope.body) @scope.block
(match_statement body: (block) @scope.body) @scope.block
(case_clause consequence: (block) @scope.body) @scope.block
