//! Places lines by the brackets around them, as formatters of such languages do.

use super::{Place, TextLine};

/// An open bracket.
struct Bracket {
    /// Where the line begins that opened it.
    steps: isize,
    /// Whether that line goes on with a statement.
    goes_on: bool,
}

/// The line before, on the same level of brackets.
#[derive(Clone, Copy, Default)]
struct Previous {
    /// It leaves its statement unfinished.
    unfinished: bool,
    /// It begins with a closer: what follows has the same place.
    closes: bool,
    /// It goes on with a statement itself.
    goes_on: bool,
    in_where: bool,
}

/// Where each line begins; none where it begins inside of a string. `above` is the line above the first.
pub fn places(lines: &[TextLine<'_>], above: &str) -> Vec<Option<Place>> {
    let mut open: Vec<Bracket> = Vec::new();
    let in_where = above.trim_start().starts_with("where");
    let first_goes_on = in_where || lines.first().is_some_and(|line| goes_on_from_above(line, above));
    // What stands outside of all brackets of the text.
    let mut base = -isize::from(first_goes_on);
    let mut previous = Previous { in_where, ..Previous::default() };
    let arms = lines.iter().any(|line| line.text.contains("=>"));
    let mut places = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        let code = &line.code;
        let closers = code.iter().take_while(|c| is_closer(**c)).count();
        let (mut steps, mut goes_on) = if number == 0 { (0, first_goes_on) } else { (base, false) };
        // The cursor's line stands where its closers belong.
        let closed = if number == 0 { 0 } else { closers };
        for closer in 0..closed {
            match open.pop() {
                Some(bracket) => (steps, goes_on) = (bracket.steps, bracket.goes_on),
                // `})`: what both close was most likely opened on one line.
                None if closer > 0 => {}
                None => {
                    base -= 1;
                    (steps, goes_on) = (base, false);
                }
            }
        }
        if number > 0 && closers == 0 {
            goes_on = continues(line, previous, arms);
            let level = open.last().map_or(base, |bracket| bracket.steps + 1);
            steps = level + isize::from(goes_on);
        }
        let place = Place { steps, columns: 0 };
        places.push((!line.in_string).then_some(place));
        if line.is_comment || code.is_empty() {
            continue;
        }
        for c in &code[closers..] {
            match c {
                '(' | '[' | '{' => open.push(Bracket { steps, goes_on }),
                _ if is_closer(*c) && open.pop().is_none() => base = base.min(steps) - 1,
                _ => {}
            }
        }
        previous = after(line, closers > 0, goes_on, previous);
    }
    places
}

fn is_closer(c: char) -> bool {
    matches!(c, ')' | ']' | '}')
}

/// Whether a line goes on with the statement of the line before.
fn continues(line: &TextLine<'_>, previous: Previous, arms: bool) -> bool {
    let first = line.first_code();
    // `| B => …` is another pattern of an arm.
    let own_place = first == Some('{') || line.starts_with("where") || arms && line.starts_with("| ");
    match () {
        () if own_place => false,
        () if previous.in_where => true,
        () if previous.closes => previous.goes_on,
        () => previous.unfinished,
    }
}

/// Whether the cursor's line goes on with a statement of the line above.
fn goes_on_from_above(line: &TextLine<'_>, above: &str) -> bool {
    let begins = matches!(line.first_code(), Some('.' | '?' | '|' | '&' | '+' | '/'));
    let (above, first) = (above.trim(), line.first_code());
    let ends = above.ends_with(['=', '+', '|', '&']) && !above.ends_with("=>");
    let operand = matches!(first, Some('|' | '&')) && above.ends_with([';', ',', '{', '}', '(']);
    !line.is_comment && (begins && !operand || ends) && !above.is_empty() && !above.starts_with("//")
}

fn after(line: &TextLine<'_>, closes: bool, goes_on: bool, previous: Previous) -> Previous {
    let last = line.last_code();
    let ends = matches!(last, None | Some(';' | ',' | '{' | '}' | '(' | '['));
    let attribute = line.starts_with("#[") || line.starts_with("#![");
    let in_where = match last {
        Some('{' | ';') => false,
        _ => previous.in_where || line.starts_with("where"),
    };
    let unfinished = !ends && !attribute;
    Previous { unfinished, closes: closes && unfinished, goes_on: goes_on && unfinished, in_where }
}
