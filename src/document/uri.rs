//! Reads a document's URI: the path to match patterns against, and whether it is a read-only view. The URI itself stays
//! as the client spelled it.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What editors escape in the path of a file.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Schemes of what editors show and nobody types into: versions of a file in a repository, output, logs, help. Every
/// other scheme is one of a document, because editors invent schemes for remote and unsaved files all the time.
const VIEWS: &[&str] = &[
    "git",
    "gitlens",
    "gitlens-git",
    "gitfs",
    "git-index",
    "fugitive",
    "gitsigns",
    "diffview",
    "review",
    "pr",
    "scm",
    "vscode-scm",
    "output",
    "debug",
    "log",
    "help",
    "man",
    "term",
    "search-editor",
    "vscode-settings",
    "comment",
    "zipfile",
];

/// The path in a URI, percent-decoded; for schemes other than `file` it is good for names and patterns only.
pub fn path(uri: &str) -> Option<PathBuf> {
    let (scheme, rest) = uri.split_once(':')?;
    let rest = rest.split(['?', '#']).next()?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => &rest[rest.find('/')?..],
        None => rest,
    };
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    // `/c:/x` is a Windows path with a drive.
    let windows = scheme == "file" && decoded.len() > 2 && decoded.as_bytes()[2] == b':';
    let path = if windows { &decoded[1..] } else { &decoded };
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// Whether a URI names something on the disk, and not a document of another scheme.
pub fn is_file(uri: &str) -> bool {
    uri.starts_with("file:")
}

/// The file or folder of the disk that a URI names; none for other schemes.
pub fn file(uri: &str) -> Option<PathBuf> {
    path(uri).filter(|_| is_file(uri))
}

/// The URI of a file, as most editors spell it. `path` is absolute.
pub fn of_path(path: &Path) -> String {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
    #[cfg(not(unix))]
    let text = path.to_string_lossy().replace('\\', "/");
    #[cfg(not(unix))]
    let bytes = text.as_bytes();
    // A Windows path begins with its drive.
    let slash = if bytes.first() == Some(&b'/') { "" } else { "/" };
    format!("file://{slash}{}", percent_encode(bytes, ESCAPED))
}

/// The one spelling that stands for all spellings of a URI: escapes in any case or needless ones, the case of scheme and drive.
/// Only to compare by: editors are answered in their own spelling.
pub fn normal(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once(':') else { return uri.to_owned() };
    let scheme = scheme.to_ascii_lowercase();
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let mut host = host.to_ascii_lowercase();
    let mut parts: Vec<Vec<u8>> = path.split('/').map(|part| percent_decode_str(part).collect()).collect();
    if scheme == "file" {
        if host == "localhost" {
            host.clear();
        }
        if let [first, drive, ..] = &mut *parts
            && first.is_empty()
            && matches!(**drive, [letter, b':'] if letter.is_ascii_alphabetic())
        {
            drive.make_ascii_lowercase();
        }
    }
    let encoded = |bytes: &[u8]| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
    let path: Vec<String> = parts.iter().map(|part| encoded(part)).collect();
    let [query, fragment] =
        [query, fragment].map(|text| encoded(&percent_decode_str(text).collect::<Vec<_>>()));
    format!("{scheme}://{host}{}?{query}#{fragment}", path.join("/"))
}

/// Whether the URI is one of a read-only view.
pub fn is_view(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| VIEWS.iter().any(|view| scheme.eq_ignore_ascii_case(view)))
}

/// Whether the URI is one of a notebook's cell.
pub fn is_cell(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    let notebook =
        || path(uri).is_some_and(|path| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("ipynb")));
    scheme.to_ascii_lowercase().contains("notebook-cell") || notebook()
}

/// The [normal] address of the notebook that the address of a cell names: without what names the cell.
pub fn notebook(cell: &str) -> Option<String> {
    let (notebook, _) = cell.split_once('#').filter(|_| is_cell(cell))?;
    Some(normal(notebook))
}

/// What the address of a cell says about its order: `W0`, `X10s…` (VS Code: the more digits, the later the letter), `cell-12`.
/// [normal] addresses are read as well.
pub fn cell_number(cell: &str) -> Option<(String, u64)> {
    let (_, fragment) = cell.split_once('#')?;
    let fragment = percent_decode_str(fragment).decode_utf8_lossy();
    let start = fragment.find(|c: char| c.is_ascii_digit())?;
    let digits = &fragment[start..];
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (name, rest) = (&fragment[..start], &digits[end..]);
    let is_name = name.chars().all(|c| c.is_ascii_alphabetic() || "-_".contains(c));
    let is_vscode_scheme = name.len() == 1 && rest.starts_with('s');
    (is_name && (rest.is_empty() || is_vscode_scheme)).then_some(())?;
    Some((name.to_owned(), digits[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_of_all_kinds() {
        let check =
            |uri: &str, expected: Option<&str>| assert_eq!(path(uri), expected.map(PathBuf::from), "{uri}");
        check("file:///home/a%20b/%C3%A9.py", Some("/home/a b/é.py"));
        check("file:///x/%FF.py", Some("/x/\u{fffd}.py"));
        check("file:///c%3A/x.py", Some("c:/x.py"));
        check("file:///C:/x.py", Some("C:/x.py"));
        check("untitled:Untitled-1", Some("Untitled-1"));
        check("untitled:/x/y.py", Some("/x/y.py"));
        check("vscode-notebook-cell:/x/n.ipynb#W0sZmlsZQ%3D%3D", Some("/x/n.ipynb"));
        check("git:/x/y.py?%7B%22path%22%7D", Some("/x/y.py"));
        check("file://host", None);
        check("", None);
        check("nothing", None);
        check("file:", None);
        check("é:é", Some("é"));
        check(&format!("file:///{}", "a".repeat(8192)), Some(&format!("/{}", "a".repeat(8192))));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_has_the_uri_of_editors() {
        let uri = of_path(Path::new("/home/a b/é+x_1.py"));
        assert_eq!(uri, "file:///home/a%20b/%C3%A9%2Bx_1.py");
        assert_eq!(path(&uri), Some(PathBuf::from("/home/a b/é+x_1.py")));
        assert_eq!(normal(&uri), normal("file:///home/a b/é+x%5f1.py"));
    }

    #[test]
    fn spellings_of_one_uri_are_one() {
        for same in [
            &[
                "file:///c%3A/a%20b/x.py",
                "file:///C:/a%20b/x.py",
                "FILE:///c%3a/a b/x%2Epy",
                "file://localhost/C%3A/a%20b/x.py",
            ][..],
            &["file:///x/%C3%A9.py", "file:///x/%c3%a9.py", "file:///x/é.py", "file:/x/é.py"],
            &[
                "vscode-notebook-cell:/n.ipynb#W0s%3D",
                "vscode-notebook-cell:/n.ipynb#W0s=",
                "vscode-notebook-cell:///n.ipynb#W0s%3d",
            ],
            &["untitled:Untitled-1", "Untitled:Untitled%2d1"],
        ] {
            for uri in same {
                assert_eq!(normal(uri), normal(same[0]), "{uri}");
            }
        }
        let different = [
            "file:///x/a%2Fb.py",
            "file:///x/a/b.py",
            "file:///x/a%252Fb.py",
            "file:///X/a/b.py",
            "file://host/x/a/b.py",
            "git:///x/a/b.py",
            "git:///x/a/b.py?ref",
            "git:///x/a/b.py#ref",
            "git:///x/a/b.py%23ref",
            "",
            "nothing",
        ];
        for (at, uri) in different.iter().enumerate() {
            assert!(different[..at].iter().all(|other| normal(other) != normal(uri)), "{uri}");
        }
    }

    #[test]
    fn cells_are_known_by_their_scheme_or_their_notebook() {
        for uri in [
            "vscode-notebook-cell:/x/n.ipynb#W0",
            "vscode-notebook-cell://remote/x",
            "file:///x/n.ipynb#cell-1",
        ] {
            assert!(is_cell(uri), "{uri}");
        }
        for uri in ["file:///x/n.py", "untitled:Untitled-1", "", "file:///notebook-cell/x.py"] {
            assert!(!is_cell(uri), "{uri}");
        }
    }

    #[test]
    fn cells_say_their_notebook_and_their_order() {
        let check = |uri: &str, expected: Option<(&str, u64)>| {
            let expected = expected.map(|(name, number)| (name.to_owned(), number));
            assert_eq!((cell_number(uri), cell_number(&normal(uri))), (expected.clone(), expected), "{uri}");
        };
        check("vscode-notebook-cell:/n.ipynb#W6sZmlsZQ%3D%3D", Some(("W", 6)));
        check("vscode-notebook-cell:/n.ipynb#X10sZmlsZQ==", Some(("X", 10)));
        check("vscode-notebook-cell:/n.ipynb#W12", Some(("W", 12)));
        check("file:///n.ipynb#cell-12", Some(("cell-", 12)));
        check("file:///n.ipynb#3f0c", None);
        check("file:///n.ipynb#ch0001", Some(("ch", 1)));
        check("file:///n.ipynb#", None);
        check("file:///n.ipynb", None);
        check("file:///n.ipynb#9999999999999999999999", None);
        assert_eq!(
            notebook("vscode-notebook-cell:/n%2Eipynb#W6"),
            Some(normal("vscode-notebook-cell:/n.ipynb"))
        );
        assert_eq!(notebook("file:///n.ipynb"), None);
        assert_eq!(notebook("file:///n.py#L3"), None);
    }

    #[test]
    fn views_are_known_by_their_scheme() {
        for uri in ["git:/x/y.py?{}", "output:extension", "GitLens://x/y"] {
            assert!(is_view(uri), "{uri}");
        }
        for uri in ["file:///git/x.py", "untitled:Untitled-1", "vscode-remote://wsl/x.py", "", "oil:///x"] {
            assert!(!is_view(uri), "{uri}");
        }
    }
}
