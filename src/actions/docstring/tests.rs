//! Tests what the model is asked, where the documentation goes, and what is refused. The model is a script.

use super::*;
use crate::actions::testing::{AskedModel, asked, check, made, title};
use crate::completion::Reason;

const PYTHON: &str = "def add(a, b):\n    retˇurn a + b\n";

#[test]
fn a_function_gets_its_documentation() {
    check(
        &SPEC,
        "python",
        PYTHON,
        "Add two numbers.\n\nThey may be anything that adds.",
        "def add(a, b):\n    \"\"\"Add two numbers.\n\n    They may be anything that adds.\n    \"\"\"\n    return a + b\n",
    );
    check(
        &SPEC,
        "rust",
        "impl A {\r\n    #[inline]\r\n    fn add(&self) -> u8 {\r\n        1ˇ\r\n    }\r\n}\r\n",
        "Adds.\n\n# Panics\n\nNever.",
        "impl A {\r\n    /// Adds.\r\n    ///\r\n    /// # Panics\r\n    ///\r\n    /// Never.\r\n    #[inline]\r\n    fn add(&self) -> u8 {\r\n        1\r\n    }\r\n}\r\n",
    );
}

#[test]
fn marks_that_the_model_adds_are_not_doubled() {
    let python = PYTHON.replace('ˇ', "").replace("    return", "    \"\"\"Add them.\"\"\"\n    return");
    for answer in [
        "Add them.",
        "\"\"\"Add them.\"\"\"",
        "```python\ndef add(a, b):\n    \"\"\"\n    Add them.\n    \"\"\"\n    return a + b\n```",
    ] {
        check(&SPEC, "python", PYTHON, answer, &python);
    }
    for answer in ["Adds.", "/// Adds.\nfn f() {}", "```rust\n/// Adds.\n```"] {
        check(&SPEC, "rust", "fn f() {ˇ}\n", answer, "/// Adds.\nfn f() {}\n");
    }
}

#[test]
fn it_stands_behind_the_whole_header() {
    for (before, after) in [
        (
            "def f(\n    a,\n):  # noqa\n    # Why.\n    ˇpass\n",
            "def f(\n    a,\n):  # noqa\n    '''A.'''\n    # Why.\n    pass\n",
        ),
        (
            "class A:\n\t@x\n\tdef f(self):ˇ\n\t\tpass\n",
            "class A:\n\t@x\n\tdef f(self):\n\t\t'''A.'''\n\t\tpass\n",
        ),
    ] {
        // As this file's texts are written.
        let [before, after] = [before, after].map(|text| format!("'''This module.'''\n{text}"));
        check(&SPEC, "python", &before, "A.", &after);
    }
    let raw = "def add(a, b):\n    r\"\"\"Splits at \\n.\"\"\"\n    return a + b\n";
    check(&SPEC, "python", PYTHON, "Splits at \\n.", raw);
}

#[test]
fn what_would_end_the_text_is_refused() {
    for answer in ["It says '''no'''.", "Ends with a \\", "Say \"it\"", "\"It\" is said.", " ", "a\u{0}b"] {
        assert_eq!(made(&SPEC, "python", PYTHON, "", answer), Err(Reason::Invalid), "{answer}");
    }
    assert_eq!(made(&SPEC, "python", "ˇx = 1\n", "", "A."), Err(Reason::NotHere));
}

#[test]
fn code_is_no_documentation() {
    let mean = "def mean(values):\n    total = sum(values)\n    return totalˇ / len(values)\n";
    let refused = |text: &str, answer: &str| match made(&SPEC, "python", text, "", answer) {
        Err(Reason::Refused(why)) => why,
        other => panic!("{answer}: {other:?}"),
    };
    for answer in [
        // What a small model answered, between the quotes and without.
        "```python\ndef mean(values):\n    \"\"\"\n    def mean(values):\n        total = sum(values)\n        return total / len(values)\n    \"\"\"\n```",
        "def mean(values):\n    total = sum(values)\n    return total / len(values)",
        "Return the mean.\n\n    return total / len(values)",
    ] {
        assert_eq!(refused(mean, answer), "it repeats the code that it should be about");
    }
    assert_eq!(refused(mean, "The mean.\n\nresult = mean(numbers)"), "it is code, not a text about it");
    assert_eq!(refused(mean, "Sure! This is the mean."), "the model spoke to you instead of doing it");
    assert_eq!(
        refused(mean, "The mean.\n\nArgs:\n    numbers: What."),
        "it names a parameter `numbers`, which the function does not have"
    );
    let styled =
        format!("def g(a):\n    \"\"\"Do it.\n\n    Args:\n        a: What.\n    \"\"\"\n\n\n{mean}");
    assert!(refused(&styled, "The mean.").starts_with("it does not name the parameter `values`"));
    assert!(made(&SPEC, "python", &styled, "", "The mean.\n\nArgs:\n    values: What.").is_ok());
    assert!(made(&SPEC, "python", mean, "", "The mean.\n\n>>> mean([1, 2])\n1.5").is_ok());
}

#[test]
fn the_question_names_the_style_of_the_file() {
    let known = "def g(a):\n    \"\"\"Do it.\n\n    Args:\n        a: What.\n    \"\"\"\n\n\n";
    let question = asked(&SPEC, "python", &format!("{known}{PYTHON}"), "", "x");
    let text = "Write the docstring of `add`. The style of this file is Google: Args: Returns: Raises: Yields:.\n\n\
                Another one of this file, as it is written there:\n\
                ```python\n\"\"\"Do it.\n\n    Args:\n        a: What.\n    \"\"\"\n```\n\n\
                ```python\ndef add(a, b):\n    return a + b\n```";
    assert_eq!(question, AskedModel { rules: RULES.into(), text: text.into() });
    let styles = |doc: &str| {
        let text = format!("def g(a):\n    \"\"\"{doc}\"\"\"\n\n\n{PYTHON}");
        asked(&SPEC, "python", &text, "", "x").text
    };
    assert!(styles("A.\n\n    :param a: What.\n    ").contains("is reStructuredText"));
    assert!(styles("A.\n\n    Parameters\n    ----------\n    a : int\n    ").contains("is NumPy"));
    assert!(styles("A.").contains("Its first line is a summary"));
}

#[test]
fn titles() {
    for (language, text, expected) in [
        ("python", PYTHON, "Write the docstring of `add`"),
        ("rust", "fn f() {ˇ}\n", "Write the doc comment of `f`"),
        // It has one, stands on one line, or there is no function.
        ("python", "def f():\n    '''A.'''\n    paˇss\n", ""),
        ("python", "def f(): paˇss\n", ""),
        ("python", "xˇ = 1\n", ""),
        ("rust", "/// A.\nfn f() {ˇ}\n", ""),
    ] {
        assert_eq!(title(&SPEC, language, text), expected, "{text}");
    }
}
