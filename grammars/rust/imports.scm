; @import: a statement that brings in names.
(use_declaration) @import
(extern_crate_declaration) @import
