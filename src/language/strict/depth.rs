//! Bounds how deep a strict parser recurses: an upper bound from the tokens, and a large stack for deep texts.

/// The deepest nesting that is parsed, in tokens that may lie on top of each other. Real code stays in the hundreds. Our
/// stack would hold 20 000, but rust-analyzer frees its trees on a thread of its own, with 2 MiB.
const MAX_DEPTH: usize = 6_000;

/// From this depth on a parser gets a stack of its own: shallower, every one needs less than the 2 MiB of a thread.
/// Without optimisation frames are larger.
const SHALLOW: usize = if cfg!(debug_assertions) { 60 } else { 200 };

/// Stack for the deepest text that is parsed; the pages are touched only when used.
const STACK: usize = 256 * 1024 * 1024;

/// Runs `work` on a text of this `depth` where recursion is safe: an overflow of the stack would end the process. None when
/// the text is too deep, the system gives no such thread, or the parser panics.
pub fn bounded<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    if depth < SHALLOW {
        return Some(work());
    }
    if depth >= MAX_DEPTH {
        return None;
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("strict parser".into()).stack_size(STACK);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// An upper bound of how deep a parser nests, from the tokens alone: for every open bracket, the tokens since the last
/// separator. (Counting brackets is not enough: `- - - x`, `a.b.c.d` and `|| || x` nest too.)
pub struct Depth {
    /// One level per open bracket.
    levels: Vec<Level>,
    total: usize,
    /// The bound for the tokens so far.
    pub deepest: usize,
}

/// The tokens of one bracket that may lie on top of each other.
#[derive(Default)]
struct Level {
    tokens: usize,
    /// Whether a comma may be inside something that is no bracket (`lambda a, b:`, `Map<K, V>`), so that it ends nothing.
    sticky: bool,
}

impl Depth {
    pub fn new() -> Self {
        Self { levels: vec![Level::default()], total: 0, deepest: 0 }
    }

    /// One more token that the next ones may lie on.
    pub fn token(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.tokens += 1;
            self.total += 1;
            self.deepest = self.deepest.max(self.total);
        }
    }

    /// A token after which commas end nothing until the bracket closes.
    pub fn sticky(&mut self) {
        self.token();
        if let Some(level) = self.levels.last_mut() {
            level.sticky = true;
        }
    }

    pub fn open(&mut self) {
        self.token();
        self.levels.push(Level::default());
    }

    pub fn close(&mut self) {
        if self.levels.len() > 1
            && let Some(level) = self.levels.pop()
        {
            self.total -= level.tokens;
        }
    }

    pub fn comma(&mut self) {
        if self.levels.last().is_some_and(|level| !level.sticky) {
            self.end();
        }
    }

    pub fn end(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.total -= level.tokens;
            *level = Level::default();
        }
    }
}
