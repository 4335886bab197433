//! Tests which layout a vocabulary gets, and the order of its prompts.

use super::*;

/// A vocabulary of these texts; ids from 100.
fn check(texts: &[&str], name: &str, wanted: Option<&str>) -> Result<(String, Vec<TokenId>), String> {
    let find = |text: &str| texts.iter().position(|have| *have == text).map(|at| 100 + at as TokenId);
    let bos = find("<s>");
    let layout = detect(&VocabularyFacts { find: &find, known: [None; 3], bos, name }, wanted)?;
    Ok((layout.describe(), layout.compose(&[], &[1], &[2, 3], &[4, 5])))
}

const QWEN: &[&str] =
    &["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|repo_name|>", "<|file_sep|>"];
const STARCODER: &[&str] = &["<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<filename>"];

#[test]
fn families_are_told_apart() {
    let name = |texts: &[&str], name| check(texts, name, None).unwrap().0;
    assert_eq!(name(QWEN, "Qwen2.5 Coder 1.5B"), "qwen2.5-coder, suffix-first");
    assert_eq!(name(&[QWEN, &["<|file_separator|>"]].concat(), ""), "codegemma, suffix-first");
    assert_eq!(name(STARCODER, "StarCoder"), "starcoder, suffix-first");
    assert_eq!(name(&[STARCODER, &["<file_sep>"]].concat(), ""), "starcoder2, suffix-first");
    assert_eq!(name(STARCODER, "Mellum 4b base"), "mellum, spm");
    assert_eq!(name(&["[SUFFIX]", "[PREFIX]", "<s>"], "codestral"), "codestral, spm");
    assert_eq!(name(&["<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"], ""), "seed-coder, spm");
    assert_eq!(name(&["▁<PRE>", "▁<SUF>", "▁<MID>", "<s>"], ""), "codellama, suffix-first");
}

#[test]
fn orders() {
    let prompt = |wanted| check(QWEN, "", Some(wanted)).unwrap().1;
    assert_eq!(prompt("psm"), [100, 1, 2, 3, 102, 4, 5, 101]);
    assert_eq!(prompt("suffix-first"), [100, 1, 102, 4, 5, 101, 2, 3]);
    assert_eq!(prompt("spm"), [102, 4, 5, 100, 1, 2, 3, 101]);
    let codestral = check(&["[SUFFIX]", "[PREFIX]", "<s>"], "", Some("auto")).unwrap().1;
    assert_eq!(codestral, [102, 100, 4, 5, 101, 1, 2, 3], "one BOS, no middle token");
}

#[test]
fn the_user_may_say_otherwise_but_not_anything() {
    assert_eq!(check(STARCODER, "", Some("mellum")).unwrap().0, "mellum, spm");
    let lacking = check(STARCODER, "", Some("codestral")).unwrap_err();
    assert!(
        lacking.contains("lacks the tokens of the FIM family \"codestral\" ([PREFIX], [SUFFIX])"),
        "{lacking}"
    );
    let unknown = check(QWEN, "", Some("quen")).unwrap_err();
    assert!(
        unknown.contains("\"quen\"")
            && unknown.contains("suffix-first, spm, left-to-right, codegemma, qwen2.5-coder"),
        "{unknown}"
    );
}

#[test]
fn without_fim_tokens_there_is_a_clear_message() {
    assert!(check(&["<s>"], "llama", None).unwrap_err().starts_with("not a FIM model: "));
    let known = [Some(7), Some(8), Some(9)];
    let layout = detect(&VocabularyFacts { find: &|_| None, known, bos: None, name: "" }, None).unwrap();
    assert_eq!(layout.compose(&[], &[], &[1], &[2]), [7, 8, 2, 9, 1], "named by the GGUF");
}

#[test]
fn what_is_missing_is_named() {
    let lacking = check(&["<fim_prefix>", "<fim_middle>"], "", None).unwrap_err();
    assert!(lacking.contains("lacks <fim_suffix>;"), "{lacking}");
    let known = [Some(7), None, Some(9)];
    let vocabulary = VocabularyFacts { find: &|_| None, known, bos: None, name: "" };
    let keys = detect(&vocabulary, None).unwrap_err();
    assert!(
        keys.contains("tokenizer.ggml.fim_mid_token_id, but lacks tokenizer.ggml.fim_suf_token_id;"),
        "{keys}"
    );
    let none = check(&["<s>"], "", None).unwrap_err();
    assert!(none.contains("has no fill-in-the-middle tokens;"), "{none}");
}

#[test]
fn where_a_file_contradicts_its_family_it_is_said() {
    let find = |text: &str| QWEN.iter().position(|have| *have == text).map(|at| 100 + at as TokenId);
    let doubts = |known, wanted| {
        detect(&VocabularyFacts { find: &find, known, bos: None, name: "" }, wanted).unwrap().doubts
    };
    assert!(doubts([Some(100), Some(102), Some(101)], None).is_empty(), "they agree");
    assert!(doubts([None; 3], None).is_empty(), "there are none");
    let swapped = doubts([Some(100), Some(101), Some(102)], None);
    assert_eq!(swapped.len(), 2);
    assert!(
        swapped[0].starts_with("its file names the token 101 (tokenizer.ggml.fim_suf_token_id)")
            && swapped[0].contains("\"qwen2.5-coder\" has 102 there"),
        "{swapped:?}"
    );
    assert!(
        doubts([Some(100), Some(101), Some(102)], Some("qwen2.5-coder")).is_empty(),
        "the user has said it"
    );
}

#[test]
fn files_are_named_as_the_family_names_them() {
    let prompt = |texts: &[&str], name: &str| {
        let find = |text: &str| texts.iter().position(|have| *have == text).map(|at| 100 + at as TokenId);
        let vocabulary = VocabularyFacts { find: &find, known: [None; 3], bos: Some(9), name };
        let layout = detect(&vocabulary, None).unwrap();
        let letters = |text: &str| text.bytes().map(TokenId::from).collect::<Vec<_>>();
        let name = layout.file_name(&FileName { path: "a".into(), comment: "#".into() }, &letters);
        let show = |token: TokenId| match usize::try_from(token).unwrap() {
            at @ 100.. => texts[at - 100].to_owned(),
            9 => "<s>".to_owned(),
            byte => char::from(byte as u8).to_string(),
        };
        let prompt = layout.compose(&name, &letters("I"), &letters("P"), &letters("S"));
        prompt.into_iter().map(show).collect::<String>()
    };
    let sentinels = "<|fim_prefix|>I<|fim_suffix|>S<|fim_middle|>P";
    assert_eq!(prompt(QWEN, ""), format!("<s><|file_sep|>a\n{sentinels}"));
    assert_eq!(
        prompt(STARCODER, "StarCoder"),
        "<s><fim_prefix># a\nI<fim_suffix>S<fim_middle>P",
        "one that has no form of its own"
    );
    assert_eq!(prompt(STARCODER, "Mellum"), "<s><filename>a\n<fim_suffix>S<fim_prefix>IP<fim_middle>");
    assert_eq!(prompt(&["[PREFIX]", "[SUFFIX]"], ""), "<s>[SUFFIX]S[PREFIX]+++++ a\nIP");
}

#[test]
fn a_name_alone_tells_the_family_and_its_texts() {
    let family = |name: &str| of_name(name, None, 100).unwrap().map(|named| named.layout.family);
    for (name, expected) in [
        ("qwen2.5-coder:7b", Some("qwen2.5-coder")),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", Some("qwen2.5-coder")),
        ("bigcode/starcoder2-3b", Some("starcoder2")),
        ("starcoderbase-1b", Some("starcoder")),
        ("DeepSeek_Coder-6.7B-base", Some("deepseek-coder")),
        ("codellama:code", Some("codellama")),
        ("llama3.2", None),
        ("model.gguf", None),
    ] {
        assert_eq!(family(name), expected, "{name}");
    }
    let named = of_name("codellama", None, 100).unwrap().unwrap();
    assert_eq!(named.controls, [" <PRE>", " <SUF>", " <MID>", " <EOT>"]);
    assert_eq!(named.layout.compose(&[], &[], &[7], &[8]), [100, 101, 8, 102, 7]);
    let wanted =
        |name: &str| of_name("x", Some(name), 100).map(|named| named.map(|named| named.layout.describe()));
    assert_eq!(wanted("mellum"), Ok(Some("mellum, spm".into())));
    assert_eq!(wanted("left-to-right"), Ok(Some("none, left-to-right".into())));
    assert_eq!(wanted("psm"), Ok(None), "an order alone is no family");
    assert!(wanted("zebra").unwrap_err().contains("valid are"));
    let order = of_name("starcoder2", Some("psm"), 100).unwrap().unwrap();
    assert_eq!(order.layout.describe(), "starcoder2, psm");
}
