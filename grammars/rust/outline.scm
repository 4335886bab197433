; @item: what an outline lists; @item.name its name; @item.body what the outline leaves out. `kind` says what it is to an index.
((function_item name: (identifier) @item.name body: (block) @item.body) @item (#set! kind "function"))
((function_signature_item name: (identifier) @item.name) @item (#set! kind "function"))
((impl_item type: (_) @item.name body: (declaration_list) @item.body) @item (#set! kind "members"))
((trait_item name: (type_identifier) @item.name body: (declaration_list) @item.body) @item (#set! kind "type"))
((mod_item name: (identifier) @item.name body: (declaration_list) @item.body) @item (#set! kind "module"))
((macro_definition name: (identifier) @item.name . "(" @item.body) @item (#set! kind "macro"))
((macro_definition name: (identifier) @item.name . "{" @item.body) @item (#set! kind "macro"))
((struct_item name: (type_identifier) @item.name) @item (#set! kind "type"))
((union_item name: (type_identifier) @item.name) @item (#set! kind "type"))
((enum_item name: (type_identifier) @item.name) @item (#set! kind "type"))
((type_item name: (type_identifier) @item.name) @item (#set! kind "type"))
(const_item name: (identifier) @item.name) @item
(static_item name: (identifier) @item.name) @item
