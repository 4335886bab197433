//! Renders conversations by the model's own chat template. llama.cpp applies the template; here it gets marks
//! instead of texts, so that nothing a user wrote can become a control token. It chooses no words.

use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;

use crate::engine::{ChatMessage, Speaker, TokenId};

/// What a text that spells a control token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Plain text.
    Text,
    /// That token.
    Control,
}

/// Stands for the text of the message of that number. No template has private-use characters of its own.
fn mark(number: usize) -> String {
    format!("\u{e000}{number}\u{e001}")
}

/// How one model wants conversations to be worded.
pub struct Chat {
    template: LlamaChatTemplate,
    /// Whether it has a place for rules; where it has none they stand before the first question.
    system: bool,
}

/// A piece of a rendered conversation.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    /// The template's own words.
    Frame(&'a str),
    /// The message of that number.
    Text(usize),
}

impl Chat {
    /// The template in the model's file (`tokenizer.chat_template`), if it is one that llama.cpp can apply.
    ///
    /// # Errors
    /// A text for the user, that follows the file's name.
    pub fn read(model: &LlamaModel) -> Result<Self, String> {
        let template = model.chat_template(None).map_err(|_| {
            "it has no chat template; name a model that was trained to follow instructions in instruct.path"
        })?;
        let takes = |speakers: &[Speaker]| {
            let rendered = render(model, &template, speakers);
            rendered.is_some_and(|text| parts_in(&text, speakers.len()).is_some())
        };
        let system = takes(&[Speaker::System, Speaker::User]);
        if !system && !takes(&[Speaker::User]) {
            return Err(
                "llama.cpp does not know its chat template; name another model in instruct.path".into()
            );
        }
        Ok(Self { template, system })
    }

    /// The tokens of a conversation up to where the answer begins. Control tokens are read in the template's words only.
    /// `tokenize` is for text that stands behind other text.
    ///
    /// # Errors
    /// When the template has no place for one of the messages.
    pub fn prompt(
        &self,
        model: &LlamaModel,
        messages: &[ChatMessage],
        tokenize: &dyn Fn(&str, Special) -> Vec<TokenId>,
    ) -> Result<Vec<TokenId>, String> {
        let messages = if self.system { messages.to_vec() } else { without_rules(messages) };
        let speakers: Vec<Speaker> = messages.iter().map(|message| message.speaker).collect();
        let rendered = render(model, &self.template, &speakers);
        let parts = rendered.as_deref().and_then(|text| parts_in(text, messages.len()));
        let Some(parts) = parts else {
            return Err("the model's chat template has no place for these messages".into());
        };
        let vocab = model.vocab();
        let mut tokens: Vec<TokenId> = Vec::new();
        let mut space = "";
        for part in parts {
            match part {
                Part::Frame(text) => {
                    // A space before a word belongs into the word's token.
                    let frame = text.strip_suffix(' ').unwrap_or(text);
                    space = &text[frame.len()..];
                    match tokens.is_empty() {
                        // At the very beginning the vocabulary may want a space of its own.
                        true => {
                            let frame = vocab.tokenize(frame.as_bytes(), false, true);
                            tokens.extend(frame.into_iter().map(|LlamaToken(token)| token));
                        }
                        false => tokens.extend(tokenize(frame, Special::Control)),
                    }
                }
                Part::Text(number) => {
                    let text = format!("{space}{}", messages[number].text.trim());
                    tokens.extend(tokenize(&text, Special::Text));
                    space = "";
                }
            }
        }
        tokens.extend(tokenize(space, Special::Text));
        let bos = vocab.bos().0;
        if vocab.should_add_bos() && bos >= 0 && tokens.first() != Some(&bos) {
            tokens.insert(0, bos);
        }
        Ok(tokens)
    }
}

/// A conversation of marks in the template's words, open for the answer. None when the template is not known or refuses.
fn render(model: &LlamaModel, template: &LlamaChatTemplate, speakers: &[Speaker]) -> Option<String> {
    let message = |(number, speaker): (usize, &Speaker)| {
        LlamaChatMessage::new(speaker.name().into(), mark(number)).ok()
    };
    let messages: Vec<LlamaChatMessage> = speakers.iter().enumerate().map(message).collect::<Option<_>>()?;
    model.apply_chat_template(template, &messages, true).ok()
}

/// The parts of a rendered conversation. None when not every mark stands in it exactly once, in order.
fn parts_in(rendered: &str, messages: usize) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = rendered;
    for number in 0..messages {
        let (frame, behind) = rest.split_once(&mark(number))?;
        parts.push(Part::Frame(frame));
        parts.push(Part::Text(number));
        rest = behind;
    }
    parts.push(Part::Frame(rest));
    let stray = |part: &Part<'_>| matches!(part, Part::Frame(text) if text.contains('\u{e000}'));
    parts.retain(|part| *part != Part::Frame(""));
    (!parts.iter().any(stray)).then_some(parts)
}

/// The same conversation with the rules at the beginning of the first question.
fn without_rules(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let (rules, mut others): (Vec<ChatMessage>, Vec<ChatMessage>) =
        messages.iter().cloned().partition(|message| message.speaker == Speaker::System);
    if let Some(first) = others.first_mut() {
        let rules = rules.iter().map(|message| format!("{}\n\n", message.text.trim()));
        first.text = rules.collect::<String>() + first.text.trim();
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_its_place_once() {
        let (a, b) = (mark(0), mark(1));
        let text = format!("<s>{a}\n[INST] {b} [/INST]");
        assert_eq!(
            parts_in(&text, 2).unwrap(),
            [
                Part::Frame("<s>"),
                Part::Text(0),
                Part::Frame("\n[INST] "),
                Part::Text(1),
                Part::Frame(" [/INST]")
            ]
        );
        assert_eq!(parts_in(&a, 2), None, "the second was left out");
        assert_eq!(parts_in(&format!("{b}{a}"), 2), None);
        assert_eq!(parts_in(&format!("{a}{a}"), 1), None);
    }

    #[test]
    fn rules_without_a_place_begin_the_first_question() {
        let say = |speaker, text: &str| ChatMessage { speaker, text: text.into() };
        let messages = [say(Speaker::System, "Be brief. "), say(Speaker::User, "Why?")];
        assert_eq!(without_rules(&messages), [say(Speaker::User, "Be brief.\n\nWhy?")]);
    }
}
