//! Plays servers to the downloader that redirect, cut, lie about the length, change the file, or know no ranges.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use treefill::hub::{DownloadLimits, Downloader, HubEnvironment, RemoteFile};

use super::{gguf, sha256};
use crate::http_server::{Asked, Peer, Server};

pub const SIZE: usize = 300_000;

pub fn model() -> Vec<u8> {
    gguf(SIZE, 1)
}

/// What came of a download.
pub struct Outcome {
    _folder: tempfile::TempDir,
    target: PathBuf,
    /// The path of the file, or what the user is told.
    result: Result<PathBuf, String>,
    /// The pauses between attempts.
    pub pauses: Vec<Duration>,
}

impl Outcome {
    fn content(&self) -> Option<Vec<u8>> {
        std::fs::read(&self.target).ok()
    }

    /// It is there, and right.
    #[track_caller]
    pub fn is(&self, file: &[u8]) {
        assert_eq!(self.result.as_ref(), Ok(&self.target));
        assert!(self.content().as_deref() == Some(file), "another content");
        let folder = std::fs::read_dir(self.target.parent().unwrap()).unwrap();
        assert_eq!(folder.count(), 1, "nothing else is left");
    }

    /// There is no file, and the user is told this.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> &str {
        let message = self.result.as_ref().expect_err("it should fail");
        for text in texts {
            assert!(message.contains(text), "{text:?} is not in {message:?}");
        }
        assert_eq!(self.content(), None, "a file under its final name");
        assert!(!message.contains("Error") && !message.contains("Some("), "{message}");
        println!("  {message}");
        message
    }
}

fn limits() -> DownloadLimits {
    DownloadLimits {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(400),
        stall: Duration::from_millis(400),
        least: 1000,
        attempts: 4,
        ..DownloadLimits::default()
    }
}

fn environment(endpoint: &str) -> HubEnvironment {
    HubEnvironment { endpoint: endpoint.to_owned(), token: Some("hf_secret".into()), offline: None }
}

/// Downloads `/o/r/resolve/main/m.gguf` of the hub at `endpoint`.
pub fn download(endpoint: &str, known: RemoteFile) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("models/m.gguf");
    let pauses = RefCell::new(Vec::new());
    let wait = |pause| pauses.borrow_mut().push(pause);
    let downloader = Downloader::new(environment(endpoint), limits(), &|_| {}, &wait);
    let file = RemoteFile { url: format!("{endpoint}/o/r/resolve/main/m.gguf"), ..known };
    let result = downloader.get(&file, &target, |_| Ok(()));
    let result = result.map(|done| done.path).map_err(|error| format!("{error:#}"));
    Outcome { _folder: folder, target, result, pauses: pauses.into_inner() }
}

/// The file, with its digest known.
pub fn known() -> RemoteFile {
    RemoteFile { sha256: Some(sha256(&model())), ..RemoteFile::default() }
}

/// A server that answers as `script` says, and the download from it with the digest known.
pub fn against(script: impl Fn(&Asked, &mut Peer, &[u8]) + Send + Sync + 'static) -> (Server, Outcome) {
    let file = model();
    let server = Server::start(move |asked, peer| script(asked, peer, &file));
    let outcome = download(&server.url(), known());
    (server, outcome)
}

/// The same without a known digest.
pub fn against_unknown(
    script: impl Fn(&Asked, &mut Peer, &[u8]) + Send + Sync + 'static,
) -> (Server, Outcome) {
    let file = model();
    let server = Server::start(move |asked, peer| script(asked, peer, &file));
    let outcome = download(&server.url(), RemoteFile::default());
    (server, outcome)
}

/// HEAD is answered well, and each GET as `script` says.
pub fn gets(script: impl Fn(&Asked, &mut Peer, &[u8]) + Send + Sync + 'static) -> (Server, Outcome) {
    against(move |asked, peer, file| match asked.is_head() {
        true => peer.serve(asked, file, "\"1\""),
        false => script(asked, peer, file),
    })
}

#[test]
fn a_good_server() {
    let (server, outcome) = against(|asked, peer, file| peer.serve(asked, file, "\"1\""));
    outcome.is(&model());
    assert_eq!(server.asked().len(), 2, "one HEAD, one GET");
    let (_, outcome) = against_unknown(|asked, peer, file| peer.serve(asked, file, "\"1\""));
    outcome.is(&model());
}

#[test]
fn a_hub_that_sends_on_to_another_host_which_gets_no_token() {
    let file = model();
    let content = Server::start(move |asked, peer| peer.serve(asked, &file, "\"cdn\""));
    let (digest, target) = (sha256(&model()), format!("{}/signed?x=1", content.url()));
    let size = model().len().to_string();
    // A renamed repository sends on on its own host first.
    let hub = Server::start(move |asked, peer| match &*asked.path {
        "/o/r/resolve/main/m.gguf" => {
            peer.status("307 Temporary Redirect", &[("Location", "/new/r/resolve/main/m.gguf")]);
        }
        _ => {
            let etag = format!("\"{digest}\"");
            let facts = [("Location", &*target), ("X-Linked-Etag", &*etag), ("X-Linked-Size", &*size)];
            peer.status("302 Found", &[&facts[..], &[("X-Repo-Commit", "c0ffee")]].concat());
        }
    });
    download(&hub.url(), RemoteFile::default()).is(&model());
    let token = Some("Bearer hf_secret");
    assert!(hub.asked().iter().all(|asked| asked.header("authorization") == token), "{:?}", hub.asked());
    let content = content.asked();
    assert!(content.iter().all(|asked| asked.header("authorization").is_none()), "{content:?}");
    assert!(content.iter().all(|asked| !asked.is_head()), "the hub's answer was enough");
}

#[test]
fn redirects_without_end_or_to_nowhere() {
    let (_, outcome) = against(|asked, peer, _| peer.status("302 Found", &[("Location", &asked.path)]));
    outcome.says(&["from one address to another without end", "HF_ENDPOINT"]);
    let (_, outcome) =
        against(|_, peer, _| peer.status("302 Found", &[("Location", "ftp://elsewhere/m.gguf")]));
    outcome.says(&["is no address"]);
    let (_, outcome) = against(|_, peer, _| peer.status("302 Found", &[]));
    outcome.says(&["302"]);
}

#[test]
fn cut_in_the_middle_it_goes_on() {
    let (server, outcome) = gets(|asked, peer, file| match asked.before {
        0 => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        _ => peer.serve(asked, file, "\"1\""),
    });
    outcome.is(&model());
    let second = &server.gets()[1];
    assert_eq!(second.range(), Some(SIZE / 2));
    assert_eq!(second.header("if-range"), Some("\"1\""));
}

#[test]
fn cut_again_and_again_it_goes_on_as_long_as_something_comes() {
    let (server, outcome) = gets(|asked, peer, file| {
        let end = asked.range().unwrap_or(0) + SIZE / 10;
        peer.serve_part(asked, file, "\"1\"", end.min(file.len()));
    });
    outcome.is(&model());
    assert!(server.gets().len() >= 10, "more than the failures in a row that are allowed");
}

#[test]
fn cut_before_anything_came() {
    let (server, outcome) = gets(|asked, peer, file| {
        peer.begin(asked, file, "\"1\"");
    });
    outcome.says(&["cut the connection", "tried 4 times", "Try again later"]);
    assert_eq!(server.gets().len(), 4);
    let seconds: Vec<u64> = outcome.pauses.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [1, 2, 4]);
}

#[test]
fn it_lies_about_the_length() {
    let (_, outcome) = gets(|asked, peer, file| peer.serve(asked, &file[..SIZE / 2], "\"1\""));
    outcome.says(&["150000 bytes follow, where", "try again later"]);
    // More comes than was said.
    let (_, outcome) = gets(|_, peer, file| {
        peer.head("200 OK", &[("Transfer-Encoding", "chunked")]);
        let whole = [file, b"and more of it"].concat();
        peer.raw(format!("{:x}\r\n", whole.len()).as_bytes());
        peer.raw(&whole);
        peer.raw(b"\r\n0\r\n\r\n");
    });
    outcome.says(&["sends more than the"]);
    // A size that is known from elsewhere.
    let file = model();
    let server = Server::start(move |asked, peer| peer.serve(asked, &file, "\"1\""));
    let outcome = download(&server.url(), RemoteFile { bytes: Some(77), ..known() });
    outcome.says(&["and not of 77"]);
    assert!(server.gets().is_empty());
}

#[test]
fn without_end() {
    let (_, outcome) = against(|asked, peer, file| {
        peer.head("200 OK", &[("Transfer-Encoding", "chunked")]);
        while !asked.is_head() && peer.linger(Duration::from_millis(1)) {
            peer.raw(b"1000\r\n");
            peer.raw(&file[..4096]);
            peer.raw(b"\r\n");
        }
    });
    outcome.says(&["does not say how long the file is", "another source"]);
    let (_, outcome) = gets(|_, peer, file| {
        peer.head("200 OK", &[("Transfer-Encoding", "chunked")]);
        while peer.linger(Duration::from_millis(1)) {
            peer.raw(b"10000\r\n");
            peer.raw(&file[..65536]);
            peer.raw(b"\r\n");
        }
    });
    outcome.says(&["sends more than the"]);
}

#[test]
fn the_file_changes_half_way() {
    let other = gguf(SIZE, 2);
    let changing = |asked: &Asked, peer: &mut Peer, file: &[u8]| match asked.before {
        0 => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        _ => peer.serve(asked, &gguf(SIZE, 2), "\"2\""),
    };
    let (_, outcome) = gets(changing);
    outcome.says(&["another content than it should", "nothing was kept", "another source"]);
    // Nobody knows which one is right; it is one of them as a whole.
    let (_, outcome) = against_unknown(move |asked, peer, file| match asked.is_head() {
        true => peer.serve(asked, file, "\"1\""),
        false => changing(asked, peer, file),
    });
    outcome.is(&other);
    // It does not look at If-Range, but says that it is another file.
    let (_, outcome) = against_unknown(|asked, peer, file| match (asked.is_head(), asked.before) {
        (true, _) => peer.serve(asked, file, "\"1\""),
        (false, 0) => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        (false, _) => {
            let new = gguf(SIZE, 2);
            match asked.range() {
                Some(from) => {
                    peer.part_head(new.len(), from..new.len(), "\"2\"");
                    peer.raw(&new[from..]);
                }
                None => peer.serve(asked, &new, "\"2\""),
            }
        }
    });
    outcome.is(&other);
    // It does not even say so: the digest notices, and the file is fetched once more as a whole.
    let (server, outcome) = gets(|asked, peer, file| match (asked.before, asked.range()) {
        (0, _) => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        (_, Some(from)) => {
            peer.part_head(file.len(), from..file.len(), "\"1\"");
            peer.raw(&gguf(SIZE, 2)[from..]);
        }
        (_, None) => peer.serve(asked, file, "\"1\""),
    });
    outcome.says(&["another content than it should"]);
    assert_eq!(server.gets().len(), 2);
}

#[test]
fn it_ignores_ranges() {
    let (server, outcome) = gets(|asked, peer, file| {
        let whole = Asked { headers: Vec::new(), ..asked.clone() };
        match asked.before {
            0 => peer.serve_part(&whole, file, "\"1\"", SIZE / 2),
            _ => peer.serve(&whole, file, "\"1\""),
        }
    });
    outcome.is(&model());
    assert!(server.gets()[1].range().is_some());
}

#[test]
fn it_sends_another_part() {
    let wrong_part = |asked: &Asked, peer: &mut Peer, file: &[u8]| match asked.range() {
        None if asked.before == 0 => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        None => peer.serve(asked, file, "\"1\""),
        Some(_) => {
            peer.part_head(file.len(), 0..file.len(), "\"1\"");
            peer.raw(file);
        }
    };
    gets(wrong_part).1.is(&model());
    // A part that nobody asked for, each time.
    let (_, outcome) = gets(|_, peer, file| {
        peer.part_head(file.len(), 100..file.len(), "\"1\"");
        peer.raw(&file[100..]);
    });
    outcome.says(&["a part that was not asked for", "again and again"]);
    // It cannot go on from there.
    let (_, outcome) = gets(|asked, peer, file| match asked.range() {
        None if asked.before == 0 => peer.serve_part(asked, file, "\"1\"", SIZE / 2),
        None => peer.serve(asked, file, "\"1\""),
        Some(_) => peer.status("416 Range Not Satisfiable", &[]),
    });
    outcome.is(&model());
}
