//! Brings model files here: by name from a catalogue, from a hub, from other programs on this machine. Only the command line
//! reaches it, because it opens network sockets.

mod catalogue;
mod digest;
mod download;
mod elsewhere;
mod environment;
mod http;
mod limits;
mod partial;
mod reference;
mod repository;
mod space;
mod store;

pub use catalogue::{Catalogue, CatalogueModel, Licence, Quant};
pub use digest::{Progress, of_file};
pub use download::{DownloadEvent, Downloaded, Downloader, RemoteFile};
pub use elsewhere::{ForeignModel, Owner, found};
pub use environment::HubEnvironment;
pub use limits::{DownloadError, DownloadLimits};
pub use reference::ModelReference;
pub use repository::{Repository, RepositoryFile};
pub use store::{ModelStore, StoredModel};
