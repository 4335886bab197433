//! Downloads one file: asks first what it is, goes on where an earlier run stopped, compares the digest, and gives it its name last.

mod attempt;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure};
use serde_json::Value;
use ureq::http::header;

use super::environment::HubEnvironment;
use super::http::{self, Follow, HttpClient, Method};
use super::limits::{DownloadError, DownloadLimits};
use super::partial::PartialFile;
use super::space;
use crate::models;
use crate::text::amounts::counted;

/// A file of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its address.
    pub url: String,
    /// Its SHA-256, where it is known.
    pub sha256: Option<String>,
    /// Its size, where it is known exactly.
    pub bytes: Option<u64>,
}

/// What happens during a download.
#[derive(Debug)]
pub enum DownloadEvent<'a> {
    /// The size is known, and how much of it is there from an earlier run.
    Begun {
        /// Of the file.
        bytes: u64,
        /// That are there already.
        there: u64,
    },
    /// So many more bytes of the file were written.
    Got(u64),
    /// What was there is not the file any more: it begins anew.
    Restarted(&'a str),
    /// It failed, and is tried again after a pause.
    Waiting {
        /// What has failed.
        why: &'a str,
        /// Until the next attempt.
        pause: Duration,
    },
}

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// Where it is.
    pub path: PathBuf,
    /// Its digest.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// The commit of the hub that it belongs to, where the hub says so.
    pub commit: Option<String>,
    /// Whether there was a digest to compare with.
    pub compared: bool,
}

/// What the server says of the file before it is downloaded.
#[derive(Debug, Clone, Default)]
struct RemoteFacts {
    sha256: Option<String>,
    bytes: Option<u64>,
    commit: Option<String>,
}

/// Downloads files.
pub struct Downloader<'a> {
    client: HttpClient,
    environment: HubEnvironment,
    limits: DownloadLimits,
    events: &'a dyn Fn(DownloadEvent<'_>),
    wait: &'a dyn Fn(Duration),
}

impl<'a> Downloader<'a> {
    /// `events` is told what happens; `wait` waits before another attempt.
    pub fn new(
        environment: HubEnvironment,
        limits: DownloadLimits,
        events: &'a dyn Fn(DownloadEvent<'_>),
        wait: &'a dyn Fn(Duration),
    ) -> Self {
        let client = HttpClient::new(environment.clone(), &limits);
        Self { client, environment, limits, events, wait }
    }

    /// The hub that is asked.
    pub fn endpoint(&self) -> &str {
        &self.environment.endpoint
    }

    /// Download `file` to `target`. `before` is called when all of it is there and right, and before it gets its name.
    ///
    /// # Errors
    /// Says what is wrong and what to do. Nothing wrong is ever at `target`; what came so far stays beside it where going on can help.
    pub fn get(
        &self,
        file: &RemoteFile,
        target: &Path,
        before: impl FnOnce(&Downloaded) -> anyhow::Result<()>,
    ) -> anyhow::Result<Downloaded> {
        self.allowed()?;
        let facts = self.facts(file)?;
        let bytes = facts.bytes.unwrap_or(0);
        let silent = |_| {};
        let mut partial = PartialFile::open(target, facts.sha256.as_deref(), &silent)?;
        if partial.length() > bytes {
            partial.clear()?;
        }
        (self.events)(DownloadEvent::Begun { bytes, there: partial.length() });
        enough_space(target, bytes - partial.length())?;
        if let Err(why) = self.complete(file, &facts, &mut partial) {
            // An empty file says nothing to the next run.
            if partial.length() == 0 {
                partial.discard();
                bail!("{why}");
            }
            let there = partial.length() as f64 / 1e6;
            match facts.sha256 {
                Some(_) => {
                    bail!("{why}. The {there:.1} MB that came are kept: the same command goes on from there")
                }
                None => bail!("{why}"),
            }
        }
        let downloaded = Downloaded {
            path: target.to_path_buf(),
            sha256: partial.sha256(),
            bytes: partial.length(),
            commit: facts.commit,
            compared: facts.sha256.is_some(),
        };
        if let Err(error) = models::check(&partial.path()) {
            partial.discard();
            bail!("what {} sent is no model that can be used: {:#}; nothing was kept", file.url, error);
        }
        before(&downloaded)?;
        partial.keep()?;
        Ok(downloaded)
    }

    /// All bytes, and the right ones.
    fn complete(
        &self,
        file: &RemoteFile,
        facts: &RemoteFacts,
        partial: &mut PartialFile,
    ) -> Result<(), DownloadError> {
        // A second time from the beginning, in case the disk lost something of an earlier run.
        for is_last in [false, true] {
            let taken_over = partial.length() > 0;
            self.bytes(file, facts, partial)?;
            let Some(wanted) = &facts.sha256 else { return Ok(()) };
            let found = partial.sha256();
            if found == *wanted {
                return Ok(());
            }
            partial.clear()?;
            let why =
                format!("the file has another content than it should (SHA-256 {found} instead of {wanted})");
            if is_last || !taken_over {
                return Err(DownloadError::Final(format!(
                    "{why}; nothing was kept. Somebody has changed it, at {} or on the way: try another source",
                    file.url
                )));
            }
            (self.events)(DownloadEvent::Restarted(&why));
        }
        Ok(())
    }

    /// Attempts until all bytes are there.
    fn bytes(
        &self,
        file: &RemoteFile,
        facts: &RemoteFacts,
        partial: &mut PartialFile,
    ) -> Result<(), DownloadError> {
        let mut restarts = 0;
        let mut most = partial.length();
        self.retrying(|failures| {
            loop {
                let result = self.attempt(file, facts, partial);
                if partial.length() >= most + self.limits.least {
                    // What brings the file forward is no failure in a row; drops do not.
                    most = partial.length();
                    *failures = 0;
                }
                match result {
                    Err(DownloadError::Restart(why)) => {
                        partial.clear()?;
                        restarts += 1;
                        if restarts > self.limits.attempts {
                            return Err(DownloadError::Final(format!(
                                "{why}, again and again; try later or use another source"
                            )));
                        }
                        (self.events)(DownloadEvent::Restarted(&why));
                    }
                    result => return result,
                }
            }
        })
    }

    /// Do `work` until it works or will not; it may set the number of failures in a row back.
    fn retrying<T>(
        &self,
        mut work: impl FnMut(&mut u32) -> Result<T, DownloadError>,
    ) -> Result<T, DownloadError> {
        let mut failures = 0;
        loop {
            let (why, after) = match work(&mut failures) {
                Err(DownloadError::Again { why, after }) => (why, after),
                result => return result,
            };
            failures += 1;
            if failures >= self.limits.attempts {
                return Err(DownloadError::Final(format!(
                    "{why}; it was tried {}. Try again later",
                    counted(u64::from(failures), "time")
                )));
            }
            if let Some(after) = after.filter(|after| *after > self.limits.longest_pause) {
                let minutes = after.as_secs().div_ceil(60);
                return Err(DownloadError::Final(format!(
                    "{why}; it asks to wait: try again in {}",
                    counted(minutes, "minute")
                )));
            }
            let own = self.limits.pause.saturating_mul(1 << (failures - 1).min(16));
            let pause = after.unwrap_or(own).min(self.limits.longest_pause);
            (self.events)(DownloadEvent::Waiting { why: &why, pause });
            (self.wait)(pause);
        }
    }

    /// What the server says of the file. The hub's own answer names digest, size and commit before it sends on to another host.
    fn facts(&self, file: &RemoteFile) -> anyhow::Result<RemoteFacts> {
        let answer = self.retrying(|_| {
            let answer = self.client.ask(Method::Head, &file.url, &[], Follow::SameHost)?;
            let status = answer.response.status();
            // Some servers of files know no HEAD; what they send with the file has to do.
            let is_unknown = matches!(status.as_u16(), 405 | 501) || status.is_redirection();
            match http::refusal(status, answer.response.headers(), &answer.uri) {
                Some(refusal) if !is_unknown => Err(refusal),
                _ => Ok(answer),
            }
        })?;
        let headers = answer.response.headers();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let linked = text("x-linked-etag").map(|tag| tag.trim_matches('"').to_lowercase());
        let linked = linked.filter(|tag| tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // The length of a redirect is that of its own page.
        let own = text(header::CONTENT_LENGTH.as_str()).filter(|_| answer.response.status().is_success());
        let said = text("x-linked-size").or(own).and_then(|size| size.parse().ok());
        if let (Some(wanted), Some(linked)) = (&file.sha256, &linked) {
            ensure!(
                wanted == linked,
                "{} has another file there now (SHA-256 {linked} instead of {wanted}); nothing was downloaded. If you trust the new one, name it: treefill model get OWNER/REPOSITORY:QUANT",
                http::host(&answer.uri)
            );
        }
        if let (Some(wanted), Some(said)) = (file.bytes, said) {
            ensure!(
                wanted == said,
                "{} has a file of {said} bytes there, and not of {wanted}; nothing was downloaded. Look at its page, or use another source",
                http::host(&answer.uri)
            );
        }
        let bytes = file.bytes.or(said);
        ensure!(bytes != Some(0), "the file at {} is empty; check the address", file.url);
        let commit = text("x-repo-commit").map(str::to_owned);
        let mut facts = RemoteFacts { sha256: file.sha256.clone().or(linked), bytes, commit };
        if facts.bytes.is_none() {
            facts.bytes = Some(self.length_of(file)?);
        }
        Ok(facts)
    }

    /// The length that the answer to a GET announces, for servers that tell nothing before.
    fn length_of(&self, file: &RemoteFile) -> anyhow::Result<u64> {
        let answer = self.retrying(|_| {
            let answer = self.client.ask(Method::Get, &file.url, &[], Follow::All)?;
            http::refusal(answer.response.status(), answer.response.headers(), &answer.uri)
                .map_or(Ok(answer), Err)
        })?;
        let length = answer.response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
        match length {
            Some(0) => bail!("the file at {} is empty; check the address", file.url),
            Some(length) => Ok(length),
            None => bail!(
                "{} does not say how long the file is, so it cannot be told when all of it is there; use another source",
                http::host(&answer.uri)
            ),
        }
    }

    /// What the hub answers to a question, as JSON.
    pub(super) fn json(&self, url: &str) -> anyhow::Result<Value> {
        self.allowed()?;
        let value = self.retrying(|_| {
            let mut answer = self.client.ask(Method::Get, url, &[], Follow::All)?;
            if let Some(refusal) =
                http::refusal(answer.response.status(), answer.response.headers(), &answer.uri)
            {
                return Err(refusal);
            }
            answer.response.body_mut().read_json().map_err(|error| match error {
                ureq::Error::Json(_) => DownloadError::Final(format!(
                    "{} is no hub of models: its answer was not understood; check HF_ENDPOINT",
                    http::host(&answer.uri)
                )),
                other => http::failure(&other, &answer.uri),
            })
        })?;
        Ok(value)
    }

    fn allowed(&self) -> anyhow::Result<()> {
        match self.environment.offline {
            Some(how) => bail!(
                "nothing is downloaded, because {how} forbids it; remove that, or use what is there: treefill model list"
            ),
            None => Ok(()),
        }
    }
}

/// Whether `bytes` more fit on the disk of `target`.
fn enough_space(target: &Path, bytes: u64) -> anyhow::Result<()> {
    let free = target.parent().and_then(space::free);
    if let Some(free) = free.filter(|free| *free < bytes) {
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        bail!(
            "the disk is too full: {:.2} GB are needed in {} and {:.2} GB are free; make room, or set XDG_DATA_HOME to a folder on another disk",
            gigabytes(bytes),
            target.parent().unwrap_or(target).display(),
            gigabytes(free)
        );
    }
    Ok(())
}
