; @string and @comment: text that is not code; @code: code inside of it. The innermost decides.
(string) @string
(interpolation) @code
(format_specifier) @string
(comment) @comment
