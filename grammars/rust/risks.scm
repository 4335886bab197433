; @risk: code that a reader should look at twice, with `id`, `message` and `see`. It knows names, not types.

((unsafe_block) @risk
  (#set! id "unsafe") (#set! message "the compiler does not check this") (#set! see "https://doc.rust-lang.org/nomicon/"))
((function_item (function_modifiers "unsafe")) @risk
  (#set! id "unsafe-fn") (#set! message "callers must keep a promise the compiler does not check") (#set! see "https://doc.rust-lang.org/nomicon/"))
((impl_item "unsafe") @risk
  (#set! id "unsafe-impl") (#set! message "a promise the compiler does not check") (#set! see "https://doc.rust-lang.org/nomicon/"))
((call_expression function: [(identifier) (scoped_identifier)] @_name) @risk
  (#match? @_name "(^|::)(transmute|transmute_copy|zeroed|from_utf8_unchecked|get_unchecked|unreachable_unchecked)$")
  (#set! id "unchecked") (#set! message "wrong input is undefined behaviour") (#set! see "https://doc.rust-lang.org/nomicon/transmutes.html"))
((call_expression function: (generic_function function: [(identifier) (scoped_identifier)] @_name)) @risk
  (#match? @_name "(^|::)(transmute|transmute_copy|zeroed)$")
  (#set! id "unchecked") (#set! message "wrong input is undefined behaviour") (#set! see "https://doc.rust-lang.org/nomicon/transmutes.html"))
; A shell, and a command made of parts.
((call_expression function: (scoped_identifier) @_name arguments: (arguments . (string_literal) @_text)) @risk
  (#match? @_name "(^|::)Command::new$") (#match? @_text "^\"(/bin/|/usr/bin/)?(sh|bash|zsh|cmd|cmd.exe|powershell)\"$")
  (#set! id "shell") (#set! message "starts a shell") (#set! see "CWE-78"))
((call_expression function: (scoped_identifier) @_name arguments: (arguments . [(macro_invocation macro: (identifier) @_macro) (reference_expression (macro_invocation macro: (identifier) @_macro))])) @risk
  (#match? @_name "(^|::)Command::new$") (#eq? @_macro "format")
  (#set! id "command-string") (#set! message "a command made of parts") (#set! see "CWE-78"))
((call_expression function: (field_expression field: (field_identifier) @_name)
  arguments: (arguments . [(macro_invocation macro: (identifier) @_macro (token_tree . (string_literal) @_text)) (reference_expression (macro_invocation macro: (identifier) @_macro (token_tree . (string_literal) @_text)))])) @risk
  (#any-of? @_name "execute" "query" "query_row" "prepare") (#eq? @_macro "format")
  (#match? @_text "(?i)^\"\\s*(select|insert|update|delete|drop|create|alter)\\s")
  (#set! id "sql-string") (#set! message "SQL made of parts; pass the values as parameters") (#set! see "CWE-89"))
((call_expression function: (field_expression field: (field_identifier) @_name) arguments: (arguments (boolean_literal) @_value)) @risk
  (#any-of? @_name "danger_accept_invalid_certs" "danger_accept_invalid_hostnames") (#eq? @_value "true")
  (#set! id "certificates") (#set! message "trusts any certificate") (#set! see "CWE-295"))
((let_declaration pattern: (identifier) @_name value: (string_literal) @_text) @risk
  (#match? @_name "(?i)(^|_)(password|passwd|secret_key|api_key|auth_token)$") (#match? @_text "^\"[^\"{}<> ]{4,}\"$")
  (#set! id "secret") (#set! message "a secret in the source") (#set! see "CWE-798"))
((const_item name: (identifier) @_name value: (string_literal) @_text) @risk
  (#match? @_name "(?i)(^|_)(password|passwd|secret_key|api_key|auth_token)$") (#match? @_text "^\"[^\"{}<> ]{4,}\"$")
  (#set! id "secret") (#set! message "a secret in the source") (#set! see "CWE-798"))
