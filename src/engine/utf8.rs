//! Assembles whole characters from tokens that may end inside one. It never invents a replacement character.

/// Collects bytes and gives out the characters that are complete.
#[derive(Debug, Default)]
pub struct Assembler {
    pending: Vec<u8>,
}

/// The bytes can never become text, whatever follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbled {
    /// The whole characters before the place.
    pub valid: String,
}

impl Assembler {
    /// Add a token's bytes; returns the characters that are complete now, possibly none.
    ///
    /// # Errors
    /// [`Garbled`] when a byte cannot be part of UTF-8. The caller ends the generation there: a replacement character
    /// in somebody's source would be worse than a shorter suggestion.
    pub fn push(&mut self, bytes: &[u8]) -> Result<String, Garbled> {
        self.pending.extend_from_slice(bytes);
        let (whole, invalid) = match std::str::from_utf8(&self.pending) {
            Ok(_) => (self.pending.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        let rest = self.pending.split_off(whole);
        let valid = String::from_utf8(std::mem::take(&mut self.pending)).unwrap_or_default();
        if invalid {
            return Err(Garbled { valid });
        }
        self.pending = rest;
        Ok(valid)
    }

    /// Bytes of a character that is not complete yet.
    pub fn pending(&self) -> &[u8] {
        &self.pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_split_over_tokens_are_assembled() {
        for cut in 1.."aé€🦀z".len() {
            let bytes = "aé€🦀z".as_bytes();
            let mut assembler = Assembler::default();
            let mut text = assembler.push(&bytes[..cut]).unwrap();
            text += &assembler.push(&bytes[cut..]).unwrap();
            assert_eq!(text, "aé€🦀z", "cut at {cut}");
            assert!(assembler.pending().is_empty());
        }
    }

    #[test]
    fn a_byte_that_cannot_be_text_ends_it() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.push(b"ok\xff!"), Err(Garbled { valid: "ok".into() }));
        let mut assembler = Assembler::default();
        assert_eq!(assembler.push(b"x\xe2\x82").as_deref(), Ok("x"));
        assert_eq!(
            assembler.push(b"y"),
            Err(Garbled { valid: String::new() }),
            "cut short, then something else"
        );
    }

    #[test]
    fn an_incomplete_end_is_not_given_out() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.push("é".as_bytes()[..1].as_ref()).as_deref(), Ok(""));
        assert_eq!(assembler.pending().len(), 1);
    }
}
