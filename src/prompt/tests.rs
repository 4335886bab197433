//! Tests which signatures of other files a prompt shows, and that they stay where they are.

use std::fs;
use std::path::Path;

use super::*;
use crate::document::Snapshot;
use crate::engine::Segment;
use crate::symbols::{FileSymbols, SymbolIndex};

const FILES: &[(&str, &str)] = &[
    ("shop/__init__.py", ""),
    (
        "shop/cart.py",
        "class Cart(Base):\n    '''Holds items.'''\n    owner: str = ''\n    def add(self, item: Item, count=1) -> None:\n        pass\n\
         \n    def total(self) -> int:\n        return 0\n\ndef empty_cart() -> Cart:\n    pass\n",
    ),
    ("shop/prices.py", "def price_of(item, *, currency):\n    pass\n\ndef unused():\n    pass\n"),
    ("shop/own.py", "def local_helper(): pass\n"),
    ("shop/many_a.py", "def run_all(): pass\n"),
    ("shop/many_b.py", "def run_all(): pass\n"),
    ("shop/many_c.py", "def run_all(): pass\n"),
    ("shop/rates.rs", "pub fn currency_rate() {}\n"),
];

fn index(folder: &Path) -> SymbolIndex {
    for (name, text) in FILES {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
    let mut index = SymbolIndex::default();
    for (name, text) in FILES {
        let path = folder.join(name);
        let language = crate::testing::registry().by_path(&path).unwrap();
        index.insert(FileSymbols::read(&path, &language, text).unwrap());
    }
    index
}

/// The signatures shown at the cursor of a text in the place of `shop/own.py`, within so many bytes.
fn shown(text: &str, bytes: usize) -> Vec<ShownSignature> {
    let folder = tempfile::tempdir().unwrap();
    let index = index(folder.path());
    let (text, cursor) = crate::testing::marked(text);
    let snapshot = Snapshot::of_text("", &text, crate::testing::language("python"));
    let tree = snapshot.parse();
    let path = folder.path().join("shop/own.py");
    let line = snapshot.line_of(cursor.start);
    let place = SignaturePlace { path: &path, snapshot: &snapshot, tree: tree.as_ref(), line };
    find_signatures(&index, &place, bytes)
}

fn texts(shown: &[ShownSignature]) -> Vec<(&str, &str)> {
    shown.iter().map(|it| (it.path.as_str(), it.text.as_str())).collect()
}

const CART: &str = "class Cart(Base)\n    owner: str = ''\n    def add(self, item: Item, count=1) -> None\n    def total(self) -> int\n";

#[test]
fn what_is_imported_and_what_is_named_near_is_shown() {
    let text = "from .cart import Cart, empty_cart\nfrom os import path\n\ncart = Cart()\nx = price_of(ˇ)\n";
    let found = shown(text, 1000);
    assert_eq!(
        texts(&found),
        [
            ("shop/cart.py", CART),
            ("shop/cart.py", "def empty_cart() -> Cart\n"),
            ("shop/prices.py", "def price_of(item, *, currency)\n"),
        ]
    );
    let why: Vec<SignatureReason> = found.iter().map(|it| it.why).collect();
    assert_eq!(
        why,
        [SignatureReason::ImportedAndNear, SignatureReason::ImportedAndNear, SignatureReason::Near]
    );
    // A member is shown below what it is of; of a module, what is named.
    let found = shown("from . import prices\n\ndef f(basket):\n    prices.price_of(basket.total(ˇ))\n", 1000);
    assert_eq!(
        texts(&found),
        [
            ("shop/cart.py", "class Cart(Base)\n    def total(self) -> int\n"),
            ("shop/prices.py", "def price_of(item, *, currency)\n"),
        ]
    );
}

#[test]
fn what_says_little_is_not_shown() {
    assert_eq!(shown("x = run_all(local_helper, currency_rate, add, ˇ)\n", 1000), []);
    let far = "y = 1\n".repeat(100);
    let text = format!("from .prices import price_of, unused\n\nprice_of()\n{far}ˇ\n");
    let found = shown(&text, 1000);
    let why: Vec<SignatureReason> = found.iter().map(|it| it.why).collect();
    assert_eq!(why, [SignatureReason::Imported; 2], "far from the cursor it is only imported");
}

#[test]
fn what_is_near_goes_first_where_there_is_little_room() {
    let text = "from .prices import unused\nfrom .cart import empty_cart\n\n\nx = empty_cart(ˇ)\n";
    let found = shown(text, 45);
    assert_eq!(texts(&found), [("shop/cart.py", "def empty_cart() -> Cart\n")]);
    assert_eq!(shown(text, 10), []);
}

fn one(path: &str, line: usize) -> ShownSignature {
    let (name, text) = (format!("f{line}"), format!("def f{line}()\n"));
    ShownSignature { path: path.into(), line, name, text, why: SignatureReason::Near }
}

fn lines(foreign: &ForeignText) -> Vec<usize> {
    foreign.signatures.iter().map(|it| it.line).collect()
}

#[test]
fn what_is_shown_stays_while_it_is_of_use() {
    let first = ForeignText { signatures: (0..8).map(|line| one("a", line)).collect(), line: 10 };
    let now = |from: usize, to: usize| (from..to).map(|line| one("a", line)).rev().collect::<Vec<_>>();
    assert_eq!(lines(&first.renewed(now(0, 8), 12, 1000)), [0, 1, 2, 3, 4, 5, 6, 7], "no new order");
    assert_eq!(lines(&first.renewed(now(2, 9), 12, 1000)), [0, 1, 2, 3, 4, 5, 6, 7, 8], "behind it");
    assert_eq!(lines(&first.renewed(now(3, 9), 12, 1000)), [8, 7, 6, 5, 4, 3], "too much is stale");
    assert_eq!(lines(&first.renewed(now(2, 9), 12, 85)), [8, 7, 6, 5, 4, 3, 2], "no room behind it");
    assert_eq!(lines(&first.renewed(now(2, 9), 90, 1000)), [8, 7, 6, 5, 4, 3, 2], "another place");
    assert_eq!(lines(&first.renewed(now(0, 8), 90, 1000)), [0, 1, 2, 3, 4, 5, 6, 7], "the same there");
    assert!(first.is_elsewhere(51) && !first.is_elsewhere(50));
}

#[test]
fn files_are_segments_of_their_own() {
    let foreign = ForeignText { signatures: vec![one("a", 1), one("a", 2), one("b", 1)], line: 0 };
    let segments = foreign.segments(1024, "#");
    let show =
        |it: &Segment| (it.file.clone().unwrap().path, it.text.clone(), it.boundaries.clone(), it.share);
    assert_eq!(
        segments.iter().map(show).collect::<Vec<_>>(),
        [
            ("a".to_owned(), "def f1()\ndef f2()\n".to_owned(), vec![9], 12),
            ("b".to_owned(), "def f1()\n".to_owned(), vec![], 12),
        ]
    );
    assert!(segments.iter().all(Segment::is_foreign));
    assert_eq!((signature_bytes(1024), signature_bytes(8192)), (366, 4914));
}
