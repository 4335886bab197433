(function_definition name: (identifier) @item.name body: (block) @item.body) @item
(class_definition name: (identifier) @item.name body: (block) @item.body) @item
