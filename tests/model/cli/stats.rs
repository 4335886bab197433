//! Tests `treefill stats`: from a file of events to a table, a page and JSON; and what it says without one.

use treefill::stats::{Asked, Disposition, Ended, KeptShare, RequestKind, UsageEvent, event};

use super::Home;

/// Twenty suggestions of 10, 20 … 200 ms, the first five accepted; three silent requests.
fn events() -> String {
    let at = event::now() - 60;
    let asked = |language: &str, outcome: &str, ms| {
        UsageEvent::Asked(Asked {
            at,
            language: language.to_owned(),
            outcome: outcome.to_owned(),
            ms,
            lines: 1,
            bytes: 9,
            tokens: 3,
            generated: 6,
            drafted: 4,
            accepted: 3,
            line_ms: if outcome == "shown" { ms / 2.0 } else { 0.0 },
            remote: language == "python",
            ..Asked::default()
        })
    };
    let mut events =
        vec![asked("rust", "blank", 5.0), asked("rust", "blank", 5.0), asked("go", "no_engine", 1.0)];
    for number in 1..=20_u8 {
        events.push(asked("python", "shown", f32::from(number) * 10.0));
        let fate = if number <= 5 { Disposition::Accepted } else { Disposition::Dismissed };
        let (language, kind) = ("python".to_owned(), RequestKind::Automatic);
        events.push(UsageEvent::Ended(Ended { at, language, kind, lines: 1, bytes: 9, fate, taken: 0 }));
    }
    events.push(UsageEvent::Kept(KeptShare { at, language: "python".into(), lines: 1, share: 0.75 }));
    events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect()
}

fn home(text: &str) -> Home {
    let home = Home::new();
    home.file("state/treefill/stats.jsonl", text);
    home
}

#[test]
fn without_data_it_says_what_to_do() {
    let home = Home::new();
    let run = home.run(&["stats"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let file = home.path("state/treefill/stats.jsonl").display().to_string();
    assert!(run.out.contains(&file) && run.out.contains("README.md"), "{run:?}");
    home.config("[stats]\nenabled = false\n");
    let run = home.run(&["stats"]);
    assert!(run.code == 0 && run.out.contains("enabled = true"), "{run:?}");
    let page = home.path("page.html").display().to_string();
    home.run(&["stats", "--html", &page]);
    assert!(!home.path("page.html").exists());
}

#[test]
fn figures_reasons_times_and_languages() {
    let home = home(&(events() + "{\"what\":\"asked\",\"at\":17"));
    let run = home.run(&["stats"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("damaged lines"), "{run:?}");
    for text in [
        "The last 30 days",
        "5 of 20",
        "25 %",
        "75 %",
        "the model has nothing to add 2 ██",
        "there was no model",
        "half within 100 ms, 95 % within 190 ms, 99 % within 200 ms",
        "Time from the question to the model's first line",
        "on a server",
        "of 92 tokens that your files proposed; 2.00 tokens a step",
        "python",
        "█",
    ] {
        assert!(run.out.contains(text), "{text:?} is not in {}", run.out);
    }
    assert!(!run.out.contains('\u{1b}'), "colours go to terminals only");
    let one = home.run(&["stats", "--language", "rust", "--days", "1"]);
    assert!(one.out.contains("24 hours, rust") && !one.out.contains("python"), "{one:?}");
    let none = home.run(&["stats", "--language", "ruby"]);
    assert!(none.out.contains("for ruby") && none.out.contains("go, python, rust"), "{none:?}");
}

#[test]
fn json_for_programs() {
    let run = home(&events()).run(&["stats", "--json", "--days", "2"]);
    let value: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&value["requests"], &value["suggestions"]), (&23.into(), &20.into()));
    assert_eq!((&value["accepted_share"], &value["silent"]["blank"]), (&0.25.into(), &2.into()));
    assert_eq!((&value["model"]["p50"], &value["steps"][1]["shown"]), (&100.0.into(), &20.into()));
    assert_eq!((&value["drafted"], &value["draft_accepted_share"]), (&92.into(), &0.75.into()));
    assert_eq!(value["tokens_per_step"], 2.0);
    assert_eq!((&value["days"], &value["damaged_lines"]), (&2.into(), &0.into()));
}

#[test]
fn a_page_for_browsers() {
    let home = home(&events());
    let path = home.path("page.html").display().to_string();
    let run = home.run(&["stats", "--html", &path]);
    assert!(run.code == 0 && run.out.contains(&path), "{run:?}");
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.matches("<svg ").count() == 2, "{page}");
    assert!(page.contains("tokens that your files proposed"), "{page}");
    for text in ["<script", "src=", "href="] {
        assert!(!page.contains(text), "{text}");
    }
    let folder = home.path("").display().to_string();
    home.run(&["stats", "--html", &folder]).refused(1, &["cannot write", &folder]);
}

#[test]
fn wrong_usage_and_files() {
    let home = Home::new();
    home.run(&["stats", "--days", "0"]).refused(2, &["--days"]);
    home.run(&["stats", "--json", "--html", "x"]).refused(2, &["--html"]);
    std::fs::create_dir_all(home.path("state/treefill/stats.jsonl")).unwrap();
    home.run(&["stats"]).refused(1, &["cannot read", "stats.jsonl"]);
}

#[test]
fn doctor_shows_the_last_day() {
    let run = home(&events()).run(&["doctor", "--no-model"]);
    assert!(run.out.contains("20 suggestions shown, 5 accepted (25 %), half within 100 ms"), "{run:?}");
    assert!(run.out.contains("the model has nothing to add (2), there was no model (1)"), "{run:?}");
}
