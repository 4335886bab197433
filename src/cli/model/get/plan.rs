//! Turns what the user asks for into files to download, with where they go and what their licence is.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};

use super::super::local::ModelOrigin;
use super::super::progress::BytesBar;
use super::{GetArguments, Shelf};
use crate::hub::{
    self, CatalogueModel, Downloader, Licence, ModelReference, ModelStore, Quant, RemoteFile, Repository,
};

/// What is downloaded.
pub struct DownloadPlan {
    /// How the model is called from then on.
    pub name: String,
    /// `owner/name`, or a host.
    pub place: String,
    /// The commit, where it is known before.
    pub revision: Option<String>,
    /// The files, and where they go.
    pub files: Vec<(RemoteFile, PathBuf)>,
    /// Id of the licence, where it is known.
    pub licence_id: Option<String>,
    /// What to ask.
    pub licence: LicenceQuestion,
}

/// What a user has to know about a licence.
pub enum LicenceQuestion {
    /// Nothing: it forbids nothing that matters here.
    None,
    /// It forbids something.
    Restricts(Licence),
    /// Nobody here has read it.
    Unknown { named: Option<String>, page: String },
}

/// Licences that forbid nothing that matters to who uses a model, by the names of hubs.
const FREE: &[&str] = &[
    "apache-2.0",
    "mit",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "isc",
    "cc0-1.0",
    "unlicense",
    "zlib",
    "0bsd",
    "cc-by-4.0",
];

impl DownloadPlan {
    /// The first file, if the store has all of them from before.
    pub fn stored(&self, store: &ModelStore) -> Option<PathBuf> {
        let digests: Option<Vec<String>> = self.files.iter().map(|(file, _)| file.sha256.clone()).collect();
        let digests = digests?;
        store.models().into_iter().find(|model| model.sha256 == digests).map(|model| model.path)
    }
}

/// The file of another program's that is what was asked for, after its digest was computed.
pub fn on_this_machine(
    arguments: &GetArguments,
    shelf: &Shelf<'_>,
    endpoint: &str,
) -> anyhow::Result<Option<PathBuf>> {
    let wanted = match ModelReference::read(&arguments.name, endpoint) {
        ModelReference::Name { name, quant } => {
            Some(listed(shelf, &name, quant.as_deref())?.1.sha256.clone())
        }
        ModelReference::Url(_) => arguments.sha256.as_ref().map(|sha256| sha256.to_lowercase()),
        ModelReference::Repository { .. } => None,
    };
    let Some(wanted) = wanted else { return Ok(None) };
    let is_it = |model: &&super::super::local::LocalModel| {
        matches!(model.origin, ModelOrigin::Foreign(_)) && model.sha256.contains(&wanted)
    };
    let local = shelf.local();
    let Some((model, path)) = local.iter().find(is_it).and_then(|model| Some((model, model.path.clone()?)))
    else {
        return Ok(None);
    };
    let bar = BytesBar::new("checking", model.bytes);
    let progress = |bytes| bar.advance(bytes);
    let found = hub::of_file(&path, &progress);
    bar.end();
    // The name said so; the content is what counts.
    if found.is_ok_and(|found| found == wanted) {
        let message = format!(
            "{} is on this machine already ({}): {}",
            arguments.name,
            model.origin.describe(),
            path.display()
        );
        super::super::super::tell(&message);
        return Ok(Some(path));
    }
    Ok(None)
}

/// What to download.
pub fn make(
    arguments: &GetArguments,
    shelf: &Shelf<'_>,
    asker: &Downloader<'_>,
) -> anyhow::Result<DownloadPlan> {
    match ModelReference::read(&arguments.name, asker.endpoint()) {
        ModelReference::Name { name, quant } => {
            ensure!(
                arguments.sha256.is_none(),
                "--sha256 is for addresses: the catalogue has the digest of {name}"
            );
            of_catalogue(shelf, asker.endpoint(), listed(shelf, &name, quant.as_deref())?)
        }
        ModelReference::Repository { repository, quant } => {
            ensure!(
                arguments.sha256.is_none(),
                "--sha256 is for addresses: the hub has the digests of {repository}"
            );
            let repository = Repository::ask(asker, &repository)?;
            of_repository(shelf, asker.endpoint(), &repository, quant.as_deref())
        }
        ModelReference::Url(url) => of_url(arguments, shelf, asker.endpoint(), &url),
    }
}

fn listed<'a>(
    shelf: &'a Shelf<'_>,
    name: &str,
    quant: Option<&str>,
) -> anyhow::Result<(&'a CatalogueModel, &'a Quant)> {
    let model = shelf.catalogue.model(name).with_context(|| {
        format!(
            "the catalogue has no model {name}; `treefill model list` shows it. A repository of the hub is asked for by OWNER/NAME:QUANT"
        )
    })?;
    let quant = model.quant(quant).with_context(|| {
        let names: Vec<&str> = model.quants.iter().map(|quant| &*quant.name).collect();
        format!("the catalogue has {name} with weights as {} only", names.join(", "))
    })?;
    Ok((model, quant))
}

fn of_catalogue(
    shelf: &Shelf<'_>,
    endpoint: &str,
    (model, quant): (&CatalogueModel, &Quant),
) -> anyhow::Result<DownloadPlan> {
    let licence =
        shelf.catalogue.licence(&model.licence).context("a licence of the catalogue is missing in it")?;
    let Quant { repository, revision, file, .. } = quant;
    let remote = RemoteFile {
        url: format!("{endpoint}/{repository}/resolve/{revision}/{file}"),
        sha256: Some(quant.sha256.clone()),
        bytes: quant.exact.then_some(quant.bytes),
    };
    Ok(DownloadPlan {
        name: format!("{}:{}", model.name, quant.name),
        place: repository.clone(),
        revision: (revision != "main").then(|| revision.clone()),
        files: vec![(remote, shelf.store.target(repository, file)?)],
        licence_id: Some(licence.id.clone()),
        licence: if licence.restricts {
            LicenceQuestion::Restricts(licence.clone())
        } else {
            LicenceQuestion::None
        },
    })
}

fn of_repository(
    shelf: &Shelf<'_>,
    endpoint: &str,
    repository: &Repository,
    quant: Option<&str>,
) -> anyhow::Result<DownloadPlan> {
    let files = repository.choose(quant)?;
    let name = files[0].path.rsplit('/').next().unwrap_or_default();
    let with_target = |file: &&hub::RepositoryFile| {
        Ok((repository.remote(endpoint, file), shelf.store.target(&repository.name, &file.path)?))
    };
    let page = format!("{endpoint}/{}", repository.name);
    Ok(DownloadPlan {
        name: format!("{}:{name}", repository.name),
        place: repository.name.clone(),
        revision: Some(repository.commit.clone()),
        files: files.iter().map(with_target).collect::<anyhow::Result<_>>()?,
        licence_id: repository.licence.clone(),
        licence: question(shelf, repository.licence.as_deref(), page),
    })
}

fn of_url(
    arguments: &GetArguments,
    shelf: &Shelf<'_>,
    endpoint: &str,
    url: &str,
) -> anyhow::Result<DownloadPlan> {
    let sha256 = arguments.sha256.as_ref().map(|sha256| sha256.trim().to_lowercase());
    if let Some(sha256) = &sha256 {
        let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(is_digest, "{sha256:?} is no SHA-256; it has 64 hexadecimal digits");
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').with_context(|| format!("{url} names no file"))?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let is_here = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    let is_open = url.starts_with("http://") && !is_here;
    if is_open && sha256.is_none() {
        bail!(
            "without encryption (http://) anybody on the way could change the file; add --sha256 DIGEST, or use https://"
        );
    }
    let file = path.rsplit('/').next().unwrap_or_default();
    ensure!(
        file.to_lowercase().ends_with(".gguf"),
        "{url} is not the address of a .gguf file; open its page and copy the address of the download"
    );
    // On the hub it is a file of a repository like any other.
    let place = match url
        .strip_prefix(endpoint)
        .and_then(|rest| rest.trim_start_matches('/').split_once("/resolve/"))
    {
        Some((repository, _)) if repository.split('/').count() == 2 => repository.to_owned(),
        _ => host.trim_matches(['[', ']']).replace(':', "-"),
    };
    let target = shelf.store.target(&place, file)?;
    Ok(DownloadPlan {
        name: format!("{place}:{file}"),
        place,
        revision: None,
        files: vec![(RemoteFile { url: url.to_owned(), sha256, bytes: None }, target)],
        licence_id: None,
        // Who names a file has seen its page.
        licence: LicenceQuestion::None,
    })
}

fn question(shelf: &Shelf<'_>, named: Option<&str>, page: String) -> LicenceQuestion {
    let known = named.and_then(|named| shelf.catalogue.licence(named));
    match (known, named) {
        (Some(licence), _) if licence.restricts => LicenceQuestion::Restricts(licence.clone()),
        (Some(_), _) => LicenceQuestion::None,
        (None, Some(named)) if FREE.contains(&named) => LicenceQuestion::None,
        (None, named) => LicenceQuestion::Unknown { named: named.map(str::to_owned), page },
    }
}
