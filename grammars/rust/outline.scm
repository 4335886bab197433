; @item: what an outline lists; @item.name its name; @item.body what the outline leaves out.
(function_item name: (identifier) @item.name body: (block) @item.body) @item
(function_signature_item name: (identifier) @item.name) @item
(impl_item type: (_) @item.name body: (declaration_list) @item.body) @item
(trait_item name: (type_identifier) @item.name body: (declaration_list) @item.body) @item
(mod_item name: (identifier) @item.name body: (declaration_list) @item.body) @item
(macro_definition name: (identifier) @item.name . "(" @item.body) @item
(macro_definition name: (identifier) @item.name . "{" @item.body) @item
(struct_item name: (type_identifier) @item.name) @item
(union_item name: (type_identifier) @item.name) @item
(enum_item name: (type_identifier) @item.name) @item
(type_item name: (type_identifier) @item.name) @item
(const_item name: (identifier) @item.name) @item
(static_item name: (identifier) @item.name) @item
