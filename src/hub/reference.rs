//! Reads how a user names a model: a name of the catalogue, a repository of the hub with a quant, or an address.

/// What a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelReference {
    /// `qwen2.5-coder-1.5b`, `qwen2.5-coder-1.5b:Q8_0`.
    Name {
        /// As the catalogue has it.
        name: String,
        /// `Q8_0`; the recommended one without it.
        quant: Option<String>,
    },
    /// `owner/repo:Q8_0`, `owner/repo:file.gguf`, also with `hf.co/` before it.
    Repository {
        /// `owner/name`.
        repository: String,
        /// A quant, or the name of a file.
        quant: Option<String>,
    },
    /// The address of a file.
    Url(String),
}

impl ModelReference {
    /// What `text` means; `endpoint` is the hub's address.
    pub fn read(text: &str, endpoint: &str) -> Self {
        let text = text.trim();
        let hubs = [endpoint, "https://huggingface.co", "https://hf.co", "hf.co", "huggingface.co", "hf"];
        for hub in hubs {
            let rest = text.strip_prefix(hub).and_then(|rest| rest.strip_prefix(['/', ':']));
            let Some(rest) = rest.map(|rest| rest.trim_start_matches('/')) else { continue };
            let parts: Vec<&str> = rest.split('/').collect();
            match parts[..] {
                [_, _] => return Self::repository(rest),
                // The address of the page of a file.
                [owner, name, "blob" | "resolve", revision, ref file @ ..] if !file.is_empty() => {
                    let file = file.join("/");
                    let file = file.split('?').next().unwrap_or_default();
                    return Self::Url(format!("{endpoint}/{owner}/{name}/resolve/{revision}/{file}"));
                }
                _ => {}
            }
        }
        if text.contains("://") {
            return Self::Url(text.to_owned());
        }
        if text.contains('/') {
            return Self::repository(text);
        }
        let (name, quant) = split(text);
        Self::Name { name, quant }
    }

    fn repository(text: &str) -> Self {
        let (repository, quant) = split(text);
        Self::Repository { repository, quant }
    }
}

fn split(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((name, quant)) if !quant.is_empty() => (name.to_owned(), Some(quant.to_owned())),
        _ => (text.trim_end_matches(':').to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_name_models_in_many_ways() {
        let read = |text| ModelReference::read(text, "https://mirror.example");
        let name = |name: &str, quant: Option<&str>| ModelReference::Name {
            name: name.into(),
            quant: quant.map(str::to_owned),
        };
        let repository = |repository: &str, quant: Option<&str>| ModelReference::Repository {
            repository: repository.into(),
            quant: quant.map(str::to_owned),
        };
        assert_eq!(read("qwen2.5-coder-1.5b"), name("qwen2.5-coder-1.5b", None));
        assert_eq!(read("qwen2.5-coder-1.5b:Q8_0"), name("qwen2.5-coder-1.5b", Some("Q8_0")));
        assert_eq!(read("o/r:Q4_K_M"), repository("o/r", Some("Q4_K_M")));
        assert_eq!(read("hf.co/o/r:Q4_K_M"), repository("o/r", Some("Q4_K_M")));
        assert_eq!(read("https://huggingface.co/o/r"), repository("o/r", None));
        let address = ModelReference::Url("https://mirror.example/o/r/resolve/main/a/m.gguf".into());
        assert_eq!(read("https://huggingface.co/o/r/blob/main/a/m.gguf"), address);
        assert_eq!(read("https://huggingface.co/o/r/resolve/main/a/m.gguf?download=true"), address);
        assert_eq!(read("https://a.example/m.gguf"), ModelReference::Url("https://a.example/m.gguf".into()));
    }
}
