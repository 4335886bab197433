; @risk: code that a reader should look at twice. Names are those of bandit's rules; aliases are not followed.

; B307, B102
((call function: (identifier) @_name) @risk (#any-of? @_name "eval" "exec"))
; B605
((call function: (attribute) @_name) @risk (#any-of? @_name "os.system" "os.popen"))
; B301, B506
((call function: (attribute) @_name) @risk
  (#any-of? @_name "pickle.load" "pickle.loads" "marshal.loads" "yaml.load" "yaml.unsafe_load"))
; B602
((keyword_argument name: (identifier) @_name value: (true)) @risk (#eq? @_name "shell"))
; B501
((keyword_argument name: (identifier) @_name value: (false)) @risk (#eq? @_name "verify"))
