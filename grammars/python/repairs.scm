; What repairs need to know of a place.
; @class: a definition whose methods have a receiver; @method: one of them, with its @parameters.
(class_definition) @class
(function_definition parameters: (parameters) @parameters) @method
; @member: a name that is reached through the receiver.
(class_definition body: (block (function_definition name: (identifier) @member)))
(class_definition body: (block (decorated_definition definition: (function_definition name: (identifier) @member))))
(class_definition body: (block (expression_statement (assignment left: (identifier) @member))))
((attribute object: (identifier) @_object attribute: (identifier) @member) (#eq? @_object "self"))
; @attribute: a member of anything.
(attribute attribute: (identifier) @attribute)
; @called: a name that is called, or written in capitals or as a type: no module.
(call function: (identifier) @called)
(decorator (identifier) @called)
(type (identifier) @called)
; @import: a statement; @import.item: what it brings in; @import.module: where from.
(import_statement name: (_) @import.item) @import
(import_from_statement module_name: (_) @import.module name: (_) @import.item) @import
(import_from_statement module_name: (_) @import.module (wildcard_import) @import.item) @import
(future_import_statement "__future__" @import.module name: (_) @import.item) @import
; @kept: a name that others rely on even when it is not used.
(parameters (_) @kept)
(lambda_parameters (_) @kept)
