; @risk: code that a reader should look at twice, with `id` (bandit's where it has one), `message` and `see`. Aliases are
; not followed, and names are all that is known of a call.

((call function: (identifier) @_name) @risk (#any-of? @_name "eval" "exec")
  (#set! id "B307") (#set! message "runs text as code") (#set! see "CWE-95"))
((call function: (attribute) @_name) @risk (#any-of? @_name "os.system" "os.popen" "commands.getoutput")
  (#set! id "B605") (#set! message "starts a shell") (#set! see "CWE-78"))
((call arguments: (argument_list (keyword_argument name: (identifier) @_name value: (true)))) @risk (#eq? @_name "shell")
  (#set! id "B602") (#set! message "starts a shell") (#set! see "CWE-78"))
((call function: (attribute) @_name) @risk
  (#any-of? @_name "pickle.load" "pickle.loads" "pickle.Unpickler" "cPickle.loads" "marshal.load" "marshal.loads" "dill.loads" "shelve.open")
  (#set! id "B301") (#set! message "runs what the data says") (#set! see "CWE-502"))
((call function: (attribute) @_name) @risk (#any-of? @_name "yaml.unsafe_load" "yaml.full_load")
  (#set! id "B506") (#set! message "builds any object the text names") (#set! see "CWE-502"))
((call function: (attribute) @_name arguments: (argument_list . (_) .)) @risk (#eq? @_name "yaml.load")
  (#set! id "B506") (#set! message "builds any object the text names; yaml.safe_load does not") (#set! see "CWE-502"))
((call arguments: (argument_list (keyword_argument name: (identifier) @_name value: (false)))) @risk (#eq? @_name "verify")
  (#set! id "B501") (#set! message "trusts any certificate") (#set! see "CWE-295"))
((call function: (attribute) @_name) @risk (#eq? @_name "ssl._create_unverified_context")
  (#set! id "B323") (#set! message "trusts any certificate") (#set! see "CWE-295"))
((call function: (attribute) @_name arguments: (argument_list . (_)? . (_)? .) @_arguments) @risk
  (#any-of? @_name "hashlib.md5" "hashlib.sha1") (#not-match? @_arguments "usedforsecurity *= *False")
  (#set! id "B324") (#set! message "a hash that can be forged") (#set! see "CWE-327"))
((call function: (attribute) @_name) @risk (#eq? @_name "tempfile.mktemp")
  (#set! id "B306") (#set! message "another process can make the file first") (#set! see "CWE-377"))
; SQL made of parts: an f-string with a value in it, `%` or `+` behind a literal, `.format()`.
((call function: (attribute attribute: (identifier) @_name) arguments: (argument_list . (string (interpolation)) @_text)) @risk
  (#any-of? @_name "execute" "executemany" "executescript" "raw")
  (#match? @_text "(?i)^[rf]*[\"']+\\s*(select|insert|update|delete|drop|create|alter)\\s")
  (#set! id "B608") (#set! message "SQL made of parts; pass the values as parameters") (#set! see "CWE-89"))
((call function: (attribute attribute: (identifier) @_name)
  arguments: (argument_list . (binary_operator left: (string) @_text operator: ["%" "+"]))) @risk
  (#any-of? @_name "execute" "executemany" "executescript" "raw")
  (#match? @_text "(?i)^[\"']+\\s*(select|insert|update|delete|drop|create|alter)\\s")
  (#set! id "B608") (#set! message "SQL made of parts; pass the values as parameters") (#set! see "CWE-89"))
((call function: (attribute attribute: (identifier) @_name)
  arguments: (argument_list . (call function: (attribute object: (string) @_text attribute: (identifier) @_format)))) @risk
  (#any-of? @_name "execute" "executemany" "executescript" "raw") (#eq? @_format "format")
  (#match? @_text "(?i)^[\"']+\\s*(select|insert|update|delete|drop|create|alter)\\s")
  (#set! id "B608") (#set! message "SQL made of parts; pass the values as parameters") (#set! see "CWE-89"))
; A password in the source; an empty one, or one that is only a place for another, is none.
((assignment left: [(identifier) (attribute)] @_name right: (string) @_text) @risk
  (#match? @_name "(?i)(^|[_.])(password|passwd|secret_key|api_key|auth_token)$")
  (#match? @_text "^[\"'][^\"'{}<> ]{4,}[\"']$")
  (#set! id "B105") (#set! message "a secret in the source") (#set! see "CWE-798"))
((keyword_argument name: (identifier) @_name value: (string) @_text) @risk
  (#any-of? @_name "password" "passwd" "secret_key" "api_key" "auth_token")
  (#match? @_text "^[\"'][^\"'{}<> ]{4,}[\"']$")
  (#set! id "B106") (#set! message "a secret in the source") (#set! see "CWE-798"))
; Members of an archive may be called `../../etc/passwd`.
((call function: (attribute object: (identifier) @_object attribute: (identifier) @_name) arguments: (argument_list) @_arguments) @risk
  (#any-of? @_object "tar" "tarball" "archive" "tar_file" "tarfile") (#eq? @_name "extractall") (#not-match? @_arguments "filter *=")
  (#set! id "B202") (#set! message "members of an archive may leave the folder") (#set! see "CWE-22"))
