(function_definition name: (identifier) @scope.name body: (block) @scope.body) @scope
(class_definition name: (identifier) @scope.name body: (block) @scope.body) @scope
