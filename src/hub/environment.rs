//! Reads what the environment says about hubs: which one, the token for it, and whether the network may be used at all.

use std::path::PathBuf;

use anyhow::ensure;

/// The hub of Hugging Face.
const HUB: &str = "https://huggingface.co";

/// Where models come from, by the variables that llama.cpp and the hub's own tools use too.
#[derive(Debug, Clone)]
pub struct HubEnvironment {
    /// Address of the hub without a slash at its end.
    pub endpoint: String,
    /// Proves who asks; for the host of `endpoint` only.
    pub token: Option<String>,
    /// The variable that forbids the network, if one does.
    pub offline: Option<&'static str>,
}

impl HubEnvironment {
    /// As the environment of this process says.
    ///
    /// # Errors
    /// Names the variable that holds no address of a server.
    pub fn read() -> anyhow::Result<Self> {
        Self::of(&|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()), &home())
    }

    /// `MODEL_ENDPOINT` counts before `HF_ENDPOINT`, as in llama.cpp. The token is one for the hub: whoever asks another service by
    /// `MODEL_ENDPOINT` does not mean to give it that.
    fn of(variable: &dyn Fn(&str) -> Option<String>, hub_home: &Option<PathBuf>) -> anyhow::Result<Self> {
        let (name, endpoint) = match (variable("MODEL_ENDPOINT"), variable("HF_ENDPOINT")) {
            (Some(model), _) => ("MODEL_ENDPOINT", model),
            (None, Some(hub)) => ("HF_ENDPOINT", hub),
            (None, None) => ("", HUB.to_owned()),
        };
        let endpoint = endpoint.trim().trim_end_matches('/').to_owned();
        ensure!(
            endpoint.starts_with("https://") || endpoint.starts_with("http://"),
            "the variable {name} is {endpoint:?}; set it to the address of a server, such as {HUB}, or remove it"
        );
        let of_file = || {
            let file = hub_home.as_ref()?.join("token");
            std::fs::read_to_string(file).ok()
        };
        let token = variable("HF_TOKEN").or_else(of_file).map(|token| token.trim().to_owned());
        // A line feed inside of it would begin another header.
        let token =
            token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        let is_on = |name: &str| {
            variable(name).is_some_and(|value| {
                !["0", "off", "false", "no"].contains(&value.trim().to_lowercase().as_str())
            })
        };
        Ok(Self {
            endpoint,
            token: token.filter(|_| name != "MODEL_ENDPOINT"),
            offline: is_on("HF_HUB_OFFLINE").then_some("HF_HUB_OFFLINE"),
        })
    }
}

/// The folder of the hub's own tools.
pub fn home() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("HF_HOME")
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("huggingface")))
        .or_else(|| Some(crate::paths::home()?.join(".cache/huggingface")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], home: Option<PathBuf>) -> anyhow::Result<HubEnvironment> {
        let find =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        HubEnvironment::of(&find, &home)
    }

    #[test]
    fn variables_choose_the_hub_and_who_gets_the_token() {
        let plain = read(&[], None).unwrap();
        assert_eq!((&*plain.endpoint, plain.token, plain.offline), (HUB, None, None));
        let mirror =
            read(&[("HF_ENDPOINT", "https://mirror.example/"), ("HF_TOKEN", "hf_x\n")], None).unwrap();
        assert_eq!((&*mirror.endpoint, mirror.token.as_deref()), ("https://mirror.example", Some("hf_x")));
        let other = [("HF_ENDPOINT", "https://a"), ("MODEL_ENDPOINT", "https://b"), ("HF_TOKEN", "hf_x")];
        let other = read(&other, None).unwrap();
        assert_eq!((&*other.endpoint, other.token), ("https://b", None), "another service");
        assert_eq!(read(&[("HF_TOKEN", "a\r\nX-Evil: 1")], None).unwrap().token, None);
        let wrong = read(&[("HF_ENDPOINT", "mirror")], None).unwrap_err().to_string();
        assert!(wrong.contains("HF_ENDPOINT") && wrong.contains("mirror"), "{wrong}");
        assert_eq!(read(&[("HF_HUB_OFFLINE", "1")], None).unwrap().offline, Some("HF_HUB_OFFLINE"));
        assert_eq!(read(&[("HF_HUB_OFFLINE", "0")], None).unwrap().offline, None);
    }

    #[test]
    fn the_token_may_be_in_the_hubs_own_file() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("token"), "hf_file\n").unwrap();
        let home = Some(home.path().to_path_buf());
        assert_eq!(read(&[], home.clone()).unwrap().token.as_deref(), Some("hf_file"));
        assert_eq!(read(&[("HF_TOKEN", "hf_own")], home).unwrap().token.as_deref(), Some("hf_own"));
    }
}
