(function_item name: (identifier) @item.name body: (block) @item.body) @item
(struct_item name: (type_identifier) @item.name) @item
(enum_item name: (type_identifier) @item.name) @item
