; What repairs need to know of a place.
; @class: a definition whose methods have a receiver; @method: one of them, with its @parameters.
(impl_item) @class
(trait_item) @class
(function_item parameters: (parameters) @parameters) @method
; @member: a name that is reached through the receiver.
(impl_item body: (declaration_list (function_item name: (identifier) @member)))
(trait_item body: (declaration_list (function_item name: (identifier) @member)))
(trait_item body: (declaration_list (function_signature_item name: (identifier) @member)))
(field_declaration name: (field_identifier) @member)
(field_expression value: (self) field: (field_identifier) @member)
; @attribute: a member of anything.
(field_expression field: (field_identifier) @attribute)
; @binding: a variable that may be declared as one that changes; @receiver: a reference to the receiver.
(let_declaration pattern: (identifier) @binding)
(parameter pattern: (identifier) @binding)
(closure_parameters (identifier) @binding)
(for_expression pattern: (identifier) @binding)
(tuple_pattern (identifier) @binding)
(tuple_struct_pattern (identifier) @binding)
(match_pattern (identifier) @binding)
(self_parameter) @receiver
; @shorthand: a name that is a field's and a variable's.
(field_pattern name: (shorthand_field_identifier) @shorthand)
; @import: a statement; @import.item: what it brings in; @import.module: what comes before the items in it.
(use_declaration argument: (_) @import.item) @import
(use_list (_) @import.item)
(scoped_use_list path: (_) @import.module)
; @container: a place with imports of its own; @attached: what belongs to the statement behind it.
(mod_item body: (declaration_list) @container)
(attribute_item) @attached
