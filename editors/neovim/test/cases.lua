-- What stands in the files, with a ˇ where the cursor goes, and what is typed there. Left of the cursor: a letter of two
-- bytes and one of four (two UTF-16 units), so that a wrong position encoding shows. `broken` lacks a closer, `mended`
-- is the line with it. In `stub`, « » are around what a body takes the place of.
return {
  {
    file = 'shelf.py',
    text = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def label(self):
        return "größe 🧀: " + ˇ

    def first(self):
        return self.items[0]
]],
    typed = 'self.',
    broken = '        return "größe 🧀: " + str(self.name',
    mended = '        return "größe 🧀: " + str(self.name)',
    stub = [[
class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def __len__(self):
        """größe 🧀: the number of items."""«»

    def first(self):
        return self.items[0]
]],
  },
  {
    file = 'tally.rs',
    text = [[
pub struct Tally {
    counts: Vec<usize>,
    total: usize,
}

impl Tally {
    pub fn new() -> Self {
        Self { counts: Vec::new(), total: 0 }
    }

    pub fn total(&self) -> usize {
        println!("größe 🧀 {}", ˇ
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
]],
    typed = 'self.',
    broken = '        let größe = format!("🧀 {}", self.total;',
    mended = '        let größe = format!("🧀 {}", self.total);',
    stub = [[
pub struct Tally {
    counts: Vec<usize>,
    total: usize,
}

impl Tally {
    /// größe 🧀: whether there are no counts.
    pub fn is_empty(&self) -> bool {
        «todo!()»
    }

    pub fn total(&self) -> usize {
        self.total
    }
}
]],
  },
}
