; @item: what an outline lists; @item.name its name; @item.body what the outline leaves out. `kind` says what it is to an index.
((function_definition name: (identifier) @item.name body: (block) @item.body) @item (#set! kind "function"))
((class_definition name: (identifier) @item.name body: (block) @item.body) @item (#set! kind "type"))
((type_alias_statement left: (type) @item.name) @item (#set! kind "type"))
