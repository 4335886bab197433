//! Tests that a repair keeps what was written: in which order repairs are offered, which are preferred, what blocks get.

use super::repaired;
use super::tests::ask;

/// The first offer's line at `ˇ` after it, and whether it is preferred.
fn first(language: &str, before: &str) -> (String, bool) {
    let (snapshot, offers) = ask(language, before);
    let row = before[..before.find('ˇ').unwrap()].matches('\n').count();
    let offer = offers.first().unwrap_or_else(|| panic!("nothing for {before}"));
    let text = repaired(&snapshot, offer).text.to_string();
    (text.split('\n').nth(row).unwrap_or_default().trim().to_owned(), offer.preferred)
}

#[test]
fn what_is_missing_is_put_and_nothing_goes() {
    for (language, before, line) in [
        ("python", "def scale(by:ˇ\n    return by\n", "def scale(by):"),
        ("python", "def pair(left, right:ˇ\n    return left\n", "def pair(left, right):"),
        ("python", "def triple(a, b, cˇ\n    return a\n", "def triple(a, b, c):"),
        ("python", "def pair(left, rightˇ\n    return left\n", "def pair(left, right):"),
        ("rust", "fn pair(left: u8, right: u8ˇ\n    g(left);\n}\n", "fn pair(left: u8, right: u8) {"),
        ("rust", "#[derive(Clone)ˇ\nstruct Point;\n\nfn main() {}\n", "#[derive(Clone)]"),
        ("rust", "#[inlineˇ\nfn f() {}\n\nfn main() {}\n", "#[inline]"),
        ("rust", "fn get(key {ˇ\n}\n", "fn get(key) {"),
        ("rust", "struct A;\nimpl A {\n    fn get(self {ˇ\n    }\n}\n", "fn get(self) {"),
        ("python", "def f(x):\n    raise KeyError(f\"no {x}\"ˇ\n", "raise KeyError(f\"no {x}\")"),
    ] {
        assert_eq!(first(language, before).0, line, "{before}");
    }
}

#[test]
fn what_takes_an_operator_or_a_word_away_is_not_preferred() {
    for (language, before) in [
        ("python", "print(f'{total!')ˇ\n"),
        ("python", "value = call(a, key=1, 2)ˇ\n"),
        ("python", "x = 1 2ˇ\n"),
        // Another error stays: the parameter has no type.
        ("rust", "fn get(key {ˇ\n}\n"),
        ("python", "x = a bˇ\n"),
    ] {
        let (snapshot, offers) = ask(language, before);
        let preferred = offers.iter().find(|offer| offer.preferred);
        let told = preferred.map(|offer| (&offer.title, repaired(&snapshot, offer).text.to_string()));
        assert_eq!(told, None, "{before}");
    }
}

#[test]
fn beside_what_is_put_nothing_goes() {
    for (language, before) in [
        ("python", "def f(x):\n    raise KeyError(f\"no {x}\"ˇ\n"),
        ("python", "def f(items):\n    if len(itemsˇ > 3:\n        return 1\n"),
        ("rust", "fn f(a: &[u8]) -> usize {\n    g(a.len(), 3;ˇ\n    2\n}\n"),
    ] {
        let (_, offers) = ask(language, before);
        let taken = offers.iter().find(|offer| {
            let edit = &offer.edits[0];
            let old = &before.replace('ˇ', "")[edit.range.clone()];
            old.contains(crate::text::is_word) && !edit.text.contains(old) || old == "(" && edit.text != "["
        });
        assert_eq!(taken.map(|offer| &offer.title), None, "{before}");
    }
}

#[test]
fn an_empty_block_gets_what_means_nothing() {
    for (language, before, after) in [
        ("python", "for user in users:ˇ\n", "for user in users:\n    pass\n"),
        ("python", "for user in users:ˇ", "for user in users:\n    pass"),
        (
            "python",
            "class Token:ˇ\n\nclass User:\n    x = 1\n",
            "class Token:\n    pass\n\nclass User:\n    x = 1\n",
        ),
        (
            "python",
            "def f(x):\n    if x:ˇ\n    else:\n        g()\n",
            "def f(x):\n    if x:\n        pass\n    else:\n        g()\n",
        ),
        (
            "python",
            "class A:\n    def f(self):ˇ\n\nb = 1\n",
            "class A:\n    def f(self):\n        pass\n\nb = 1\n",
        ),
        ("python", "def f(\n    x,\n):ˇ\n\nb = 1\n", "def f(\n    x,\n):\n    pass\n\nb = 1\n"),
        ("python", "try:\n    f()\nexcept OSError:ˇ\n", "try:\n    f()\nexcept OSError:\n    pass\n"),
        ("rust", "impl A for B {\n    fn f(&self)ˇ\n}\n", "impl A for B {\n    fn f(&self) {}\n}\n"),
        (
            "rust",
            "impl A for B {\n    fn f(\n        &self,\n    )ˇ\n}\n",
            "impl A for B {\n    fn f(\n        &self,\n    ) {}\n}\n",
        ),
        ("rust", "trait A {\n    fn f(&self)ˇ\n}\n", "trait A {\n    fn f(&self);\n}\n"),
        ("python", "with f() as g:ˇ  # later\n", "with f() as g:  # later\n    pass\n"),
        ("python", "if x:ˇ\r\n\r\ny = 1\r\n", "if x:\r\n    pass\r\n\r\ny = 1\r\n"),
        ("rust", "struct A;\n\nimpl Aˇ\n\nfn main() {}\n", "struct A;\n\nimpl A {}\n\nfn main() {}\n"),
        ("rust", "fn f()ˇ\n\nfn main() {}\n", "fn f() {}\n\nfn main() {}\n"),
        ("rust", "fn f(x: bool) {\n    if xˇ\n}\n", "fn f(x: bool) {\n    if x {}\n}\n"),
    ] {
        let (snapshot, offers) = ask(language, before);
        let first = offers.first().map(|offer| repaired(&snapshot, offer).text.to_string());
        assert_eq!(first.as_deref(), Some(after), "{:?}", offers.first().map(|offer| &offer.title));
    }
}

#[test]
fn titles_quote_whole_tokens_and_name_another_line() {
    let title =
        |language: &str, before: &str| ask(language, before).1.first().map(|offer| offer.title.clone());
    for (language, before, expected) in [
        ("python", "if x:\n    f()\nelseˇ\n    g()\n", "Add the missing `:` after `else`"),
        (
            "python",
            "def area(width:ˇ\n    return width\n",
            "Close the parameters: insert `)` after `area(width`",
        ),
        (
            "python",
            "self.connection_pool_manager.register(handlersˇ\n",
            "Close the call: insert `)` after `register(handlers`",
        ),
        ("python", "x = [1, 2\n\n\nˇy = 3\n", "Close the bracket: insert `]` after `[1, 2` (line 1)"),
        ("python", "for user in users:ˇ\n", "Give the block a body: insert `pass` below line 1"),
    ] {
        assert_eq!(title(language, before).as_deref(), Some(expected), "{before}");
    }
}
