//! Tests golden token ids of one prompt per family on real vocabularies: sentinels by id, texts without special tokens.
//!
//! No weights are involved; see `vocab/README.md`.

use std::path::Path;

use expect_test::{Expect, expect};
use treefill::engine::family::{VocabularyFacts, detect};
use treefill::engine::llama::Tokenizer;

fn tokenizer(name: &str) -> Tokenizer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vocab");
    Tokenizer::open(&folder.join(format!("ggml-vocab-{name}.gguf"))).unwrap()
}

const STABLE: &str = "import os\n";
const PREFIX: &str = "def f(x):\n    return <|fim_middle|><fim_middle><｜fim▁end｜> ";
const SUFFIX: &str = "\n\nprint(f(1))\n";

/// The prompt in its family's own order and in PSM; user text that spells a sentinel must stay text.
fn check(name: &str, family: Option<&str>, golden: Expect) {
    let tokenizer = tokenizer(name);
    let [stable, prefix, suffix] = [STABLE, PREFIX, SUFFIX].map(|text| {
        let tokens = tokenizer.tokenize(text);
        assert_eq!(
            String::from_utf8(tokenizer.text(&tokens)).unwrap(),
            text,
            "the texts come back as they were"
        );
        tokens
    });
    let mut shown = String::new();
    for wanted in [family, Some("psm")] {
        let layout = tokenizer.layout(wanted).unwrap();
        let prompt = layout.compose(&[], &stable, &prefix, &suffix);
        let marks = prompt.iter().filter(|token| layout.stops.contains(token)).count();
        assert_eq!(marks, 3, "each sentinel once, none from the text");
        shown += &format!("{}: {prompt:?}\n", layout.describe());
    }
    golden.assert_eq(&shown);
}

#[test]
fn starcoder() {
    check(
        "starcoder",
        None,
        expect![[r#"
        starcoder2, suffix-first: [1, 485, 2355, 222, 3, 222, 222, 1243, 45, 107, 45, 54, 509, 222, 2, 610, 315, 45, 125, 731, 303, 461, 39647, 107, 468, 100, 10519, 129, 789, 107, 468, 100, 10519, 789, 23865, 274, 107, 468, 4620, 247, 435, 23865, 274, 67, 244]
        starcoder2, psm: [1, 485, 2355, 222, 610, 315, 45, 125, 731, 303, 461, 39647, 107, 468, 100, 10519, 129, 789, 107, 468, 100, 10519, 789, 23865, 274, 107, 468, 4620, 247, 435, 23865, 274, 67, 244, 3, 222, 222, 1243, 45, 107, 45, 54, 509, 222, 2]
    "#]],
    );
}

#[test]
fn refact() {
    check(
        "refact",
        None,
        expect![[r#"
        refact, suffix-first: [1, 465, 2322, 203, 3, 203, 203, 1216, 26, 88, 26, 35, 490, 203, 2, 589, 296, 26, 106, 711, 284, 442, 39692, 88, 449, 81, 10511, 110, 772, 88, 449, 81, 10511, 772, 23873, 255, 88, 449, 4606, 228, 416, 23873, 255, 48, 225]
        refact, psm: [1, 465, 2322, 203, 589, 296, 26, 106, 711, 284, 442, 39692, 88, 449, 81, 10511, 110, 772, 88, 449, 81, 10511, 772, 23873, 255, 88, 449, 4606, 228, 416, 23873, 255, 48, 225, 3, 203, 203, 1216, 26, 88, 26, 35, 490, 203, 2]
    "#]],
    );
}

#[test]
fn deepseek_coder() {
    check(
        "deepseek-coder",
        None,
        expect![[r#"
        deepseek-coder, suffix-first: [32013, 32016, 1892, 10925, 185, 32015, 185, 185, 4128, 7, 69, 7, 16, 1435, 185, 32017, 1551, 267, 7, 87, 1772, 185, 315, 967, 1013, 91, 69, 308, 62, 22866, 91, 784, 69, 308, 62, 22866, 784, 169, 121, 237, 69, 308, 11028, 210, 408, 169, 121, 237, 7471]
        deepseek-coder, psm: [32013, 32016, 1892, 10925, 185, 1551, 267, 7, 87, 1772, 185, 315, 967, 1013, 91, 69, 308, 62, 22866, 91, 784, 69, 308, 62, 22866, 784, 169, 121, 237, 69, 308, 11028, 210, 408, 169, 121, 237, 7471, 32015, 185, 185, 4128, 7, 69, 7, 16, 1435, 185, 32017]
    "#]],
    );
}

/// The file has no FIM tokens; the ids that Qwen2.5-Coder gives them come after its vocabulary.
#[test]
fn qwen2() {
    let tokenizer = tokenizer("qwen2");
    assert!(tokenizer.layout(None).unwrap_err().starts_with("not a FIM model"));
    assert!(tokenizer.layout(Some("qwen2.5-coder")).unwrap_err().contains("lacks the tokens"));
    let [pre, mid, suf] = [151659, 151660, 151661];
    let ids = [("<|fim_prefix|>", pre), ("<|fim_middle|>", mid), ("<|fim_suffix|>", suf)];
    let find = |text: &str| ids.iter().find(|(name, _)| *name == text).map(|(_, id)| *id);
    let vocabulary =
        treefill::engine::family::VocabularyFacts { find: &find, known: [None; 3], bos: None, name: "" };
    let layout = treefill::engine::family::detect(&vocabulary, None).unwrap();
    let [stable, prefix, suffix] = [STABLE, PREFIX, SUFFIX].map(|text| tokenizer.tokenize(text));
    let prompt = layout.compose(&[], &stable, &prefix, &suffix);
    assert_eq!(prompt.iter().filter(|&&token| token >= pre).count(), 3);
    expect![[r#"
        qwen2.5-coder, suffix-first: [151659, 474, 2643, 198, 151661, 271, 1350, 955, 7, 16, 1171, 151660, 750, 282, 2075, 982, 262, 470, 82639, 69, 318, 62580, 91, 1784, 69, 318, 62580, 1784, 130957, 69, 318, 10417, 223, 408, 130957, 29, 220]
    "#]].assert_eq(&format!("{}: {prompt:?}\n", layout.describe()));
}

/// SentencePiece: no space is added before a text, whatever it begins with, and it comes back as it was.
#[test]
fn llama() {
    let tokenizer = tokenizer("llama-spm");
    assert!(tokenizer.layout(None).unwrap_err().starts_with("not a FIM model"));
    for text in [
        "x",
        " x",
        "  x",
        "\nx",
        "return x",
        "",
        "\n",
        " ",
        "é🦀",
        "\t\tx\r\n",
        "<s>",
        "</s> <PRE>",
        "\u{0}a",
    ] {
        let tokens = tokenizer.tokenize(text);
        assert_eq!(String::from_utf8(tokenizer.text(&tokens)).unwrap(), text, "{tokens:?}");
        assert!(!tokens.contains(&1) && !tokens.contains(&2), "no BOS or EOS: {tokens:?}");
    }
    expect![[r#"
        [1753, 285, 29898, 29916, 1125, 13, 1678, 736, 529, 29989, 29888, 326, 29918, 17662, 29989, 5299, 29888, 326, 29918, 17662, 5299, 242, 192, 159, 29888, 326, 1095, 242, 192, 159, 29958, 29871]
        [13, 13, 2158, 29898, 29888, 29898, 29896, 876, 13]
    "#]].assert_eq(&format!("{:?}\n{:?}\n", tokenizer.tokenize(PREFIX), tokenizer.tokenize(SUFFIX)));
}

/// What prompts of the catalogue's models are built with: the vocabulary that is at hand, with the name that the file has, and the golden ids of
/// BOS, prefix, suffix and middle.
enum Known {
    File(&'static str, &'static str),
    /// A vocabulary that ends before these tokens.
    Ids(&'static [(&'static str, i32)]),
    NotAtHand,
}

const QWEN: &[(&str, i32)] = &[
    ("<|fim_prefix|>", 151_659),
    ("<|fim_middle|>", 151_660),
    ("<|fim_suffix|>", 151_661),
    ("<|fim_pad|>", 151_662),
    ("<|repo_name|>", 151_663),
    ("<|file_sep|>", 151_664),
];

/// The golden ids of one prompt for each model of the catalogue whose vocabulary is at hand; a model that is added has to be put here.
#[test]
fn the_models_of_the_catalogue() {
    let known = |name: &str| match name {
        name if name.starts_with("qwen2.5-coder-") => Known::Ids(QWEN),
        "starcoder2-3b" | "starcoder2-7b" => Known::File("starcoder", "StarCoder2"),
        // Refact took the vocabulary of StarCoder, and added to it behind its end.
        "starcoder-1b" => Known::File("refact", "StarCoderBase 1B"),
        "deepseek-coder-1.3b" | "deepseek-coder-6.7b" => Known::File("deepseek-coder", "DeepSeek Coder"),
        "codegemma-2b" | "deepseek-coder-v2-lite" | "codestral-22b" => Known::NotAtHand,
        other => panic!("{other} is new: say which vocabulary it has"),
    };
    let mut shown = String::new();
    for model in treefill::hub::Catalogue::built_in().models {
        let (layout, texts) = match known(&model.name) {
            Known::NotAtHand => continue,
            Known::Ids(ids) => {
                let find = |text: &str| ids.iter().find(|(name, _)| *name == text).map(|(_, id)| *id);
                let vocabulary =
                    VocabularyFacts { find: &find, known: [None; 3], bos: None, name: &model.title };
                (detect(&vocabulary, None).unwrap(), tokenizer("qwen2"))
            }
            Known::File(file, name) => {
                let tokenizer = tokenizer(file);
                (tokenizer.layout_named(name).unwrap(), tokenizer)
            }
        };
        assert_eq!(layout.family, model.family, "{}: what its vocabulary says", model.name);
        assert!(layout.doubts.is_empty(), "{}: {:?}", model.name, layout.doubts);
        let [before, after] = ["def f(", "):\n"].map(|text| texts.tokenize(text));
        let prompt = layout.compose(&[], &[], &before, &after);
        shown += &format!("{}: {}: {prompt:?}\n", model.name, layout.describe());
    }
    expect![[r#"
        qwen2.5-coder-0.5b: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-1.5b: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-3b: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-7b: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-14b: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-0.5b-instruct: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        qwen2.5-coder-1.5b-instruct: qwen2.5-coder, suffix-first: [151659, 151661, 982, 151660, 750, 282, 7]
        starcoder2-3b: starcoder2, suffix-first: [1, 3, 731, 222, 2, 610, 315, 45]
        starcoder2-7b: starcoder2, suffix-first: [1, 3, 731, 222, 2, 610, 315, 45]
        starcoder-1b: starcoder, suffix-first: [1, 3, 711, 203, 2, 589, 296, 26]
        deepseek-coder-1.3b: deepseek-coder, suffix-first: [32013, 32016, 32015, 1772, 185, 32017, 1551, 267, 7]
        deepseek-coder-6.7b: deepseek-coder, suffix-first: [32013, 32016, 32015, 1772, 185, 32017, 1551, 267, 7]
    "#]]
    .assert_eq(&shown);
}
