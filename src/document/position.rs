//! Line and character ⇄ byte, in the three encodings of LSP 3.17. Everything is clamped; nothing panics.
