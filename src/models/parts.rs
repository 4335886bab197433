//! Names the files of a model that was split into several: llama.cpp opens them all when it is given the first.

use std::path::{Path, PathBuf};

/// More files than any model is split into; a name that says more is no name of a part.
const MOST: usize = 999;

/// The files that llama.cpp opens for the model at `path`: `m-00001-of-00003.gguf` has two more beside it.
pub fn parts(path: &Path) -> Vec<PathBuf> {
    let others = path.file_name().and_then(|name| name.to_str()).and_then(split);
    let Some((start, count)) = others else { return vec![path.to_path_buf()] };
    let name = |part| path.with_file_name(format!("{start}-{part:05}-of-{count:05}.gguf"));
    (1..=count).map(name).collect()
}

/// What stands before the number of the first part, and how many there are.
fn split(name: &str) -> Option<(&str, usize)> {
    let (start, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let start = start.strip_suffix("-00001")?;
    let is_number = count.len() == 5 && count.bytes().all(|byte| byte.is_ascii_digit());
    let count = count.parse().ok().filter(|count| is_number && (1..=MOST).contains(count))?;
    Some((start, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_model_has_several_files() {
        let named = |path: &str| -> Vec<String> {
            parts(Path::new(path)).iter().map(|part| part.display().to_string()).collect()
        };
        assert_eq!(
            named("/a/m-00001-of-00002.gguf"),
            ["/a/m-00001-of-00002.gguf", "/a/m-00002-of-00002.gguf"]
        );
        for whole in [
            "/a/m.gguf",
            "/a/m-00002-of-00002.gguf",
            "/a/m-00001-of-2.gguf",
            "/a/m-00001-of-99999.gguf",
            "..",
        ] {
            assert_eq!(named(whole), [whole]);
        }
    }
}
