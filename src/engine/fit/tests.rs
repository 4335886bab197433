//! Tests what fits, and that windows keep their edges while the user types.
//!
//! One character is one token here, so that budgets are lengths.

use super::*;

fn tokens(text: &str) -> Vec<TokenId> {
    text.chars().map(|char| char as TokenId).collect()
}

fn text(tokens: &[TokenId]) -> String {
    tokens.iter().map(|&token| char::from_u32(token as u32).unwrap()).collect()
}

fn segment(role: Role, share: u8, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share, boundaries, file: None }
}

/// Fits prefix and suffix; shows them as `prefix|suffix`.
fn around(prefix: &str, suffix: &str, budget: usize, anchor: &mut WindowAnchor) -> String {
    let segments = [segment(Role::Prefix, 60, prefix), segment(Role::Suffix, 40, suffix)];
    let fitted = fit(&segments, budget, anchor, &tokens);
    assert!(fitted.prefix.len() + fitted.suffix.len() <= budget);
    text(&fitted.prefix) + "|" + &text(&fitted.suffix)
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("line {number:04}\n")).collect()
}

#[test]
fn what_fits_is_taken_whole() {
    assert_eq!(around("a\nb", "\nc", 10, &mut WindowAnchor::default()), "a\nb|\nc");
    assert_eq!(around("", "", 10, &mut WindowAnchor::default()), "|");
    assert_eq!(around("abc", "", 3, &mut WindowAnchor::default()), "abc|");
}

#[test]
fn windows_begin_and_end_at_lines() {
    let shown = around(&lines(0, 50), &lines(50, 99), 100, &mut WindowAnchor::default());
    assert_eq!(shown, lines(47, 50) + "|" + &lines(50, 54), "a fresh prefix window leaves room to grow");
}

#[test]
fn the_prefix_window_stands_still_while_text_is_typed_then_steps() {
    let (mut anchor, mut prefix, mut starts) = (WindowAnchor::default(), lines(0, 50), Vec::new());
    for _ in 0..120 {
        let shown = around(&prefix, "", 100, &mut anchor);
        let window = shown.trim_end_matches('|').to_string();
        assert!(prefix.ends_with(&window) && !window.is_empty());
        let start = prefix.len() - window.len();
        if starts.last() != Some(&start) {
            starts.push(start);
        }
        prefix.push(if prefix.len().is_multiple_of(7) { '\n' } else { 'x' });
    }
    assert!(starts.is_sorted() && (2..=5).contains(&starts.len()), "few steps in 120 keys: {starts:?}");
}

#[test]
fn the_suffix_window_does_not_depend_on_what_is_typed() {
    let (mut anchor, mut prefix, suffix) = (WindowAnchor::default(), String::new(), lines(0, 50));
    let mut seen = Vec::new();
    for _ in 0..200 {
        let shown = around(&prefix, &suffix, 200, &mut anchor);
        let window = shown.split_once('|').unwrap().1.to_string();
        if seen.last() != Some(&window) {
            seen.push(window);
        }
        prefix.push('x');
    }
    assert!(seen.len() <= 4, "a quarter at a time: {}", seen.len());
}

#[test]
fn an_edit_above_the_window_leaves_it() {
    let mut anchor = WindowAnchor::default();
    let before = around(&lines(0, 50), "", 100, &mut anchor);
    let edited = format!("# new first line\n{}", lines(1, 50));
    assert_eq!(around(&edited, "", 100, &mut anchor), before);
}

#[test]
fn a_stub_of_a_window_is_chosen_anew() {
    let mut anchor = WindowAnchor::default();
    around(&lines(0, 50), "", 100, &mut anchor);
    // The cursor moved up: only one line of the old window is left before it.
    let shown = around(&lines(0, 45), "", 100, &mut anchor);
    assert_eq!(shown, lines(39, 45) + "|");
}

#[test]
fn one_endless_line_is_cut_anywhere() {
    let long = "x".repeat(1000);
    let shown = around(&long, &long, 100, &mut WindowAnchor::default());
    let (prefix, suffix) = shown.split_once('|').unwrap();
    assert!(prefix.len() >= 30 && suffix.len() == 40, "{shown}");
    let wide = "é".repeat(1000);
    assert!(around(&wide, &wide, 100, &mut WindowAnchor::default()).len() > 100);
}

#[test]
fn stable_text_keeps_to_its_share() {
    let segments = [
        segment(Role::Stable, 20, &lines(0, 9)),
        segment(Role::Stable, 20, &lines(20, 29)),
        segment(Role::Prefix, 60, &lines(50, 99)),
    ];
    let fitted = fit(&segments, 100, &mut WindowAnchor::default(), &tokens);
    assert_eq!(text(&fitted.stable), lines(0, 2) + &lines(20, 22));
    assert!(fitted.prefix.len() <= 60 && fitted.prefix.len() >= 30);
}

#[test]
fn stable_text_stays_as_long_as_the_window_does() {
    let mut anchor = WindowAnchor::default();
    let mut stable = |imports: &str, prefix: &str| {
        let segments = [segment(Role::Stable, 20, imports), segment(Role::Prefix, 60, prefix)];
        text(&fit(&segments, 100, &mut anchor, &tokens).stable)
    };
    assert_eq!(stable("imports\n", &lines(0, 50)), "imports\n");
    let typed = lines(0, 50) + "f(";
    assert_eq!(stable("", &typed), "imports\n", "an open bracket hides them from the parser only");
    assert_eq!(stable("others\n", &lines(80, 130)), "others\n", "another place");
}

#[test]
fn no_budget_is_survived() {
    for budget in 0..30 {
        around(&lines(0, 50), &lines(50, 99), budget, &mut WindowAnchor::default());
        around("é", "é", budget, &mut WindowAnchor::default());
    }
}

/// Fits text of other files and what is around the cursor; shows them as `files|prefix|suffix`.
fn with_files(files: &[(&str, &str)], prefix: &str, budget: usize, anchor: &mut WindowAnchor) -> String {
    let name = |path: &str| Some(FileName { path: path.into(), comment: String::new() });
    let mut segments: Vec<Segment> = files
        .iter()
        .map(|(path, text)| Segment { file: name(path), ..segment(Role::Stable, 40, text) })
        .collect();
    segments.push(segment(Role::Suffix, 20, "\nend\n"));
    segments.push(Segment { file: name("own"), ..segment(Role::Prefix, 60, prefix) });
    let fitted = fit(&segments, budget, anchor, &tokens);
    assert!(fitted.files.len() + fitted.prefix.len() + fitted.suffix.len() <= budget);
    [fitted.files, fitted.prefix, fitted.suffix].map(|part| text(&part)).join("|")
}

#[test]
fn other_files_are_named_and_have_one_share_together() {
    let files = [("a", "def f\ndef g\n"), ("b", "def h\n")];
    let shown = with_files(&files, "x", 200, &mut WindowAnchor::default());
    assert_eq!(shown, "a\ndef f\ndef g\nb\ndef h\nown\n|x|\nend\n");
    let shown = with_files(&files, "x", 40, &mut WindowAnchor::default());
    assert_eq!(shown, "a\ndef f\nown\n|x|\nend\n", "whole lines, and no name without a text");
    assert_eq!(with_files(&files, "x", 20, &mut WindowAnchor::default()), "|x|\nend\n");
    assert_eq!(with_files(&[], "x", 200, &mut WindowAnchor::default()), "|x|\nend\n");
}

#[test]
fn other_text_of_files_is_fitted_at_once() {
    let mut anchor = WindowAnchor::default();
    let prefix = lines(0, 5);
    let before = with_files(&[("a", "def f\n")], &prefix, 200, &mut anchor);
    assert_eq!(before, with_files(&[("a", "def f\n")], &prefix, 200, &mut anchor));
    let after = with_files(&[("a", "def f\n"), ("b", "def g\n")], &prefix, 200, &mut anchor);
    assert!(after.starts_with("a\ndef f\nb\ndef g\nown\n|line 0000"));
    assert!(with_files(&[], &prefix, 200, &mut anchor).starts_with("|line 0000"));
}
