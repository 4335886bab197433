; @scope: a definition that code lives in; @scope.block: a smaller block; @scope.body and @scope.name are theirs.
(function_item name: (identifier) @scope.name body: (block) @scope.body) @scope
(impl_item type: (_) @scope.name body: (declaration_list) @scope.body) @scope
(trait_item name: (type_identifier) @scope.name body: (declaration_list) @scope.body) @scope
(mod_item name: (identifier) @scope.name body: (declaration_list) @scope.body) @scope
(foreign_mod_item body: (declaration_list) @scope.body) @scope
(struct_item name: (type_identifier) @scope.name body: (field_declaration_list) @scope.body) @scope
(union_item name: (type_identifier) @scope.name body: (field_declaration_list) @scope.body) @scope
(enum_item name: (type_identifier) @scope.name body: (enum_variant_list) @scope.body) @scope
(macro_definition name: (identifier) @scope.name) @scope

(closure_expression body: (_) @scope.body) @scope.block
(if_expression consequence: (block) @scope.body) @scope.block
(else_clause (block) @scope.body) @scope.block
(match_expression body: (match_block) @scope.body) @scope.block
(match_arm value: (_) @scope.body) @scope.block
(loop_expression body: (block) @scope.body) @scope.block
(while_expression body: (block) @scope.body) @scope.block
(for_expression body: (block) @scope.body) @scope.block
(unsafe_block (block) @scope.body) @scope.block
(async_block (block) @scope.body) @scope.block
(const_block body: (block) @scope.body) @scope.block
(let_declaration alternative: (block) @scope.body) @scope.block
