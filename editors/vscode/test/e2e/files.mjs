// The files of the test. Left of every place where something is typed stands, on the same line or close above, a letter of
// two bytes and one of four (two UTF-16 units), so that a wrong position encoding shows.

export const SHELF = `class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def label(self):
        return "größe 🧀: " + 

    def first(self):
        return self.items[0]
`;

export const TALLY = `impl Tally {
    pub fn total(&self) -> usize {
        self.total
    }

    pub fn print(&self) {
        println!("größe 🧀 {}", );
    }

    /// größe 🧀
    pub fn find(&self, name: &str) -> Option<&Item> {
        match self.items.get(name) {
            
        }
    }
}
`;

/** What a newcomer has open. */
export const NEW = `class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def first(self):
        return 
`;

/** A call that is not closed, and what it should be. */
export const BROKEN = `def report(items):
    print("größe 🧀", len(items)
    return items


def count(items):
    return len(items)
`;
export const MENDED = BROKEN.replace('len(items)\n    return items', 'len(items))\n    return items');

/** A function without a body, and what stands around the body that it gets. */
export const STUBS = {
  'stub.py': `class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def __len__(self):
        """größe 🧀: the number of items."""«»

    def first(self):
        return self.items[0]
`,
  'stub.rs': `pub struct Tally {
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
`,
};

/** Typed key by key; VS Code indents, and closes and steps over brackets and quotes. */
export const TYPED = {
  'typed.py': `import os
from pathlib import Path

NAMES = {"käse": "🧀", "größe": [1, 2, 3]}

def total(values):
return sum(value for value in values if value)
`,
  'typed.rs': `use std::collections::HashMap;

pub fn count(words: &[&str]) -> HashMap<String, usize> {
let mut counts = HashMap::new();
println!("größe 🧀 {}", words.len());
counts
`,
};
