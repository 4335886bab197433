//! Finds code that a reader should look at twice, as `grammars/<lang>/risks.scm` describes it: in a file, and what a change
//! adds to one. It knows names and shapes, not types or data flow; a [`Policy`](super::Policy) says what may be added.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use crate::document::Snapshot;
use crate::document::tree::{matches, rope_text};

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Bytes of the snapshot.
    pub range: Range<usize>,
    /// A short name, the same in every release.
    pub id: String,
    /// What may happen.
    pub message: String,
    /// Where more is said: a CWE number or an address.
    pub see: String,
}

/// The risks in a file, in order. None when it cannot be parsed.
pub fn found(snapshot: &Snapshot) -> Option<Vec<Risk>> {
    touching(snapshot, &(0..snapshot.len()))
}

/// Those that touch `range`.
fn touching(snapshot: &Snapshot, range: &Range<usize>) -> Option<Vec<Risk>> {
    let language = snapshot.language.as_ref()?;
    let tree = snapshot.parse()?;
    let query = &language.queries.risks;
    let mut risks: Vec<Risk> = Vec::new();
    for found in matches(query, tree.root_node(), rope_text(&snapshot.text), range.clone()) {
        let setting = |key: &str| {
            let settings = query.property_settings(found.pattern).iter();
            let value =
                settings.filter(|setting| &*setting.key == key).find_map(|setting| setting.value.as_deref());
            value.unwrap_or_default().to_owned()
        };
        for node in found.captures.iter().filter(|(name, _)| *name == "risk").map(|(_, node)| node) {
            let risk = Risk {
                range: node.byte_range(),
                id: setting("id"),
                message: setting("message"),
                see: setting("see"),
            };
            let touches = risk.range.start < range.end && range.start < risk.range.end;
            if touches && !risks.contains(&risk) {
                risks.push(risk);
            }
        }
    }
    risks.sort_by_key(|risk| (risk.range.start, risk.range.end));
    Some(risks)
}

/// The risks in `after` that `before` did not have: `range` (bytes of `after`) is what is new, and a risk counts when it
/// touches that and its text is not one that was there before. None when either cannot be parsed.
pub fn added(before: &Snapshot, after: &Snapshot, range: &Range<usize>) -> Option<Vec<Risk>> {
    // Nearly always: no need to look at the rest of two files.
    if touching(after, range)?.is_empty() {
        return Some(Vec::new());
    }
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for risk in found(before)? {
        *known.entry((before.slice(risk.range.clone()), risk.id)).or_default() += 1;
    }
    let mut new = Vec::new();
    for risk in found(after)? {
        let left =
            known.get_mut(&(after.slice(risk.range.clone()), risk.id.clone())).filter(|count| **count > 0);
        match left {
            Some(count) => *count -= 1,
            None if risk.range.start < range.end && range.start < risk.range.end => new.push(risk),
            None => {}
        }
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Edit;

    fn snapshot(language: &str, text: &str) -> Snapshot {
        Snapshot::of_text("", text, crate::testing::language(language))
    }

    fn ids(language: &str, text: &str) -> String {
        let risks = found(&snapshot(language, text)).unwrap();
        assert!(
            risks.iter().all(|risk| !risk.id.is_empty() && !risk.message.is_empty() && !risk.see.is_empty())
        );
        risks.into_iter().map(|risk| risk.id).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn python() {
        for (text, expected) in [
            ("eval(x)", "B307"),
            ("os.system('ls ' + x)", "B605"),
            ("subprocess.run(x, shell=True)", "B602"),
            ("subprocess.run(x, shell=False)", ""),
            ("pickle.loads(x)", "B301"),
            ("yaml.load(x)", "B506"),
            ("yaml.load(x, Loader=yaml.SafeLoader)", ""),
            ("requests.get(u, verify=False)", "B501"),
            ("hashlib.md5(x)", "B324"),
            ("hashlib.md5(x, usedforsecurity=False)", ""),
            ("db.execute(f'SELECT * FROM t WHERE a = {a}')", "B608"),
            ("db.execute('SELECT * FROM t WHERE a = %s' % a)", "B608"),
            ("db.execute('DELETE FROM t WHERE a = {}'.format(a))", "B608"),
            ("db.execute('SELECT * FROM t WHERE a = ?', (a,))", ""),
            ("self.password = 'hunter2'", "B105"),
            ("password = ''", ""),
            ("connect(password='hunter2')", "B106"),
            ("tar.extractall(x)", "B202"),
            ("tar.extractall(x, filter='data')", ""),
            ("tempfile.mktemp()", "B306"),
        ] {
            assert_eq!(ids("python", text), expected, "{text}");
        }
    }

    #[test]
    fn rust() {
        for (body, expected) in [
            ("unsafe { f() }", "unsafe"),
            ("mem::transmute(x)", "unchecked"),
            ("mem::transmute::<A, B>(x)", "unchecked"),
            ("Command::new(\"sh\").arg(x)", "shell"),
            ("Command::new(\"git\").arg(x)", ""),
            ("Command::new(format!(\"{x}/run\"))", "command-string"),
            ("db.execute(&format!(\"DELETE FROM t WHERE a = {a}\"), [])", "sql-string"),
            ("db.execute(\"DELETE FROM t WHERE a = ?\", [a])", ""),
            ("b.danger_accept_invalid_certs(true)", "certificates"),
            ("let api_key = \"abcd1234\";", "secret"),
        ] {
            assert_eq!(ids("rust", &format!("fn f() {{ {body} }}")), expected, "{body}");
        }
        assert_eq!(ids("rust", "unsafe fn f() {}\nunsafe impl Send for A {}"), "unsafe-fn unsafe-impl");
    }

    #[test]
    fn only_what_a_change_adds_counts() {
        let before = snapshot("python", "eval(a)\nx = 1\n");
        let edit = Edit::insert(8, "eval(b)\n");
        let new = added(&before, &before.with_edit(&edit), &(8..16)).unwrap();
        assert_eq!((new.len(), &new[0].range), (1, &(8..15)));
        let edit = Edit::insert(8, "f(b)\n");
        assert_eq!(added(&before, &before.with_edit(&edit), &(8..13)), Some(vec![]));
    }
}
