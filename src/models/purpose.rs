//! Says what a model is for, where it is not for filling in, and what can be done instead.

use super::GgufFacts;

/// What a model that turns texts into vectors is, for a sentence that begins with its name.
pub const EMBEDS: &str = "is an embedding model: it turns texts into vectors and writes none. Choose one that fills in; \
     `treefill model recommend` says which are fast enough here";

impl GgufFacts {
    /// Why the model named `shown` does not fill in, and the way out, in one or two sentences; none for one that does.
    pub fn unfit(&self, shown: &str) -> Option<String> {
        const OR: &str = "set family = \"left-to-right\" in the section [model] first: then it does not see what follows the cursor";
        if self.embeds {
            Some(format!("{shown} {EMBEDS}"))
        } else if self.fills_in {
            None
        } else if self.chats {
            Some(format!(
                "{shown} was trained to take instructions, not to fill in: its vocabulary has no tokens for that. Use it for the actions that \
                 take one (treefill model use {shown} --instruct) and another model for suggestions (treefill model recommend), or {OR}"
            ))
        } else {
            Some(format!(
                "{shown} was not trained to fill in: its vocabulary has no tokens for that. Choose one that was (treefill model recommend), \
                 or {OR}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_way_out() {
        let of = |fills_in, chats, embeds| GgufFacts { fills_in, chats, embeds, ..GgufFacts::default() };
        assert_eq!(of(true, true, false).unfit("m"), None);
        let text = |facts: GgufFacts| facts.unfit("m.gguf").unwrap();
        let embedding = text(of(false, true, true));
        assert!(
            embedding.starts_with("m.gguf is an embedding model") && !embedding.contains("left-to-right")
        );
        assert!(text(of(false, true, false)).contains("treefill model use m.gguf --instruct"));
        let plain = text(of(false, false, false));
        assert!(plain.contains("treefill model recommend") && plain.contains("left-to-right"), "{plain}");
        assert!(of(true, false, true).unfit("m").is_some(), "marks alone do not make it write");
    }
}
