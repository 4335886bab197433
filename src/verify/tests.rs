//! Tests what changes may do, one rule a test.

use super::policy::*;
use super::*;
use crate::language::Registry;

/// What is said of `new` in the place of the text between the two `ˇ`.
fn verdict(language: &str, text: &str, new: &str, policy: &Policy) -> Result<(), Rejection> {
    let (start, rest) = (text.find('ˇ').unwrap(), text.replacen('ˇ', "", 1));
    let end = rest.find('ˇ').unwrap();
    let language = Registry::builtin().unwrap().by_name(language);
    let snapshot = Snapshot::of_text("", &rest.replacen('ˇ', "", 1), language);
    let verifier = Verifier::new(&snapshot).unwrap();
    let applied = verifier.apply(&[Edit::replace(start..end, new)])?;
    verifier.verify(&applied, policy, None).map(drop)
}

#[test]
fn what_is_around_a_span_stays_what_it_was() {
    let text = "def f(a):\n    if a:\n        ˇreturn aˇ\n    return 2\n";
    for (new, expected) in [
        ("return a + 1", Ok(())),
        ("a += 1\n        return a", Ok(())),
        ("return a\n    else:\n        return 1", Err(Rejection::WrongFilling)),
        ("return a\nb = 1", Err(Rejection::MovesOthers)),
        ("return eval(a)", Err(Rejection::AddsRisk)),
        ("return unheard_of(a)", Err(Rejection::AddsUnknownName)),
    ] {
        assert_eq!(verdict("python", text, new, &REPLACED_SPAN), expected, "{new}");
    }
    assert!(verdict("python", text, "return (a", &REPLACED_SPAN).is_err());
    let text = "fn f(a: u8) -> u8 {\n    ˇaˇ\n}\n\nfn g() {}\n";
    for (new, expected) in [
        ("a + 1", Ok(())),
        ("let b = a;\n    b", Ok(())),
        ("a\n}\n\nfn h() {", Err(Rejection::MovesOthers)),
        ("unsafe { *p }", Err(Rejection::AddsRisk)),
    ] {
        assert_eq!(verdict("rust", text, new, &REPLACED_SPAN), expected, "{new}");
    }
}

#[test]
fn comments_change_no_code() {
    let text = "def f(a):\n    b = '''\n    a'''\nˇˇ    return a\n";
    assert_eq!(verdict("python", text, "    # Give it back.\n", &COMMENTS), Ok(()));
    assert_eq!(verdict("python", text, "    a\n", &COMMENTS), Err(Rejection::WrongFilling));
    let text = "def f(a):\n    b = '''\nˇˇ    a'''\n    return a\n";
    assert_eq!(verdict("python", text, "    # a\n", &COMMENTS), Err(Rejection::WrongFilling), "in a string");
    // The text that an error recovery skips is code too.
    let text = "x = [\n\nˇˇif y:\n    import z\n";
    assert!(verdict("python", text, "w\n", &COMMENTS).is_err());
}

#[test]
fn the_next_line_is_not_swallowed() {
    for (language, text, new) in [
        ("python", "x = [\n    'a',\n    ˇˇ\n    'b',\n]\n", "'c'"),
        ("python", "x = [\n    (1, 2),\n    ˇˇ\n    (3, 4),\n]\n", "(5, 6), y"),
        ("rust", "fn f(a: u8) -> u8 {\n    ˇˇ\n    (a)\n}\n", "return"),
    ] {
        assert_eq!(verdict(language, text, new, &INSERTION), Err(Rejection::MovesOthers), "{text}");
    }
    for (language, text, new) in [
        ("python", "x = [\n    'a',\n    ˇˇ\n    'b',\n]\n", "'c',"),
        // The block begins earlier, and is the same one.
        ("python", "def f(a):\n    ˇˇ\n    return a\n", "a += 1"),
        ("rust", "fn f(a: u8) -> u8 {\n    ˇˇ\n    (a)\n}\n", "g();"),
    ] {
        assert_eq!(verdict(language, text, new, &INSERTION), Ok(()), "{text}");
    }
}

#[test]
fn a_body_or_a_docstring_joins_its_function_and_nothing_else_does() {
    let text = "def f(a):\n    \"\"\"Say.\"\"\"ˇˇ\n\n\ndef g():\n    pass\n";
    assert_eq!(verdict("python", text, "\n    return a", &BODY), Ok(()));
    assert_eq!(verdict("python", text, "\n    # a", &BODY), Err(Rejection::WrongFilling));
    assert_eq!(verdict("python", text, "\n    return a\n\nx = 1", &BODY), Err(Rejection::MovesOthers));
    let text = "trait T {\n    fn f(&self) -> u8ˇ;ˇ\n    fn g(&self);\n}\n";
    assert_eq!(verdict("rust", text, " {\n        1\n    }", &BODY), Ok(()));
    let text = "def f(a):ˇˇ\n    return a\n";
    assert_eq!(verdict("python", text, "\n    \"\"\"Say.\"\"\"", &DOCUMENTATION), Ok(()));
    assert_eq!(verdict("python", text, "\n    a\n    a", &DOCUMENTATION), Err(Rejection::WrongFilling));
}

#[test]
fn a_repair_leaves_sound_definitions_alone() {
    let text = "def f():\n    x = (1\n\n\ndef g():\n    pass\nˇˇ\n\ndef h():\n    pass\n";
    assert_eq!(verdict("python", text, "", &SYNTAX_REPAIR), Ok(()));
    let rejected = verdict("python", text, "\nclass A:\n    y = [\n", &SYNTAX_REPAIR);
    assert!(rejected.is_err());
}
