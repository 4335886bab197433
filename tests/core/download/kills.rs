//! Kills the real program in the middle of downloads, interrupts it, and starts it twice.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use super::{gguf, sha256};
use crate::home::{Home, run};
use crate::http_server::{Asked, Peer, Server};
use crate::soak;

const SIZE: usize = 3_000_000;

/// A home with a catalogue of one model, at a server of the test.
pub struct HomeWithHub {
    pub home: Home,
    url: String,
}

impl HomeWithHub {
    pub fn new(server: &Server, file: &[u8]) -> Self {
        let home = Home::new();
        let catalogue = format!(
            "[[model]]\nname = 'ours'\ntitle = 'Ours'\nfamily = 'qwen2.5-coder'\nparameters = 5\nlicence = 'apache-2.0'\ncontext = 8\n\
             languages = 'COBOL'\nmemory_mb = 1\nspeed = 'small'\n[[model.quant]]\nname = 'F16'\nrepository = 'us/ours'\n\
             revision = 'main'\nfile = 'ours.gguf'\nbytes = 10\nsha256 = '{}'\n",
            sha256(file)
        );
        home.file("config/treefill/catalogue.toml", catalogue);
        Self { home, url: server.url() }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command.env("XDG_DATA_HOME", self.home.path("data")).env("HF_ENDPOINT", &self.url);
        for name in [
            "MODEL_ENDPOINT",
            "HF_TOKEN",
            "HF_HOME",
            "HF_HUB_CACHE",
            "HF_HUB_OFFLINE",
            "LLAMA_CACHE",
            "OLLAMA_MODELS",
            "ALL_PROXY",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "all_proxy",
            "http_proxy",
            "https_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn start(&self) -> Child {
        let mut command = self.command(&["model", "get", "ours"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn part(&self) -> std::path::PathBuf {
        self.target().with_extension("gguf.part")
    }

    /// Bytes of the file that are on the disk.
    fn written(&self) -> u64 {
        std::fs::metadata(self.part()).map_or(0, |part| part.len())
    }

    pub fn target(&self) -> std::path::PathBuf {
        self.home.path("data/treefill/models/us/ours/ours.gguf")
    }
}

/// Sends up to a byte that the test moves, says so, and waits until who asks is gone.
fn stopping(
    file: Arc<Vec<u8>>,
    end: Arc<AtomicUsize>,
    reached: mpsc::Sender<()>,
) -> impl Fn(&Asked, &mut Peer) {
    let reached = Mutex::new(reached);
    move |asked, peer| {
        let end = end.load(Ordering::SeqCst);
        if asked.is_head() && end == 0 {
            reached.lock().unwrap().send(()).unwrap();
            return peer.wait_until_gone();
        }
        if asked.is_head() {
            return peer.serve(asked, &file, "\"1\"");
        }
        let from = peer.begin(asked, &file, "\"1\"");
        let end = end.min(file.len());
        peer.raw(&file[from.min(end)..end]);
        // Nobody may wait for it any more.
        let _ = reached.lock().unwrap().send(());
        peer.wait_until_gone();
    }
}

#[test]
fn killed_at_many_moments_it_resumes_to_the_right_file() {
    let moments = soak::count(20, 100);
    let file = Arc::new(gguf(SIZE, 4));
    let end = Arc::new(AtomicUsize::new(0));
    let (send, reached) = mpsc::channel();
    let server = Server::start(stopping(Arc::clone(&file), Arc::clone(&end), send));
    let hub = HomeWithHub::new(&server, &file);
    for moment in 0..moments {
        // From before the first answer to after the last byte, where it compares, syncs and renames.
        end.store(file.len() * moment / (moments - 1), Ordering::SeqCst);
        let mut child = hub.start();
        // The last ones may find the file complete, and ask for nothing any more.
        if !hub.target().exists() {
            reached.recv().unwrap();
        }
        // Every other time what was sent has also been written.
        let sent = end.load(Ordering::SeqCst).min(file.len() - 1) as u64;
        while moment % 2 == 0
            && hub.written() < sent
            && child.try_wait().unwrap().is_none()
            && !hub.target().exists()
        {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(found) = std::fs::read(hub.target()) {
            assert!(found == **file, "a wrong file under its final name after moment {moment}");
        }
    }
    end.store(usize::MAX, Ordering::SeqCst);
    let done = run(&mut hub.command(&["model", "get", "ours"]));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(std::fs::read(hub.target()).unwrap() == **file);
    let verified = run(&mut hub.command(&["model", "verify", "ours"]));
    assert_eq!((verified.code, verified.out.trim()), (0, "ours:F16: right"), "{verified:?}");
    let resumed = server.gets().iter().filter(|asked| asked.range().is_some()).count();
    assert!(resumed > moments / 4, "no run went on where another stopped");
    soak::figure(
        21,
        format!(
            "killed at {moments} moments: 0 wrong files, {resumed} runs went on where another had stopped"
        ),
    );
}

#[test]
fn two_at_once_are_one_download() {
    let file = Arc::new(gguf(SIZE, 5));
    let end = Arc::new(AtomicUsize::new(SIZE / 2));
    let (send, reached) = mpsc::channel();
    let server = Server::start(stopping(Arc::clone(&file), end, send));
    let hub = HomeWithHub::new(&server, &file);
    let mut first = hub.start();
    reached.recv().unwrap();
    let second = run(&mut hub.command(&["model", "get", "ours"]));
    second.refused(1, &["another treefill downloads this file already", "run the command again"]);
    assert_eq!(server.gets().len(), 1);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn interrupted_it_says_how_to_go_on() {
    let file = Arc::new(gguf(SIZE, 6));
    let end = Arc::new(AtomicUsize::new(SIZE / 2));
    let (send, reached) = mpsc::channel();
    let server = Server::start(stopping(Arc::clone(&file), Arc::clone(&end), send));
    let hub = HomeWithHub::new(&server, &file);
    let child = hub.start();
    reached.recv().unwrap();
    while hub.written() < SIZE as u64 / 2 {
        std::thread::yield_now();
    }
    // SAFETY: the process was started above and is not waited for yet.
    unsafe { libc::kill(i32::try_from(child.id()).unwrap(), libc::SIGINT) };
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("what came so far is kept") && said.contains("treefill model get ours"), "{said}");
    assert!(!hub.target().exists());
    end.store(usize::MAX, Ordering::SeqCst);
    let done = run(&mut hub.command(&["model", "get", "ours"]));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("going on after"), "{done:?}");
}
