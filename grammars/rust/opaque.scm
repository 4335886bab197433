; @string and @comment: text that is not code; @code: code inside of it. The innermost decides.
(string_literal) @string
(raw_string_literal) @string
(char_literal) @string
(line_comment) @comment
(block_comment) @comment
