//! Orders files by how near they are to what is open.

use std::path::{Path, PathBuf};

/// Steps from one folder to another: up to the folder that both are in, and down again.
fn steps(from: &Path, to: &Path) -> usize {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    from.count() + to.count()
}

/// Sorts files by the steps from the nearest of these folders; files of one distance stay in their order.
pub fn nearest_first<T>(files: &mut [T], path: impl Fn(&T) -> &Path, folders: &[PathBuf]) {
    if folders.is_empty() {
        return;
    }
    files.sort_by_cached_key(|file| {
        let folder = path(file).parent().unwrap_or(Path::new(""));
        folders.iter().map(|open| steps(open, folder)).min()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_folder_comes_first() {
        let mut files =
            ["/p/a.py", "/p/lib/deep/b.py", "/p/src/c.py", "/p/src/sub/d.py", "/q/e.py"].map(PathBuf::from);
        nearest_first(&mut files, |file| file, &[PathBuf::from("/p/src")]);
        assert_eq!(
            files,
            ["/p/src/c.py", "/p/a.py", "/p/src/sub/d.py", "/p/lib/deep/b.py", "/q/e.py"].map(PathBuf::from)
        );
        nearest_first(&mut files, |file| file, &["/q", "/p"].map(PathBuf::from));
        assert_eq!(files[..2], ["/p/a.py", "/q/e.py"].map(PathBuf::from));
    }
}
