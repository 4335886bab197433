; @item: what an outline lists; @item.name its name; @item.body what the outline leaves out.
(function_definition name: (identifier) @item.name body: (block) @item.body) @item
(class_definition name: (identifier) @item.name body: (block) @item.body) @item
(type_alias_statement left: (type) @item.name) @item
