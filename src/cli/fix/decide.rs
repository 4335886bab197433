//! Decides which of the repairs of one problem is taken: the sure one, the first one, or what the user answers.

use std::io::{self, BufRead, IsTerminal as _, Write};

use super::report::{Problem, sureness};

/// How it is decided.
pub enum Decider {
    /// Only sure repairs are taken.
    Sure,
    /// The likeliest repair is taken, sure or not.
    All,
    /// The user is asked.
    Ask(Asker),
}

/// What is done about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This one of its repairs is applied.
    Take(usize),
    /// None is applied.
    Skip,
    /// None is applied, here and for all that follows.
    Stop,
}

impl Decider {
    /// Decides about `problem`, which has at least one repair.
    pub fn decide(&mut self, problem: &Problem<'_>) -> io::Result<Decision> {
        let sure = problem.offers.iter().position(|offer| offer.preferred);
        match self {
            Self::Sure => Ok(sure.map_or(Decision::Skip, Decision::Take)),
            Self::All => Ok(Decision::Take(sure.unwrap_or(0))),
            Self::Ask(asker) => asker.ask(problem),
        }
    }
}

/// Asks a person.
pub struct Asker {
    answers: Box<dyn BufRead>,
    questions: Box<dyn Write>,
}

impl Asker {
    /// Asks at the terminal; None without one.
    pub fn at_terminal() -> Option<Self> {
        let both = io::stdin().is_terminal() && io::stderr().is_terminal();
        both.then(|| Self { answers: Box::new(io::stdin().lock()), questions: Box::new(anstream::stderr()) })
    }

    fn ask(&mut self, problem: &Problem<'_>) -> io::Result<Decision> {
        let out = &mut self.questions;
        let many = problem.offers.len();
        for (number, offer) in problem.offers.iter().enumerate() {
            let number = if many > 1 { format!("{}  ", number + 1) } else { String::new() };
            writeln!(out, "{number}{}: {} ({})", problem.place(offer), offer.title, sureness(offer))?;
            write!(out, "{}", problem.lines(offer))?;
        }
        loop {
            let others = if many > 1 { format!(",1-{many}") } else { String::new() };
            write!(self.questions, "Apply{}? [y,n{others},q,?] ", if many > 1 { " the first" } else { "" })?;
            self.questions.flush()?;
            let mut answer = String::new();
            // The end of the input is like leaving.
            if self.answers.read_line(&mut answer)? == 0 {
                return Ok(Decision::Stop);
            }
            match answer.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(Decision::Take(0)),
                "n" | "no" => return Ok(Decision::Skip),
                "q" | "quit" => return Ok(Decision::Stop),
                other => match other.parse::<usize>() {
                    Ok(number) if (1..=many).contains(&number) => return Ok(Decision::Take(number - 1)),
                    _ => writeln!(
                        self.questions,
                        "y: apply it; n: leave this place as it is; a number: apply that one; q: ask no more, keep what was answered"
                    )?,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;
    use crate::actions::{Fix, fix_syntax};
    use crate::document::{Edit, Snapshot};

    /// What is asked, for a test.
    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn offer(title: &str, preferred: bool, share: Option<f32>, edit: Edit) -> Fix {
        Fix {
            action: &fix_syntax::SPEC,
            title: title.into(),
            preferred,
            exact_share: share,
            edits: vec![edit],
            fixes: Vec::new(),
            score: 0.0,
            kind: "insert",
        }
    }

    fn decided(answers: &'static str) -> (Decision, String) {
        let snapshot = Snapshot::of_text("", "a = 1\nf(b\n", None);
        let offers = [
            offer("Insert `)`", false, Some(0.62), Edit::insert(9, ")")),
            offer("Delete `(`", false, None, Edit::replace(7..8, "")),
        ];
        let problem = Problem { name: "a.py".into(), snapshot: &snapshot, offers: &offers };
        let shown = Shown::default();
        let asker = Asker { answers: Box::new(answers.as_bytes()), questions: Box::new(shown.clone()) };
        let decision = Decider::Ask(asker).decide(&problem).unwrap();
        let text = String::from_utf8(shown.0.lock().clone()).unwrap();
        (decision, text)
    }

    #[test]
    fn a_person_is_asked_about_each() {
        let (decision, shown) = decided("y\n");
        assert_eq!(decision, Decision::Take(0));
        assert_eq!(
            shown,
            "1  a.py:2: Insert `)` (not sure: 62 % of such fixes are exact)\n-f(b\n+f(b)\n\
             2  a.py:2: Delete `(` (not sure)\n-f(b\n+fb\nApply the first? [y,n,1-2,q,?] "
        );
        assert_eq!(decided("N\n").0, Decision::Skip);
        assert_eq!(decided("2\n").0, Decision::Take(1));
        assert_eq!(decided("quit\n").0, Decision::Stop);
        assert_eq!(decided("").0, Decision::Stop);
        let (decision, shown) = decided("3\nno\n");
        assert!(decision == Decision::Skip && shown.contains("y: apply it"), "{shown}");
    }

    #[test]
    fn without_a_person_only_sure_ones_are_taken_unless_all_are_wanted() {
        let snapshot = Snapshot::of_text("", "f(b\n", None);
        let of = |preferred| offer("x", preferred, None, Edit::insert(3, ")"));
        let decide = |decider: &mut Decider, offers: &[Fix]| {
            decider.decide(&Problem { name: "a".into(), snapshot: &snapshot, offers }).unwrap()
        };
        assert_eq!(decide(&mut Decider::Sure, &[of(false), of(false)]), Decision::Skip);
        assert_eq!(decide(&mut Decider::Sure, &[of(false), of(true)]), Decision::Take(1));
        assert_eq!(decide(&mut Decider::All, &[of(false), of(false)]), Decision::Take(0));
    }
}
