//! Keeps the records of models in a folder: one small JSON file for each, numbers only.
//!
//! Several servers may learn about one model at the same time. Who writes takes the folder's lock, reads the file again, adds only
//! what is new from itself, and renames the whole file into place: nobody's outcomes are lost, and a reader sees the file before or
//! after, never half of it. A file that cannot be understood is put aside and said once.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::record::KeptRecord;
use super::{Judgement, ModelIdentity, Record};

/// Never read more of a file, whatever somebody made of it.
const LONGEST: u64 = 1 << 20;
/// Models that are remembered; the one that was written longest ago goes.
const MOST_MODELS: usize = 32;
/// How often the lock is tried. Who holds it needs a few milliseconds; a process that was stopped meanwhile is not waited for.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// The folder of the records.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The records in `folder`, which is made with the first of them.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a running server keeps them; none without a home folder.
    pub fn default_folder() -> Option<PathBuf> {
        crate::paths::state_dir().map(|folder| folder.join("calibration"))
    }

    /// The file about `model`.
    pub fn file(&self, model: &ModelIdentity) -> PathBuf {
        self.folder.join(format!("{}.json", model.key()))
    }

    /// What is known of `model`: nothing where there is no file, or none that can be understood.
    pub fn load(&self, model: &ModelIdentity) -> Record {
        let file = self.file(model);
        match read(&file) {
            Ok(Some((_, record))) => record,
            Ok(None) => Record::default(),
            Err(why) => {
                put_aside(&file, &why);
                Record::default()
            }
        }
    }

    /// Adds outcomes to the file about `model`. Returns what it holds now, the outcomes of other processes included.
    ///
    /// # Errors
    /// When the file cannot be written, or another process holds the lock for too long. Then nothing was added.
    pub fn add(&self, model: &ModelIdentity, new: &[Judgement]) -> io::Result<Record> {
        fs::create_dir_all(&self.folder)?;
        let _lock = self.lock()?;
        let mut record = self.load(model);
        record.extend(new.iter().copied());
        let mut file = tempfile::Builder::new().prefix(".calibration-").tempfile_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(&record.kept(model))?)?;
        file.persist(self.file(model))?;
        self.forget_old();
        Ok(record)
    }

    /// All records, with the model that each is about, the one that was written last first; and the files that cannot be
    /// understood.
    pub fn all(&self) -> (Vec<(ModelIdentity, Record)>, Vec<PathBuf>) {
        let (mut found, mut broken) = (Vec::new(), Vec::new());
        for (_, file) in self.files().into_iter().rev() {
            match read(&file) {
                Ok(Some((kept, record))) => found.push((identity(&kept), record)),
                Ok(None) => {}
                Err(_) => broken.push(file),
            }
        }
        (found, broken)
    }

    /// The lock of the folder: a file that stays, because a lock on a file that is replaced guards nothing.
    fn lock(&self) -> io::Result<File> {
        let file = File::options().create(true).append(true).open(self.folder.join(".lock"))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// The files, and when each was written, oldest first.
    fn files(&self) -> Vec<(SystemTime, PathBuf)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let record = |path: &Path| path.extension().is_some_and(|extension| extension == "json");
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter(|entry| record(&entry.path()))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort();
        files
    }

    fn forget_old(&self) {
        let files = self.files();
        for (_, file) in &files[..files.len().saturating_sub(MOST_MODELS)] {
            // Another process may have been faster.
            let _ = fs::remove_file(file);
        }
    }
}

/// What a file holds; none where there is none.
fn read(file: &Path) -> Result<Option<(KeptRecord, Record)>, String> {
    let open = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        open => open.map_err(|error| error.to_string())?,
    };
    let mut bytes = Vec::new();
    open.take(LONGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    // Where the text stops making sense, not what it is.
    let bad = |error: serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let kept: KeptRecord = serde_json::from_slice(&bytes).map_err(bad)?;
    let record = kept.read()?;
    Ok(Some((kept, record)))
}

fn identity(kept: &KeptRecord) -> ModelIdentity {
    ModelIdentity {
        name: kept.name.clone(),
        family: kept.family.clone(),
        parameters: kept.parameters,
        bytes: kept.bytes,
        embedded: false,
    }
}

/// Renames a file that cannot be understood, so that learning begins again and the message comes once.
fn put_aside(file: &Path, why: &str) {
    let aside = file.with_extension("broken");
    match fs::rename(file, &aside) {
        Ok(()) => tracing::warn!(
            "{}: not understood ({why}); it was put aside as {}, and the calibration of this model begins again",
            file.display(),
            aside.display()
        ),
        Err(error) => {
            tracing::warn!("{}: not understood ({why}), and not put aside: {error}", file.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::PlaceKind;

    fn model(name: &str) -> ModelIdentity {
        ModelIdentity { name: name.into(), family: "f".into(), parameters: 5, ..ModelIdentity::default() }
    }

    fn judged(score: f32) -> Judgement {
        Judgement { score, offset: 0.0, kind: PlaceKind::LineStart, said: 0.5, right: true }
    }

    fn scores(record: &Record) -> Vec<f32> {
        record.judged().iter().map(|one| one.score).collect()
    }

    #[test]
    fn processes_add_to_what_others_wrote() {
        let folder = tempfile::tempdir().unwrap();
        // As many processes would: each with a handle of its own, and nothing in common but the folder.
        let threads: Vec<_> = (0..4)
            .map(|process| {
                let store = Store::new(folder.path().join("calibration"));
                std::thread::spawn(move || {
                    for at in 0..25 {
                        while store.add(&model("m"), &[judged((process * 100 + at) as f32)]).is_err() {}
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let store = Store::new(folder.path().join("calibration"));
        let record = store.load(&model("m"));
        let mut all = scores(&record);
        all.sort_by(f32::total_cmp);
        let expected: Vec<f32> =
            (0..4).flat_map(|process| (0..25).map(move |at| (process * 100 + at) as f32)).collect();
        assert_eq!((all, record.total), (expected, 100));
        assert_eq!(scores(&store.load(&model("other"))), [] as [f32; 0]);
        let left: Vec<_> = fs::read_dir(folder.path().join("calibration")).unwrap().collect();
        assert_eq!(left.len(), 2, "the record and the lock, and nothing temporary");
    }

    #[test]
    fn a_broken_file_is_put_aside_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        for bad in ["", "{", "{\"version\":1}", "\u{0}\u{1}", "[1,2]"] {
            fs::write(store.file(&model("m")), bad).unwrap();
            assert_eq!(store.all().1.len(), 1, "{bad:?} is reported");
            assert_eq!(store.load(&model("m")), Record::default());
            assert!(!store.file(&model("m")).exists());
            assert_eq!(fs::read_to_string(store.file(&model("m")).with_extension("broken")).unwrap(), bad);
            assert_eq!(scores(&store.add(&model("m"), &[judged(1.0)]).unwrap()), [1.0]);
        }
    }

    #[test]
    fn a_folder_that_takes_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "").unwrap();
        let store = Store::new(folder.path().join("x/calibration"));
        assert!(store.add(&model("m"), &[judged(1.0)]).is_err());
        assert_eq!((store.load(&model("m")), store.all().0.len()), (Record::default(), 0));
    }

    #[test]
    fn only_so_many_models_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        for at in 0..MOST_MODELS + 3 {
            store.add(&model(&at.to_string()), &[judged(0.0)]).unwrap();
            // So that the order does not hang on the clock of the disk.
            let when = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + at as u64);
            let file = File::options().write(true).open(store.file(&model(&at.to_string()))).unwrap();
            file.set_modified(when).unwrap();
        }
        let (found, _) = store.all();
        assert_eq!((found.len(), found[0].0.name.as_str()), (MOST_MODELS, "34"));
        assert!(!store.file(&model("0")).exists());
    }
}
