//! Places lines by the blocks that headers open, where indentation is syntax.

use super::{Place, TextLine};
use crate::context::CursorContext;

/// A block: the column where the model began it, and where it belongs.
#[derive(Clone, Copy)]
struct Block {
    columns: usize,
    steps: isize,
}

/// An open bracket.
struct Bracket {
    /// Column of the line that opened it, as the model wrote it, and where that line belongs.
    columns: usize,
    place: Place,
    /// It is the last of its line.
    ends_line: bool,
}

/// Where each line begins; none where it begins inside of a string.
pub fn places(lines: &[TextLine<'_>], context: &CursorContext) -> Vec<Option<Place>> {
    let own = lines.first().map_or(0, |line| line.columns);
    let mut blocks = vec![Block { columns: own, steps: 0 }];
    let mut open: Vec<Bracket> = Vec::new();
    let mut previous = End::Statement;
    let step = step(lines, own, context.indent.columns().max(1));
    let mut places = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        let place = match open.last() {
            _ if number == 0 || line.in_string => Place::default(),
            Some(bracket) => inside(line, bracket, step),
            None if line.text.trim().is_empty() => Place::default(),
            None if line.is_comment => Place { steps: comment(line, &blocks, previous, step), columns: 0 },
            None => Place { steps: statement(line, &mut blocks, previous, step), columns: 0 },
        };
        places.push((!line.in_string).then_some(place));
        for (at, c) in line.code.iter().enumerate() {
            match c {
                '(' | '[' | '{' => {
                    let ends_line = at + 1 == line.code.len();
                    open.push(Bracket { columns: line.columns, place, ends_line });
                }
                ')' | ']' | '}' => drop(open.pop()),
                _ => {}
            }
        }
        if line.last_code().is_some() && !line.is_comment {
            previous = match line.last_code() {
                Some(':') if open.is_empty() => End::Header,
                Some('\\') => End::Joined,
                _ => End::Statement,
            };
        }
    }
    places
}

/// What a line of code ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Statement,
    Header,
    /// Nothing: a backslash joins the next line.
    Joined,
}

/// A line inside of brackets: the closer under the line that opened them, other lines one or two steps deeper, or aligned.
fn inside(line: &TextLine<'_>, bracket: &Bracket, step: usize) -> Place {
    let more = line.columns.saturating_sub(bracket.columns);
    let Place { steps, columns } = bracket.place;
    match () {
        () if !bracket.ends_line && more > 0 => Place { steps, columns: columns + more },
        () if matches!(line.first_code(), Some(')' | ']' | '}')) => bracket.place,
        () => Place { steps: steps + if more >= 2 * step { 2 } else { 1 }, columns },
    }
}

/// A statement: deeper behind a header, else in one of the blocks around it.
fn statement(line: &TextLine<'_>, blocks: &mut Vec<Block>, previous: End, step: usize) -> isize {
    let top = |blocks: &[Block]| blocks.last().copied().unwrap_or(Block { columns: 0, steps: 0 });
    match previous {
        End::Joined => return top(blocks).steps + 1,
        End::Header => {
            let steps = top(blocks).steps + 1;
            blocks.push(Block { columns: line.columns, steps });
            return steps;
        }
        End::Statement => {}
    }
    while blocks.len() > 1 && line.columns < top(blocks).columns {
        blocks.pop();
    }
    let own = top(blocks);
    if line.columns >= own.columns {
        return own.steps;
    }
    let block = Block { columns: line.columns, steps: leaving(&own, line.columns, step) };
    *blocks = vec![block];
    block.steps
}

/// A comment belongs to the block it is written in, or to the one that begins.
fn comment(line: &TextLine<'_>, blocks: &[Block], previous: End, step: usize) -> isize {
    let last = blocks.last().map_or(0, |block| block.steps);
    if previous == End::Header {
        return last + 1;
    }
    match blocks.iter().rev().find(|block| block.columns <= line.columns) {
        Some(block) => block.steps,
        None => blocks.first().map_or(last, |block| leaving(block, line.columns, step)),
    }
}

/// Where a line belongs that leaves the cursor's block.
fn leaving(own: &Block, columns: usize, step: usize) -> isize {
    own.steps - isize::try_from((own.columns - columns).div_ceil(step)).unwrap_or(0)
}

/// The model's own step: the file's, or where that does not fit, the smallest difference to the cursor's line.
fn step(lines: &[TextLine<'_>], own: usize, unit: usize) -> usize {
    let written = lines.iter().skip(1).filter(|line| !line.code.is_empty() && !line.in_string);
    let steps = written.map(|line| line.columns.abs_diff(own)).filter(|step| *step > 1);
    match steps.clone().all(|step| step % unit == 0) {
        true => unit,
        false => steps.min().unwrap_or(unit),
    }
}
