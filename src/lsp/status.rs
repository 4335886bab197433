//! Describes what treefill is doing: for `treefill.status`, and as `treefill/status` to clients that announce
//! `experimental.treefillStatus`. `progress.rs` shows it to all others.

mod clock;
mod sentences;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use self::sentences::ShownState;
pub use self::sentences::{BetterModel, LOADING, PausedPlace, READY, better_model};
use crate::document::uri;
use crate::engine::{ModelInfo, ServerInfo, Status};
use crate::models;
use crate::session::{DocumentOverview, LastRequest, Off, Overview, Session, StandIn};
use crate::workspace::{WorkspaceProgress, WorkspaceReader};

/// Between two messages about the reading of the workspace.
const PAUSE: Duration = Duration::from_millis(500);

/// `treefill/status`.
enum Changed {}

/// Its parameters: the members `engine`, `state` (of no document) and `workspace` of what `treefill.status` returns, the last one once
/// there are files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StatusParams {
    engine: Value,
    state: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<Value>,
}

impl Notification for Changed {
    type Params = StatusParams;
    const METHOD: &'static str = "treefill/status";
}

/// The engine's state now.
fn now(session: &Session) -> Value {
    match &*session.engine().borrow() {
        None => json!({ "state": "starting" }),
        Some(engine) => told(session, &engine.status().borrow()),
    }
}

/// The state of the engine in use, and why the built-in model stands in for the configured one, if it does.
fn told(session: &Session, status: &Status) -> Value {
    let mut engine = describe(status);
    if let (Status::Ready(_), Some(notice)) = (status, session.stand_in().borrow().notice()) {
        engine["message"] = notice.into();
    }
    if let Status::Ready(model) = status
        && let Some(server) = &model.server
    {
        // Text leaves the machine: that is said all the time.
        let sentence = from_server(server);
        if server.trouble.is_some() {
            engine["message"] = sentence.as_str().into();
        }
        engine["remote"] = sentence.into();
    }
    engine
}

fn describe(status: &Status) -> Value {
    match status {
        // In hundredths, so that it is not sent more often than anybody can read.
        Status::Loading(share) => {
            json!({ "state": "loading", "share": f64::from((share * 100.0).floor()) / 100.0 })
        }
        Status::Restarting => json!({ "state": "restarting" }),
        Status::Failed(why) => json!({ "state": "failed", "message": why }),
        Status::Ready(model) => json!({
            "state": "ready",
            "model": model.name,
            "path": model.path,
            "adapter": model.adapter,
            "parameters": model.parameters,
            "context": model.context,
            "family": model.family,
            "backend": model.backend,
            "threads": model.threads,
        }),
    }
}

/// What the session does; `off` and `state` are about the document at `uri`.
pub fn all(session: &Session, workspace: &WorkspaceReader, uri: Option<&str>) -> Value {
    let overview = session.overview(uri);
    let reading = workspace.progress().borrow().clone();
    let state = shown(session, &overview);
    let model = ready_model(session);
    let title = model.as_ref().map(|model| title_of(model, &overview));
    let mut lines = lines(&state, title.as_deref(), &overview, &reading);
    let server = model.as_ref().and_then(|model| model.server.as_ref());
    lines.extend(
        server
            .map(ServerInfo::left_out)
            .filter(|left_out| !left_out.is_empty())
            .map(|it| it.trim().to_owned()),
    );
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "engine": now(session),
        "state": described(&state),
        "thinking": described(&ShownState::Thinking),
        "title": title,
        "lines": lines,
        "paused": overview.paused,
        "off": overview.document.as_ref().and_then(|document| document.off),
        "documents": overview.documents,
        "counts": overview.counts,
        "instruct": overview.instruct,
        "instruct_missing": session.instruct_missing().map(|reason| sentences::sentence(&reason.to_string())),
        "interrupts": overview.interrupts,
        "workspace": reading_of(&reading),
        "last": overview.last.as_ref().map(last),
    })
}

/// The beginning of what [`all`] tells, for clients that show messages only.
pub fn in_a_line(told: &Value) -> String {
    let title = told["title"].as_str().map(sentences::sentence);
    let state = told["state"]["sentence"].as_str().unwrap_or_default().to_owned();
    [state].into_iter().chain(title).collect::<Vec<_>>().join(" ")
}

/// What is shown of a state.
fn described(state: &ShownState) -> Value {
    json!({
        "id": state.id(), "short": state.short(), "sentence": state.sentence(), "level": state.level().name(),
    })
}

/// What a user reads first, then what else matters, a line each.
fn lines(
    state: &ShownState,
    title: Option<&str>,
    overview: &Overview,
    reading: &WorkspaceProgress,
) -> Vec<String> {
    let mut lines = vec![state.sentence()];
    lines.extend(title.map(str::to_owned));
    let (languages, files) = &overview.switched_off;
    let files: Vec<String> = files.iter().map(|uri| file_name(uri)).collect();
    // What the state says needs not be said twice.
    let is_said = matches!(state, ShownState::Paused(PausedPlace::Language(_) | PausedPlace::File(_), _))
        && languages.len() + files.len() == 1;
    lines.extend(sentences::also_paused(languages, &files).filter(|_| !is_said));
    if state.suggests() {
        lines.push(sentences::comes(&overview.interrupts));
    }
    lines.extend(overview.last.as_ref().map(said));
    if reading.files > 0 {
        lines.push(sentences::sentence(&format!("workspace: {reading}")));
    }
    lines
}

/// What an editor shows: what keeps everything from working comes first, then what the user has switched off.
fn shown(session: &Session, overview: &Overview) -> ShownState {
    let status = session.engine().borrow().as_ref().map(|engine| engine.status().borrow().clone());
    shown_of(status.as_ref(), overview, &session.stand_in().borrow())
}

fn shown_of(status: Option<&Status>, overview: &Overview, stand_in: &StandIn) -> ShownState {
    if let Some(Status::Failed(why)) = status {
        return ShownState::NoModel(why.clone());
    }
    if overview.paused {
        return ShownState::Paused(PausedPlace::Everywhere, overview.pause_left.map(clock::after));
    }
    if let Some(off) = overview.document.as_ref().and_then(off_in) {
        return off;
    }
    match (status, stand_in.notice()) {
        (None, _) => ShownState::Starting,
        (Some(Status::Loading(share)), _) => ShownState::Loading(*share),
        (Some(Status::Restarting), _) => ShownState::Restarting,
        (_, Some(notice)) => ShownState::BuiltInInstead(notice.to_owned()),
        (Some(Status::Ready(model)), None) => match &model.server {
            Some(server) => ShownState::Remote(server.hosts(), server.trouble.clone()),
            None => ShownState::Ready,
        },
        (Some(Status::Failed(why)), None) => ShownState::NoModel(why.clone()),
    }
}

/// What keeps one document silent.
fn off_in(document: &DocumentOverview) -> Option<ShownState> {
    let by_hand = |place| ShownState::Paused(place, None);
    match document.off {
        Some(Off::All) => Some(by_hand(PausedPlace::Everywhere)),
        Some(Off::Language) => Some(by_hand(PausedPlace::Language(document.language.clone()))),
        Some(Off::File) => Some(by_hand(PausedPlace::File(file_name(&document.uri)))),
        Some(Off::Settings) => {
            Some(ShownState::OffBySetting(document.setting.unwrap_or("completion.enabled")))
        }
        None => document.private.clone().map(ShownState::Private),
    }
}

fn ready_model(session: &Session) -> Option<Arc<ModelInfo>> {
    match &*session.engine().borrow().as_ref()?.status().borrow() {
        Status::Ready(model) => Some(Arc::clone(model)),
        _ => None,
    }
}

fn title_of(model: &ModelInfo, overview: &Overview) -> String {
    sentences::title(model, models::is_embedded(&model.path), overview.usual_ms)
}

/// The state of the document at `uri`, or of all, in a sentence.
pub fn sentence(session: &Session, uri: Option<&str>) -> String {
    shown(session, &session.overview(uri)).sentence()
}

/// What is said after suggestions were switched on there: unless something else keeps them off.
pub fn on_again(session: &Session, uri: Option<&str>, place: PausedPlace) -> String {
    let state = shown(session, &session.overview(uri));
    match state {
        ShownState::Paused(..) | ShownState::OffBySetting(_) | ShownState::Private(_) => state.sentence(),
        _ => place.on_again(),
    }
}

/// The place of a file, as sentences name it.
pub fn in_file(uri: &str) -> PausedPlace {
    PausedPlace::File(file_name(uri))
}

/// What is said when the built-in model takes the place of the configured one.
pub fn stand_in(notice: &str) -> String {
    ShownState::BuiltInInstead(notice.to_owned()).sentence()
}

/// What is said of a server that runs the model.
pub fn from_server(server: &ServerInfo) -> String {
    let sentence = ShownState::Remote(server.hosts(), server.trouble.clone()).sentence();
    format!("{sentence}{}", server.left_out())
}

/// What is said when there is no model.
pub fn no_model(why: &str) -> String {
    ShownState::NoModel(why.to_owned()).sentence()
}

/// What is said of a place that was switched off.
pub fn off_there(place: PausedPlace) -> String {
    ShownState::Paused(place, None).sentence()
}

/// Why nothing comes in the document at `uri`, or why nothing came last.
pub fn why(session: &Session, uri: Option<&str>) -> String {
    let overview = session.overview(uri);
    let state = shown(session, &overview);
    match (&overview.last, state.suggests()) {
        (_, false) => state.sentence(),
        // Nothing has come of it yet.
        _ if overview.asked => ShownState::Thinking.sentence(),
        (Some(last), true) => said(last),
        (None, true) => sentences::NOTHING_ASKED.to_owned(),
    }
}

/// What came of the last request, in a sentence.
fn said(last: &LastRequest) -> String {
    let place = last.place.map(|(line, column)| (u64::from(line) + 1, u64::from(column) + 1));
    let reason = last.reason.as_ref().map(ToString::to_string);
    sentences::last(&file_name(&last.uri), place, last.at.elapsed().unwrap_or_default(), reason.as_deref())
}

/// The same of what [`all`] has told before, `now` seconds after 1970.
pub fn said_later(last: &Value, now: u64) -> String {
    let Some(uri) = last["uri"].as_str() else { return sentences::NOTHING_ASKED.to_owned() };
    let place = last["line"].as_u64().zip(last["column"].as_u64());
    let ago = Duration::from_secs(now.saturating_sub(last["at"].as_u64().unwrap_or(now)));
    sentences::last(&file_name(uri), place, ago, last["reason"].as_str())
}

fn file_name(uri: &str) -> String {
    let path = uri::path(uri);
    let name = path.as_deref().and_then(|path| path.file_name());
    name.map_or_else(|| uri.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// How far the reading of the workspace is, with a line for people.
fn reading_of(reading: &WorkspaceProgress) -> Value {
    let mut told = json!(reading);
    told["message"] = format!("workspace: {reading}").into();
    told
}

/// What came of the last request, and why nothing was shown.
fn last(last: &LastRequest) -> Value {
    json!({
        "uri": &*last.uri,
        // From 1, as people and command lines count.
        "line": last.place.map(|(line, _)| line + 1),
        "column": last.place.map(|(_, column)| column + 1),
        "by": last.kind,
        "shown": last.reason.is_none(),
        "reason": last.reason.as_ref().map(ToString::to_string),
        "at": last.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        "seconds_ago": last.at.elapsed().unwrap_or_default().as_secs(),
        "sentence": said(last),
    })
}

/// Sends the client the state and every change of it. Runs for the life of the server.
pub async fn keep_told(session: Arc<Session>, workspace: WorkspaceReader, client: Client) {
    let (mut slot, mut progress, mut turned) = (session.engine(), workspace.progress(), session.turned());
    let mut last = None;
    loop {
        // Only the state is kept: a reference to the engine would keep a replaced one alive.
        let mut status = slot.borrow_and_update().as_ref().map(|engine| engine.status());
        loop {
            let engine = match &mut status {
                None => json!({ "state": "starting" }),
                Some(status) => told(&session, &status.borrow_and_update()),
            };
            // Most have a folder. Without files there is nothing to say.
            let reading = progress.borrow_and_update().clone();
            let workspace = (reading.files > 0).then(|| reading_of(&reading));
            turned.mark_unchanged();
            let overview = session.overview(None);
            let now = StatusParams { engine, state: described(&shown(&session, &overview)), workspace };
            if last.as_ref() != Some(&now) {
                client.send_notification::<Changed>(now.clone()).await;
                last = Some(now);
            }
            tokio::select! {
                () = changed(status.as_mut()) => {}
                () = read(&mut progress) => {}
                _ = turned.changed() => {}
                () = ends(overview.pause_left) => {}
                other = slot.changed() => match other {
                    Ok(()) => break,
                    Err(_) => return,
                }
            }
        }
    }
}

/// Waits for another state of the engine.
pub async fn changed(status: Option<&mut watch::Receiver<Status>>) {
    let gone = match status {
        Some(status) => status.changed().await.is_err(),
        None => true,
    };
    if gone {
        // Only another engine changes that.
        std::future::pending::<()>().await;
    }
}

/// Waits for the end of a pause.
pub async fn ends(pause: Option<Duration>) {
    match pause {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

/// Waits until more of the workspace is read, not more often than anybody can read that.
async fn read(progress: &mut watch::Receiver<WorkspaceProgress>) {
    if progress.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(PAUSE).await;
}
