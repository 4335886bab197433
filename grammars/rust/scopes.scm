(function_item name: (identifier) @scope.name body: (block) @scope.body) @scope
(impl_item body: (declaration_list) @scope.body) @scope
(mod_item name: (identifier) @scope.name body: (declaration_list) @scope.body) @scope
(trait_item name: (type_identifier) @scope.name body: (declaration_list) @scope.body) @scope
