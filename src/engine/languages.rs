//! Reads which languages a model says it knows: the key `treefill.languages` of its GGUF.

use std::path::Path;

/// The languages that the model in the file `path` knows, by their names in lower case; None when it may know any: a model that a
/// user has chosen is trusted unless its `metadata`, the value of [`KEY`], says otherwise.
pub fn known(metadata: Option<&str>, path: &Path) -> Option<Vec<String>> {
    let stated = metadata.map(list).filter(|languages| !languages.is_empty());
    let ours = || {
        crate::models::is_embedded(path)
            .then(|| crate::models::EMBEDDED_LANGUAGES.map(str::to_owned).to_vec())
    };
    stated.or_else(ours)
}

/// The key in a GGUF's metadata: a list of names, or one text with commas between them.
pub const KEY: &str = "treefill.languages";

/// The names in a value, which llama.cpp gives as `["python", "rust"]` where it is a list.
fn list(value: &str) -> Vec<String> {
    let names =
        value.split(',').map(|name| name.trim_matches(|c: char| c.is_whitespace() || "[]\"'".contains(c)));
    names.filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_or_a_text_with_commas() {
        let path = Path::new("/models/own.gguf");
        let expected = Some(vec!["python".to_owned(), "rust".to_owned()]);
        for value in ["python, rust", "[\"Python\", \"Rust\"]", "python,rust,"] {
            assert_eq!(known(Some(value), path), expected, "{value}");
        }
        assert_eq!(known(None, path), None);
        assert_eq!(known(Some("[]"), path), None);
    }
}
