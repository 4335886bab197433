; @symbol: what an index knows besides the outline; @symbol.name its name; `kind` says what it is, a value if nothing does.
((mod_item name: (identifier) @symbol.name !body) @symbol (#set! kind "module"))
