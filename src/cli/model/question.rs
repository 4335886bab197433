//! Asks a question at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Whether somebody is there to answer.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The answer to a question that yes or no answers; `otherwise` is that of Enter. The end of the input is a no.
pub fn ask(question: &str, otherwise: bool) -> io::Result<bool> {
    let choices = if otherwise { "[Y/n]" } else { "[y/N]" };
    let mut answer = String::new();
    loop {
        write!(anstream::stderr(), "{question} {choices} ")?;
        io::stderr().flush()?;
        answer.clear();
        if io::stdin().lock().read_line(&mut answer)? == 0 {
            return Ok(false);
        }
        match answer.trim().to_lowercase().as_str() {
            "" => return Ok(otherwise),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}
