//! Tells servers what a text has to begin with: by a grammar as llama.cpp has them, or by a regular expression.

use std::fmt::Write as _;

/// A grammar of the texts that begin with `text`.
pub fn grammar(text: &str) -> String {
    let mut literal = String::new();
    for char in text.chars() {
        match char {
            '"' | '\\' => {
                literal.push('\\');
                literal.push(char);
            }
            '\t' => literal.push_str("\\t"),
            char if char.is_control() => {
                let _ = write!(literal, "\\x{:02X}", u32::from(char));
            }
            char => literal.push(char),
        }
    }
    format!("root ::= \"{literal}\" [^\\x00]*")
}

/// A regular expression of the texts that begin with `text`.
pub fn regex(text: &str) -> String {
    format!("{}[\\s\\S]*", regex::escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_becomes_a_grammar() {
        assert_eq!(grammar("retu"), "root ::= \"retu\" [^\\x00]*");
        assert_eq!(grammar("\t\"\\é"), "root ::= \"\\t\\\"\\\\é\" [^\\x00]*");
        assert_eq!(regex("f("), "f\\([\\s\\S]*");
    }
}
