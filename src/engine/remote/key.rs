//! Reads the key for a server, and keeps it from being printed.

use std::fmt;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::settings::RemoteSettings;

/// Longest key: far more than any service gives out, and what fits into a header everywhere.
const LONGEST: usize = 8192;

/// How long a program may take to print it. Editors' servers wait 20 s for an engine.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(10);

/// A secret that opens a server. It is neither printed nor written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(hidden)")
    }
}

/// Whether what should be the name of a variable may be a key, which is never shown: it has other signs than such names have.
fn is_like_a_key(name: &str) -> bool {
    let is_usual = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_';
    name.is_empty() || !name.chars().all(is_usual)
}

impl Key {
    /// The key that the settings lead to; none where they name none. It may run a program, so it is called before the sandbox.
    ///
    /// # Errors
    /// A sentence for the user that names the setting. It never has the key, nor what a program printed.
    pub fn read(settings: &RemoteSettings) -> Result<Option<Self>, String> {
        match (&settings.key_env, settings.key_command.split_first()) {
            (Some(_), Some(_)) => {
                Err("both remote.key_env and remote.key_command are set; remove one of them".into())
            }
            (None, None) => Ok(None),
            (Some(name), None) => match std::env::var(name) {
                Ok(value) => Self::new(&value)
                    .map(Some)
                    .map_err(|why| format!("the environment variable {name} (remote.key_env) {why}")),
                Err(_) if is_like_a_key(name) => Err("remote.key_env does not name an environment variable that is set; it is the name of one, as \
                                                     TEAM_KEY, and not the key itself"
                    .into()),
                Err(_) => Err(format!(
                    "the environment variable {name} (remote.key_env) is not set; set it where your editor is started, or use remote.key_command"
                )),
            },
            (None, Some((program, arguments))) => {
                let text = String::from_utf8(printed(program, arguments)?)
                    .map_err(|_| format!("what {program} (remote.key_command) prints is no text"))?;
                Self::new(&text)
                    .map(Some)
                    .map_err(|why| format!("what {program} (remote.key_command) prints {why}"))
            }
        }
    }

    /// A key from its text; white space around it is not part of it.
    ///
    /// # Errors
    /// The end of a sentence that says why it can be no key.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty".into());
        }
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes, which no key is"));
        }
        // Anything else would be a header of its own, or none at all.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("has characters that no key has; it has to be one line without spaces".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The value of the header `Authorization`.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// `text` without the key, should a server send it back.
    pub(super) fn hide(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

/// What a program prints that ends well, and in time. No thread reads it: one that is started before the sandbox would not be in it. What
/// does not fit into the system's buffer is never read, and no key either.
fn printed(program: &str, arguments: &[String]) -> Result<Vec<u8>, String> {
    let named = |what: String| format!("the program {program} (remote.key_command) {what}");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| named(format!("cannot be run: {error}")))?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(POLL),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                let most = PATIENCE.as_secs();
                return Err(named(format!(
                    "does not end within {most} s; run it by hand to see what it waits for"
                )));
            }
            Err(error) => return Err(named(format!("cannot be waited for: {error}"))),
        }
    };
    if !status.success() {
        return Err(named(format!("has failed ({status}); run it by hand to see why")));
    }
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(2 * LONGEST as u64).read_to_end(&mut bytes);
        read.map_err(|error| named(format!("prints what cannot be read: {error}")))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &[&str]) -> Result<Option<Key>, String> {
        let key_command = command.iter().map(|&text| text.to_owned()).collect();
        Key::read(&RemoteSettings { key_command, ..RemoteSettings::default() })
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = Key::new(" sk-12345 \n").unwrap();
        assert_eq!(format!("{key:?} {:?}", Some(&key)), "Key(hidden) Some(Key(hidden))");
        assert_eq!(key.bearer(), "Bearer sk-12345");
        assert_eq!(key.hide("bad key sk-12345!"), "bad key [key]!");
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in ["", " \n", "a b", "secret\nX-Other: 1", "sécret"] {
            let why = Key::new(text).unwrap_err();
            assert!(!why.contains("secret") && !why.contains("sécret"), "{why}");
        }
        assert!(Key::new(&"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn settings_without_a_key_have_none_and_two_are_too_many() {
        assert_eq!(Key::read(&RemoteSettings::default()), Ok(None));
        let both = RemoteSettings {
            key_env: Some("A".into()),
            key_command: vec!["b".into()],
            ..RemoteSettings::default()
        };
        assert!(Key::read(&both).unwrap_err().contains("remove one"));
        let unset =
            RemoteSettings { key_env: Some("TREEFILL_NO_SUCH_KEY".into()), ..RemoteSettings::default() };
        assert!(Key::read(&unset).unwrap_err().contains("TREEFILL_NO_SUCH_KEY"));
        let mistaken = RemoteSettings { key_env: Some("sk-proj-abc".into()), ..RemoteSettings::default() };
        let why = Key::read(&mistaken).unwrap_err();
        assert!(why.contains("not the key itself") && !why.contains("sk-proj"), "{why}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_prints_the_key_and_its_faults_do_not_show_it() {
        assert_eq!(of(&["sh", "-c", "echo sk-1"]), Ok(Some(Key("sk-1".into()))));
        assert!(of(&["/nowhere/program"]).unwrap_err().contains("/nowhere/program (remote.key_command)"));
        let failed = of(&["sh", "-c", "echo sk-secret; exit 3"]).unwrap_err();
        assert!(failed.contains("has failed") && !failed.contains("sk-secret"), "{failed}");
        assert!(
            of(&["sh", "-c", "printf 'sk-secret and more'"]).is_err_and(|why| !why.contains("sk-secret"))
        );
    }
}
