; @doc: what documents; @doc.item: what it documents (an inner comment documents what it is in).
(line_comment (outer_doc_comment_marker)) @doc
(line_comment (inner_doc_comment_marker)) @doc
(block_comment (outer_doc_comment_marker)) @doc
(block_comment (inner_doc_comment_marker)) @doc
