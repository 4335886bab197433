"""Makes training samples: which span is the hole, in which order its surroundings are written, how rows are packed."""
