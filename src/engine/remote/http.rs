//! Sends requests to the one server that the user named: with the key, within limits of time and size, following no redirect.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{Response, Uri, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _, RustlsConnector};
use ureq::{Agent, Body};

use super::events::AnswerEvents;
use super::failure::{self, RemoteError};
use super::key::Key;
use super::settings::RemoteSettings;
use super::socket::{CONNECT, Patience, PatientConnector, is_loopback};

/// Most bytes of an answer that comes as a whole: the tokens of a long text, in JSON.
const LARGEST: u64 = 16 << 20;
/// Most bytes that are read of an answer that says what is wrong.
const LARGEST_ERROR: u64 = 64 << 10;
/// One server.
pub struct HttpServer {
    agent: Agent,
    /// Without a slash at its end.
    base: String,
    /// Name and port, for people.
    pub host: String,
    key: Option<Key>,
    /// How long to wait, and for whom.
    pub patience: Patience,
    first_byte: Duration,
    total: Duration,
}

impl HttpServer {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// A sentence for the user: a setting is wrong.
    pub fn new(settings: &RemoteSettings, key: Option<Key>) -> Result<Self, String> {
        let url = settings.url.as_deref().unwrap_or_default();
        let (base, host, local) = address(url, settings.allow_http)?;
        let patience = Patience::new();
        let tls = TlsConfig::builder()
            .root_certs(roots(settings)?)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .max_redirects(0)
            .http_status_as_error(false)
            .accept_encoding("identity")
            .user_agent(concat!("treefill/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT));
        // A proxy would ask its own machine.
        let config = if local { config.proxy(None) } else { config };
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(PatientConnector(patience.clone()))
                .chain(RustlsConnector::default());
        let agent = Agent::with_parts(config.build(), connector, DefaultResolver::default());
        let milliseconds = |number: u32| Duration::from_millis(u64::from(number));
        let (first_byte, total) = (milliseconds(settings.first_byte_ms), milliseconds(settings.total_ms));
        Ok(Self { agent, base, host, key, patience, first_byte, total: total.max(first_byte) })
    }

    /// The answer to a request without a body.
    pub fn get(&self, path: &str) -> Result<Value, RemoteError> {
        let began = self.begin();
        let response = self.send(path, || self.with_key(self.agent.get(self.url(path))).call())?;
        self.whole(response, began, path)
    }

    /// The answer to `body`, as a whole.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        self.post_within(path, body, None)
    }

    /// The same, for which a server may take longer than for others.
    pub fn post_within(
        &self,
        path: &str,
        body: &Value,
        longer: Option<Duration>,
    ) -> Result<Value, RemoteError> {
        let mut began = self.begin();
        if let Some(longer) = longer {
            self.patience.until(began + longer.max(self.first_byte));
        }
        let response = self.posted(path, body)?;
        if longer.is_some() {
            began = Instant::now();
        }
        self.whole(response, began, path)
    }

    /// The answer to `body`, event by event.
    pub fn stream(&self, path: &str, body: &Value) -> Result<AnswerEvents, RemoteError> {
        let began = self.begin();
        let response = self.posted(path, body)?;
        Ok(AnswerEvents::new(
            response.into_body(),
            (self.host.clone(), self.key.clone()),
            self.patience.clone(),
            began + self.total,
        ))
    }

    fn begin(&self) -> Instant {
        let now = Instant::now();
        self.patience.until(now + self.first_byte);
        now
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn posted(&self, path: &str, body: &Value) -> Result<Response<Body>, RemoteError> {
        let text = body.to_string();
        self.send(path, || {
            let request = self.agent.post(self.url(path)).header(header::CONTENT_TYPE, "application/json");
            self.with_key(request).send(&text)
        })
    }

    fn with_key<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => request.header(header::AUTHORIZATION, key.bearer()),
            None => request,
        }
    }

    /// Sends, once more over a new connection where a kept one turns out to be closed, and refuses what is no answer.
    fn send(
        &self,
        path: &str,
        send: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, RemoteError> {
        let response = match send() {
            Err(error) if failure::is_stale(&error) => send(),
            sent => sent,
        };
        let response = response.map_err(|error| failure::of_request(&error, &self.host))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (parts, mut body) = response.into_parts();
        let said = match parts.status.is_redirection() {
            true => None,
            false => body
                .with_config()
                .limit(LARGEST_ERROR)
                .read_to_vec()
                .ok()
                .and_then(|bytes| failure::said(&bytes, self.key.as_ref())),
        };
        let error = failure::of_status(parts.status, &parts.headers, &self.host, path, said);
        Err(error.unwrap_or_else(|| RemoteError::Down(format!("{} gives no answer", self.host))))
    }

    fn whole(&self, response: Response<Body>, began: Instant, path: &str) -> Result<Value, RemoteError> {
        self.patience.until(began + self.total);
        let mut bytes = Vec::new();
        let mut reader = response.into_body().into_reader().take(LARGEST + 1);
        reader.read_to_end(&mut bytes).map_err(|error| failure::of_io(&error, &self.host))?;
        if bytes.len() as u64 > LARGEST {
            return Err(RemoteError::Down(format!("{} sends more than any answer to {path} has", self.host)));
        }
        let value = serde_json::from_slice::<Value>(&bytes).map_err(|_| self.nonsense(path))?;
        match failure::error_in(&value, &self.host, self.key.as_ref()) {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    /// What an answer means that is not what was asked for.
    pub fn nonsense(&self, path: &str) -> RemoteError {
        failure::nonsense(&self.host, path)
    }

    /// What a request looks like, with the key hidden.
    pub fn describe(&self, path: &str, body: &Value) -> String {
        let key = if self.key.is_some() { "authorization: Bearer [key]\n" } else { "" };
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        format!(
            "POST {}\nuser-agent: treefill/{}\ncontent-type: application/json\n{key}\n{body}\n",
            self.url(path),
            env!("CARGO_PKG_VERSION")
        )
    }
}

/// The address that requests begin with, the host for people, and whether that is this machine.
fn address(url: &str, allow_http: bool) -> Result<(String, String, bool), String> {
    let wrong =
        |what: &str| Err(format!("the setting remote.url {what}; it looks like https://gpu.example:8000"));
    let Ok(uri) = url.parse::<Uri>() else { return wrong("is no address") };
    let Some(authority) = uri.authority().filter(|it| !it.host().is_empty()) else {
        return wrong("names no server");
    };
    if authority.as_str().contains('@') {
        return wrong("has a name or a password in it: a key goes into remote.key_env or remote.key_command");
    }
    if uri.query().is_some() {
        return wrong("has a query behind `?`: a key goes into remote.key_env or remote.key_command");
    }
    let local = is_loopback(authority.host());
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if local || allow_http => {}
        Some("http") => {
            return Err(format!(
                "remote.url is http://, so everybody between here and {} could read your text and your key; use https://, or set remote.allow_http = true",
                authority.host()
            ));
        }
        _ => return wrong("has to begin with https:// or http://"),
    }
    let base = url.trim_end_matches('/');
    // Both are parts of the paths that are asked.
    let base = base.strip_suffix("/v1").or_else(|| base.strip_suffix("/beta")).unwrap_or(base);
    Ok((base.to_owned(), authority.as_str().to_owned(), local))
}

impl RemoteSettings {
    /// The TCP ports that its servers are reached by, and that of a proxy, if the environment names one.
    pub fn ports(&self) -> Vec<u16> {
        let urls = self.url.iter().chain(self.servers.iter().filter_map(|server| server.url.as_ref()));
        let of_url = |url: &String| {
            let uri = url.parse::<Uri>().ok()?;
            let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
            Some(uri.port_u16().unwrap_or(usual))
        };
        let proxy = ureq::Proxy::try_from_env().map(|proxy| proxy.port());
        let mut ports: Vec<u16> = urls.filter_map(of_url).chain(proxy).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// The certificates to trust.
fn roots(settings: &RemoteSettings) -> Result<RootCerts, String> {
    let Some(file) = &settings.ca_file else { return Ok(RootCerts::PlatformVerifier) };
    let named = |why: String| format!("the file {} (remote.ca_file) {why}", file.display());
    let bytes = std::fs::read(file).map_err(|error| named(format!("cannot be read: {error}")))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|error| named(format!("is no PEM: {error}")))?
        {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(named("has no certificate in it; it begins with -----BEGIN CERTIFICATE-----".into()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::TeamServer;

    #[test]
    fn only_addresses_that_keep_the_key_safe_are_taken() {
        let base = |url| address(url, false).map(|(base, _, _)| base);
        assert_eq!(base("http://127.0.0.1:8080/"), Ok("http://127.0.0.1:8080".into()));
        assert_eq!(base("http://[::1]:8080"), Ok("http://[::1]:8080".into()));
        assert_eq!(base("http://localhost:1/v1"), Ok("http://localhost:1".into()));
        assert_eq!(base("https://gpu.example/llm/v1/"), Ok("https://gpu.example/llm".into()));
        assert_eq!(base("https://api.example/beta"), Ok("https://api.example".into()));
        for (url, what) in [
            ("http://gpu.example:8000", "remote.allow_http"),
            ("http://127.0.0.1.evil.example", "remote.allow_http"),
            ("https://me:secret@gpu.example", "remote.key_env"),
            ("https://gpu.example/?key=secret", "remote.key_env"),
            ("gpu.example:8000", "https://"),
            ("ftp://gpu.example", "https://"),
            ("", "remote.url"),
        ] {
            let why = base(url).unwrap_err();
            assert!(why.contains(what) && !why.contains("secret"), "{url}: {why}");
        }
        assert!(address("http://gpu.example:8000", true).is_ok());
    }

    #[test]
    fn the_ports_are_those_of_the_servers() {
        let server = |url: &str| TeamServer { url: Some(url.into()), ..TeamServer::default() };
        let servers =
            ["https://a", "http://b", "http://127.0.0.1:8080/v1", "https://[::1]:8443", "nonsense:"];
        let settings = RemoteSettings { servers: servers.map(server).into(), ..RemoteSettings::default() };
        let found = settings.ports();
        assert!([80, 443, 8080, 8443].iter().all(|port| found.contains(port)), "{found:?}");
    }

    #[test]
    fn a_file_of_certificates_that_has_none_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = RemoteSettings { ca_file: Some(file.path().to_owned()), ..RemoteSettings::default() };
        assert!(roots(&settings).unwrap_err().contains("has no certificate"));
        let gone = RemoteSettings { ca_file: Some("/nowhere/ca.pem".into()), ..RemoteSettings::default() };
        assert!(roots(&gone).unwrap_err().contains("/nowhere/ca.pem (remote.ca_file) cannot be read"));
    }
}
