//! Tests that a proxy of the environment is used, by the engine's process in its sandbox: a real small one, which connects as it is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::fake::Fake;
use super::process::{KEY, Stopped, home, treefill_with};

/// A proxy that takes every `CONNECT` to `target`, and keeps what it was asked.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(client, target, &log));
            }
        });
        Self { port, asked }
    }
}

fn serve(mut client: TcpStream, target: u16, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    log.lock().unwrap().push(head);
    let mut server = TcpStream::connect(("127.0.0.1", target)).ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let mut back = server.try_clone().ok()?;
    let mut out = client.try_clone().ok()?;
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut out);
        let _ = out.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut reader, &mut server);
    let _ = server.shutdown(Shutdown::Both);
    Some(())
}

#[test]
fn the_proxy_of_the_environment_is_used_and_sees_no_key() {
    let fake = Fake::start("x", |_, _| false);
    let proxy = Proxy::start(fake.port);
    let home = home(&fake, "allow_http = true\n");
    let file = home.path("config/treefill/config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&fake.url(), "http://gpu.invalid:8000")).unwrap();
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let variables =
        [("HTTPS_PROXY", &*address), ("HTTP_PROXY", &*address), ("ALL_PROXY", &*address), ("NO_PROXY", "")];
    let _stopped = Stopped(&home);
    let file = home.file("a.py", "def add(a, b):\n    retu\n");
    let answer = treefill_with(&home, &["complete", "--json", &format!("{file}:2:9")], &variables);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.contains("fake-coder"), "{answer:?}");
    let asked = proxy.asked.lock().unwrap().clone();
    assert!(
        !asked.is_empty() && asked.iter().all(|head| head.starts_with("CONNECT gpu.invalid:8000 ")),
        "{asked:?}"
    );
    assert!(asked.iter().all(|head| !head.contains(KEY)), "the key is for the server alone: {asked:?}");
    assert_eq!(fake.last().header("authorization"), Some(&*format!("Bearer {KEY}")));
}
