//! Tests requests that end without a text, and typing on: cancellation, deadline, engine states, menu entries, line ends.

use std::time::Duration;

use expect_test::expect;
use treefill::cancel::{CancelSource, CancelToken};
use treefill::completion::{
    CheckLevel, CompletionOptions, CompletionReport, Eagerness, OnRisk, Outcome, Reason, Remembered,
    SelectedEntry, Suggestion, Trigger, TriggerKind, complete,
};
use treefill::document::Snapshot;
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::engine::{Capabilities, EngineError, Status, Task};

use super::check::{check, request, run, taken};

/// The default options, whatever the weights of the ranking are.
fn everything() -> CompletionOptions {
    CompletionOptions { eagerness: Eagerness::Everything, ..CompletionOptions::default() }
}

async fn with_script(script: Script, status: Option<Status>) -> Outcome {
    let engine = ScriptedEngine::new(move |_| script.clone());
    if let Some(status) = status {
        engine.set_status(status);
    }
    let request = request("python", "x = ˇ\n", TriggerKind::Automatic);
    complete(request, &*engine, &everything(), &CancelToken::never()).await.outcome
}

#[tokio::test(start_paused = true)]
async fn every_silence_has_its_reason() {
    let failed = |why: &str| Script::Error(EngineError::Failed(why.into()));
    assert_eq!(with_script(Script::Hang, None).await, Outcome::Skipped(Reason::Timeout));
    let loading = with_script(Script::Hang, Some(Status::Loading(0.5))).await;
    assert_eq!(loading, Outcome::Skipped(Reason::ModelLoading));
    let gone = with_script(Script::Hang, Some(Status::Failed("no such file".into()))).await;
    assert_eq!(gone, Outcome::Skipped(Reason::NoEngine("no such file".into())));
    assert_eq!(
        with_script(failed("oops"), None).await,
        Outcome::Skipped(Reason::EngineFailed("oops".into()))
    );
    let superseded = with_script(Script::Error(EngineError::Cancelled), None).await;
    assert_eq!(superseded, Outcome::Skipped(Reason::Superseded));
    assert_eq!(with_script(Script::Pieces(vec![]), None).await, Outcome::Skipped(Reason::Blank));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_ends_at_once_and_asks_no_model() {
    let engine = ScriptedEngine::always("1");
    let source = CancelSource::new();
    let token = source.token();
    source.cancel();
    let request = request("python", "x = ˇ\n", TriggerKind::Automatic);
    let CompletionReport { outcome, .. } =
        complete(request, &*engine, &CompletionOptions::default(), &token).await;
    assert_eq!(outcome, Outcome::Skipped(Reason::Superseded));
    assert!(engine.jobs().is_empty());
}

#[tokio::test]
async fn the_tree_is_handed_back() {
    let engine = ScriptedEngine::always("1");
    let options = CompletionOptions { delay: Duration::ZERO, ..everything() };
    let request = request("python", "x = ˇ\n", TriggerKind::Automatic);
    let report = complete(request, &*engine, &options, &CancelToken::never()).await;
    let (snapshot, tree) = report.tree.unwrap();
    assert_eq!((snapshot.text.to_string().as_str(), tree.root_node().end_byte()), ("x = \n", 5));
}

/// What a session remembers of a suggestion that was shown.
fn seen(suggestion: &Suggestion) -> Remembered {
    Remembered { suggestion: suggestion.clone(), seen: true }
}

async fn of_texts(trigger: TriggerKind, texts: &[(&str, f32)]) -> CompletionReport {
    let texts: Vec<(String, f32)> = texts.iter().map(|(text, sure)| ((*text).to_owned(), *sure)).collect();
    let engine = ScriptedEngine::new(move |_| Script::Texts(texts.clone()));
    complete(request("python", "x = ˇ\n", trigger), &*engine, &everything(), &CancelToken::never()).await
}

#[tokio::test(start_paused = true)]
async fn the_likeliest_of_several_texts_is_shown() {
    let texts = [("foo(bar)\n", -2.0), ("call(that)\n", -0.1), (")\n", -0.01), ("call(that)\n", -3.0)];
    let report = of_texts(TriggerKind::Automatic, &texts).await;
    let Outcome::Suggested(best) = report.outcome else { panic!("shown") };
    assert_eq!(best.text(), "call(that)");
    let others: Vec<&str> = report.others.iter().map(|other| other.suggestion.text()).collect();
    assert_eq!(others, ["foo(bar)"], "what does not fit and what came twice is not among them");
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_branches_is_asked_for_one_candidate() {
    for (branches, expected) in [(true, CompletionOptions::default().candidates), (false, 1)] {
        let engine = ScriptedEngine::always("call(that)\n");
        engine.set_capabilities(Capabilities { branches, ..Capabilities::LLAMA });
        let request = request("python", "x = ˇ\n", TriggerKind::Invoked);
        let options = CompletionOptions::default();
        let report = complete(request, &*engine, &options, &CancelToken::never()).await;
        assert!(matches!(report.outcome, Outcome::Suggested(_)), "{:?}", report.outcome);
        assert_eq!(engine.jobs()[0].task, Task::Generate { candidates: expected });
    }
}

#[tokio::test(start_paused = true)]
async fn a_risky_text_can_be_asked_for_where_the_user_allows_it() {
    let texts = vec![("eval(text)\n".to_owned(), -0.01), ("foo_bar(baz)\n".to_owned(), -1.5)];
    let engine = ScriptedEngine::new(move |_| Script::Texts(texts.clone()));
    for (on_risk, expected) in [(OnRisk::Drop, vec![]), (OnRisk::Lower, vec!["eval(text)"])] {
        let options = CompletionOptions { on_risk, ..CompletionOptions::default() };
        let request = request("python", "x = ˇ\n", TriggerKind::Invoked);
        let report = complete(request, &*engine, &options, &CancelToken::never()).await;
        let Outcome::Suggested(best) = report.outcome else { panic!("shown") };
        assert_eq!(best.text(), "foo_bar(baz)");
        let others: Vec<&str> = report.others.iter().map(|other| other.suggestion.text()).collect();
        assert_eq!(others, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_user_takes_more_often_is_likelier() {
    let of = async |prior_logit| {
        let engine = ScriptedEngine::always("foo_bar(baz)\n");
        let options = CompletionOptions { prior_logits: [prior_logit, 0.0], ..CompletionOptions::default() };
        let request = request("python", "x = ˇ\n", TriggerKind::Invoked);
        match complete(request, &*engine, &options, &CancelToken::never()).await.outcome {
            Outcome::Suggested(completion) => completion.rank.probability,
            Outcome::Skipped(reason) => panic!("{reason}"),
        }
    };
    assert!(of(-1.0).await < of(0.0).await && of(0.0).await < of(1.0).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_unlikely_is_kept_unseen_until_it_is_typed() {
    let texts = [("foo_bar(baz)\n", -30.0)];
    // Whatever the weights are, the first is out of the question, and what is left is not.
    let options = || CompletionOptions { prior_logits: [5.0; 2], ..CompletionOptions::default() };
    let of = async |trigger| {
        let engine = ScriptedEngine::new(move |_| Script::Texts(vec![(texts[0].0.to_owned(), texts[0].1)]));
        let asked = request("python", "x = ˇ\n", trigger);
        complete(asked, &*engine, &options(), &CancelToken::never()).await
    };
    let report = of(TriggerKind::Automatic).await;
    assert_eq!(report.outcome, Outcome::Skipped(Reason::LowConfidence));
    let kept = report.others[0].clone();
    let asked = of(TriggerKind::Invoked).await;
    assert!(matches!(asked.outcome, Outcome::Suggested(_)), "who asks gets it all the same");

    // Its only token is spelled out: what is left is certain.
    let mut sure = kept.clone();
    sure.suggestion.rank.tokens = vec![(3, -30.0), (12, -0.001)];
    let engine = ScriptedEngine::always("");
    for (typed, kept, shown) in [("fo", &sure, false), ("foo", &sure, true), ("foo", &kept, false)] {
        let mut request = request("python", &format!("x = {typed}ˇ\n"), TriggerKind::Automatic);
        request.remembered = vec![kept.clone()];
        let asked = engine.jobs().len();
        let report = complete(request, &*engine, &options(), &CancelToken::never()).await;
        assert_eq!(matches!(report.outcome, Outcome::Suggested(_)), shown, "{typed}");
        assert_eq!(engine.jobs().len() > asked, !shown, "the model is asked while nothing kept is likely");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_block_is_unlikely_its_first_line_is_shown_alone() {
    let shown = async |second: f32, trigger: TriggerKind| {
        let pieces = vec![("total = 1\n".to_owned(), -0.001), ("    return total\n".to_owned(), second)];
        let engine = ScriptedEngine::new(move |_| Script::Rated(pieces.clone()));
        let options = CompletionOptions { prior_logits: [5.0; 2], ..CompletionOptions::default() };
        let asked = request("python", "def f():\n    ˇ\n", trigger);
        let report = complete(asked, &*engine, &options, &CancelToken::never()).await;
        let Outcome::Suggested(best) = report.outcome else { panic!("shown") };
        let others = report.others.iter().map(|other| other.suggestion.text().to_owned());
        std::iter::once(best.text().to_owned()).chain(others).collect::<Vec<_>>()
    };
    let (line, block) = ("total = 1", "total = 1\n    return total");
    assert_eq!(shown(-0.001, TriggerKind::Automatic).await, [block]);
    assert_eq!(shown(-40.0, TriggerKind::Automatic).await, [line, block], "the block is kept for later");
    assert_eq!(shown(-40.0, TriggerKind::Invoked).await, [block], "who asks gets all");
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_pauses_gets_suggestions_in_pauses() {
    let found = match of_texts(TriggerKind::Automatic, &[("foo(bar)\n", -0.1)]).await.outcome {
        Outcome::Suggested(completion) => completion,
        Outcome::Skipped(reason) => panic!("{reason}"),
    };
    let prepared = Remembered { suggestion: found.clone(), seen: false };
    let took = async |trigger, kind, delay_ms, remembered: Vec<Remembered>| {
        let options = CompletionOptions { trigger, delay: Duration::from_millis(delay_ms), ..everything() };
        let mut asked = request("python", "x = fooˇ\n", kind);
        asked.remembered = remembered;
        let (engine, start) = (ScriptedEngine::always("(bar)\n"), tokio::time::Instant::now());
        let report = complete(asked, &*engine, &options, &CancelToken::never()).await;
        assert!(matches!(report.outcome, Outcome::Suggested(_)), "{:?}", report.outcome);
        start.elapsed().as_millis()
    };
    let (pause, typed) = (Trigger::Pause, TriggerKind::Automatic);
    assert_eq!(took(Trigger::Automatic, typed.clone(), 0, vec![]).await, 0);
    assert_eq!(took(Trigger::Automatic, typed.clone(), 80, vec![]).await, 80);
    assert_eq!(took(Trigger::Automatic, typed.clone(), 80, vec![prepared.clone()]).await, 0);
    assert_eq!(took(pause, typed.clone(), 0, vec![]).await, 500);
    assert_eq!(took(pause, typed.clone(), 900, vec![]).await, 900);
    assert_eq!(took(pause, typed.clone(), 0, vec![prepared]).await, 500, "nor what is there already");
    assert_eq!(took(pause, typed, 0, vec![seen(&found)]).await, 0, "what is on the screen goes on");
    assert_eq!(took(pause, TriggerKind::Invoked, 900, vec![]).await, 0);
}

#[test]
fn typing_what_is_shown_needs_no_model() {
    let asked = request("python", "x = ˇ\n", TriggerKind::Automatic);
    let Outcome::Suggested(first) = run(asked.clone(), "foo(bar)\n") else { panic!("shown") };
    assert_eq!(first.text(), "foo(bar)");
    for typed in 0..first.text().len() {
        let (done, rest) = first.text().split_at(typed);
        let mut again = request("python", &format!("x = {done}ˇ\n"), TriggerKind::Automatic);
        again.remembered = vec![seen(&first)];
        let Outcome::Suggested(completion) = run(again, "NOT ASKED") else { panic!("shown") };
        assert_eq!((completion.text(), completion.tokens), (rest, 0));
    }
    let mut paired = request("python", "x = foo(ˇ)\n", TriggerKind::Automatic);
    paired.remembered = vec![seen(&first)];
    let Outcome::Suggested(completion) = run(paired.clone(), "NOT ASKED") else { panic!("shown") };
    assert_eq!(taken(&paired.snapshot.text.to_string(), &completion), "x = foo(«bar»)\n");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_while_typing_what_is_shown_may_choose() {
    let shown = match of_texts(TriggerKind::Automatic, &[("foo(bar)\n", -0.1)]).await.outcome {
        Outcome::Suggested(completion) => seen(&completion),
        Outcome::Skipped(reason) => panic!("{reason}"),
    };
    for (texts, expected) in [
        (vec![("o_bar\n".to_owned(), -0.2), ("o(bar)\n".to_owned(), -0.3)], vec!["o(bar)", "o_bar"]),
        (vec![(")\n".to_owned(), -0.2)], vec!["o(bar)"]),
    ] {
        let engine = ScriptedEngine::new(move |_| Script::Texts(texts.clone()));
        let mut request = request("python", "x = foˇ\n", TriggerKind::Invoked);
        request.remembered = vec![shown.clone()];
        let report = complete(request, &*engine, &everything(), &CancelToken::never()).await;
        let Outcome::Suggested(best) = report.outcome else { panic!("shown") };
        let others = report.others.iter().map(|other| other.suggestion.text());
        assert_eq!([best.text()].into_iter().chain(others).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_menu_entry_is_extended_or_nothing_is_said() {
    let mut menu = request("python", "x = fˇ\n", TriggerKind::Automatic);
    menu.selected = Some(SelectedEntry { range: 4..5, text: "format".into() });
    let Outcome::Suggested(completion) = run(menu.clone(), "(y)\n") else { panic!("shown") };
    assert_eq!(taken(&menu.snapshot.text.to_string(), &completion), "x = «format(y)»\n");
    // With the entry as reference nothing gets worse; in the document as it is, the entry breaks the line.
    menu.selected = Some(SelectedEntry { range: 4..5, text: "f]".into() });
    assert_eq!(run(menu.clone(), "(y)\n"), Outcome::Skipped(Reason::MenuConflict));
    menu.selected = Some(SelectedEntry { range: 0..2, text: "y".into() });
    assert_eq!(run(menu, "(y)\n"), Outcome::Skipped(Reason::MenuConflict));
}

#[test]
fn line_ends_are_the_documents_own() {
    check(
        "python",
        "def f():ˇ\r\n",
        "\n    x = 1\n    return x\n",
        expect![[r#"
            def f():«␍
                x = 1␍
                return x»␍
        "#]],
    );
}

#[test]
fn an_unknown_language_completes_unchecked() {
    let text = "Dear ˇ";
    let mut unknown = request("python", text, TriggerKind::Automatic);
    unknown.snapshot = Snapshot::of_text("file:///a.txt", "Dear ", None);
    let Outcome::Suggested(completion) = run(unknown, "Sir or Madam (\n") else { panic!("shown") };
    assert_eq!((completion.text(), completion.check_level), ("Sir or Madam (", CheckLevel::Unvalidated));
}

#[test]
fn not_in_the_middle_of_a_word() {
    check("python", "foˇo = 1\n", "bar", expect!["NotHere"]);
    check("python", "foo(ˇbar)\n", "x, ", expect!["NotHere"]);
}
