//! Asks servers by HTTP: follows redirects itself, so that a token stays with its host, and turns failures into sentences.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode, Uri, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Body, Timeout};

use super::environment::HubEnvironment;
use super::limits::{DownloadError, DownloadLimits};

/// A hub needs one or two, a mirror behind a login one more.
const MOST_REDIRECTS: usize = 6;

/// Asks one hub and the hosts that it sends to.
pub struct HttpClient {
    agent: ureq::Agent,
    environment: HubEnvironment,
}

/// An answer, and from where it came.
pub struct Answer {
    pub response: Response<Body>,
    /// The address that answered.
    pub uri: Uri,
}

/// What is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
}

/// When to follow a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// To any host.
    All,
    /// On the same host only: the hub's own answer has facts that the host of the content does not know.
    SameHost,
}

impl HttpClient {
    /// Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY` …), trusted certificates from the system or from the file that
    /// `SSL_CERT_FILE` names.
    pub fn new(environment: HubEnvironment, limits: &DownloadLimits) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .max_redirects(0)
            .http_status_as_error(false)
            .accept_encoding("identity")
            .user_agent(concat!("treefill/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.answer))
            .timeout_per_read(Some(limits.stall))
            .build();
        Self { agent: agent.into(), environment }
    }

    /// Asks for `url`.
    pub fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, String)],
        follow: Follow,
    ) -> Result<Answer, DownloadError> {
        let mut uri = parse(url)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.once(method, &uri, headers)?;
            let status = response.status();
            let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let Some(target) = target.filter(|_| status.is_redirection()) else {
                return Ok(Answer { response, uri });
            };
            let next = join(&uri, target)?;
            if follow == Follow::SameHost && !same_host(&uri, &next) {
                return Ok(Answer { response, uri });
            }
            if uri.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(DownloadError::Final(format!(
                    "{} sends on to an address without encryption ({next}), which is refused; try again later or use another source",
                    host(&uri)
                )));
            }
            uri = next;
        }
        Err(DownloadError::Final(format!(
            "{} sends from one address to another without end; check the address, or HF_ENDPOINT if it is set",
            host(&parse(url)?)
        )))
    }

    fn once(
        &self,
        method: Method,
        uri: &Uri,
        headers: &[(&str, String)],
    ) -> Result<Response<Body>, DownloadError> {
        let mut request = match method {
            Method::Get => self.agent.get(uri),
            Method::Head => self.agent.head(uri),
        };
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(token) = self.token_for(uri) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.call().map_err(|error| failure(&error, uri))
    }

    /// The token, if `uri` is on the hub that it is for and nobody on the way can read it.
    fn token_for(&self, uri: &Uri) -> Option<&str> {
        let token = self.environment.token.as_deref()?;
        let hub = parse(&self.environment.endpoint).ok()?;
        let is_closed = uri.scheme_str() == Some("https") || is_loopback(uri);
        (same_host(&hub, uri) && is_closed).then_some(token)
    }
}

/// Whether it is this machine.
pub fn is_loopback(uri: &Uri) -> bool {
    matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]" | "::1"))
}

/// An address as it can be asked for.
pub fn parse(url: &str) -> Result<Uri, DownloadError> {
    let uri = url.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    uri.ok_or_else(|| {
        DownloadError::Final(format!("{url} is no address of a file; it has to begin with https://"))
    })
}

/// Host and port, for people.
pub fn host(uri: &Uri) -> &str {
    uri.authority()
        .map_or("the server", |authority| authority.as_str().rsplit('@').next().unwrap_or_default())
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 })
}

/// Another port is another program.
fn same_host(one: &Uri, other: &Uri) -> bool {
    let name = |uri: &Uri| uri.host().map(str::to_lowercase);
    name(one) == name(other) && port(one) == port(other)
}

/// Where a `Location` leads from `base`.
fn join(base: &Uri, target: &str) -> Result<Uri, DownloadError> {
    let (scheme, authority) =
        (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |it| it.as_str()));
    let absolute = match target {
        _ if target.contains("://") => target.to_owned(),
        _ if target.starts_with("//") => format!("{scheme}:{target}"),
        _ if target.starts_with('/') => format!("{scheme}://{authority}{target}"),
        _ => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{authority}{folder}/{target}")
        }
    };
    parse(&absolute).map_err(|_| {
        DownloadError::Final(format!(
            "{} sends on to {target:?}, which is no address; try again later",
            host(base)
        ))
    })
}

/// What a status means for a user who wants a model; none for the good ones.
pub fn refusal(status: StatusCode, headers: &HeaderMap, uri: &Uri) -> Option<DownloadError> {
    let host = host(uri);
    let path = uri.path();
    Some(match status.as_u16() {
        200..=299 => return None,
        401 => DownloadError::Final(format!(
            "{host} wants to know who asks for {path} (401): it may be private, gated or misspelt; check the name, or set HF_TOKEN to a token of yours"
        )),
        403 => DownloadError::Final(format!(
            "{host} refuses {path} (403): accept the model's terms on its page with the account of your HF_TOKEN, then try again"
        )),
        404 | 410 => DownloadError::Final(format!(
            "{host} has no {path} ({}); check the name: it may have been moved or removed",
            status.as_u16()
        )),
        407 => DownloadError::Final(format!(
            "the proxy wants to know who asks (407): put name and password into HTTPS_PROXY (http://name:password@host:port); asked was {host}"
        )),
        408 | 425 | 429 | 500..=599 => {
            let why = match status.as_u16() {
                429 => format!("{host} says that it is asked too often (429)"),
                code => format!("{host} has a fault of its own ({code})"),
            };
            DownloadError::Again { why, after: retry_after(headers) }
        }
        code => DownloadError::Final(format!(
            "{host} answers with the status {code}, which makes no sense here; check the address {uri}"
        )),
    })
}

/// `Retry-After` in seconds; a date is not read, and our own pauses hold.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// What a request that got no answer means.
pub fn failure(error: &ureq::Error, uri: &Uri) -> DownloadError {
    let host = host(uri);
    let again = |why: String| DownloadError::Again { why, after: None };
    match error {
        ureq::Error::HostNotFound => again(format!(
            "the name {host} is not known: it is misspelt, or there is no connection to the network"
        )),
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            again(format!("{host} cannot be reached in time"))
        }
        ureq::Error::Timeout(_) => again(format!("{host} has stopped answering")),
        ureq::Error::Io(error) => of_io(error, host),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Http(_) => again(
            format!("{host} answers with something that is no HTTP: a wrong address, or a proxy in between"),
        ),
        ureq::Error::Rustls(error) => DownloadError::Final(format!(
            "the certificate of {host} is not trusted ({error}); if a company's proxy is in between, set SSL_CERT_FILE to its certificate"
        )),
        ureq::Error::ConnectProxyFailed(why) => {
            again(format!("the proxy does not connect to {host} ({why}); check HTTPS_PROXY and NO_PROXY"))
        }
        ureq::Error::InvalidProxyUrl => DownloadError::Final(
            "the address of the proxy cannot be read; HTTPS_PROXY looks like http://host:port".to_owned(),
        ),
        other => again(format!("{host} cannot be asked ({other})")),
    }
}

/// What a connection's fault means.
pub fn of_io(error: &std::io::Error, host: &str) -> DownloadError {
    use std::io::ErrorKind;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    if let Some(ureq::Error::Timeout(_)) = inner {
        return DownloadError::Again { why: format!("{host} has stopped sending"), after: None };
    }
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return DownloadError::Final(format!(
            "the certificate of {host} is not trusted ({error}); if a company's proxy is in between, set SSL_CERT_FILE to its certificate"
        ));
    }
    let why = match error.kind() {
        ErrorKind::ConnectionRefused => format!("{host} refuses connections"),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe => {
            format!("{host} has cut the connection")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!("{host} has stopped sending"),
        _ => format!("the connection to {host} has failed ({error})"),
    };
    DownloadError::Again { why, after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lead_on() {
        let base = parse("https://hub.example:8443/a/b?x=1").unwrap();
        let to =
            |target| join(&base, target).map(|uri| uri.to_string()).unwrap_or_else(|error| error.to_string());
        assert_eq!(to("/c"), "https://hub.example:8443/c");
        assert_eq!(to("c?y=2"), "https://hub.example:8443/a/c?y=2");
        assert_eq!(to("//cdn.example/c"), "https://cdn.example/c");
        assert_eq!(to("http://cdn.example/c"), "http://cdn.example/c");
        assert!(to("ftp://x/y").contains("no address"));
    }

    #[test]
    fn the_token_is_for_its_host_alone() {
        let client = |endpoint: &str| {
            let environment =
                HubEnvironment { endpoint: endpoint.into(), token: Some("t".into()), offline: None };
            HttpClient::new(environment, &DownloadLimits::default())
        };
        let gets = |endpoint: &str, url: &str| client(endpoint).token_for(&parse(url).unwrap()).is_some();
        assert!(gets("https://hub.example", "https://HUB.example/x"));
        assert!(gets("https://hub.example", "https://hub.example:443/x"));
        assert!(!gets("https://hub.example", "https://hub.example:8443/x"), "another port");
        assert!(!gets("https://hub.example", "https://cdn.hub.example/x"), "another host");
        assert!(!gets("https://hub.example", "http://hub.example/x"), "not encrypted");
        assert!(!gets("http://hub.example", "http://hub.example/x"), "not encrypted");
        assert!(gets("http://127.0.0.1:80", "http://127.0.0.1/x"), "this machine");
    }
}
