//! Tests connections that are to be secret: certificates that do not fit, plain servers under https, and the good case.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

use super::good::{self, TEXT};
use super::{RemoteSettings, engine, settings, suggested};
use crate::http_server::Server;

/// An authority, and what it says of itself in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    /// A server for `name` that hands everything on to a plain one, as a gateway does; its port.
    fn gateway(&self, name: &str, years: (i32, i32), behind: &Server) -> u16 {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(years.0, 1, 1);
        parameters.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let issuer: &Issuer<'_, KeyPair> = &self.issuer;
        let certificate = parameters.signed_by(&key, issuer).unwrap();
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .unwrap();
        let (config, target) = (Arc::new(config), behind.port);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let config = Arc::clone(&config);
                std::thread::spawn(move || {
                    let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                    let _ = hand_on(stream, target);
                });
            }
        });
        port
    }
}

/// One request and its answer.
fn hand_on(
    mut stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    target: u16,
) -> std::io::Result<()> {
    let (mut head, mut length) = (Vec::new(), 0);
    let mut reader = BufReader::new(&mut stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        head.extend_from_slice(line.as_bytes());
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut behind = std::net::TcpStream::connect(("127.0.0.1", target))?;
    behind.write_all(&[head, body].concat())?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer)?;
    stream.write_all(&answer)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn https(port: u16, authority: Option<&Authority>) -> RemoteSettings {
    RemoteSettings {
        ca_file: authority.map(|authority| authority.file.path().to_owned()),
        first_byte_ms: 5_000,
        total_ms: 5_000,
        ..settings(&format!("https://localhost:{port}"))
    }
}

#[test]
fn the_team_s_own_authority_is_trusted_when_it_is_named() {
    let (server, authority) = (good::server(), Authority::new());
    let port = authority.gateway("localhost", (2020, 2060), &server);
    suggested(&*engine(https(port, Some(&authority)))).is(TEXT);
}

#[test]
fn certificates_that_do_not_fit_are_refused_before_anything_is_sent() {
    let (server, authority, other) = (good::server(), Authority::new(), Authority::new());
    let fits = authority.gateway("localhost", (2020, 2060), &server);
    // By an authority that nobody knows here, or another one than was named.
    suggested(&*engine(https(fits, None))).says(&["certificate", "not trusted", "remote.ca_file"]);
    suggested(&*engine(https(fits, Some(&other)))).says(&["certificate", "not trusted"]);
    // For another name, and of another time.
    let elsewhere = authority.gateway("gpu.example", (2020, 2060), &server);
    suggested(&*engine(https(elsewhere, Some(&authority)))).says(&["certificate", "not trusted"]);
    let old = authority.gateway("localhost", (2019, 2020), &server);
    suggested(&*engine(https(old, Some(&authority)))).says(&["certificate", "not trusted"]);
    assert_eq!(server.asked(), [], "neither key nor text has left");
}

#[test]
fn a_plain_server_under_https_is_told_so() {
    // As nginx and others answer what they do not understand.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    suggested(&*engine(https(port, None))).says(&["localhost", "remote."]);
    // Others close.
    let server = good::server();
    suggested(&*engine(https(server.port, None))).says(&["localhost"]);
    assert_eq!(server.asked(), []);
}

#[test]
fn a_secret_server_under_http_is_told_so() {
    let (server, authority) = (good::server(), Authority::new());
    let port = authority.gateway("localhost", (2020, 2060), &server);
    suggested(&*engine(settings(&format!("http://127.0.0.1:{port}")))).says(&["127.0.0.1"]);
    assert_eq!(server.asked(), []);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    suggested(&*engine(settings("http://gpu.example:8000"))).says(&["http://", "remote.allow_http"]);
}
