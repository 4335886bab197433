// The files that the page opens with, and where the cursor stands in each: behind a text that stands there once.
export const EXAMPLES = [
  {
    name: 'shelf.py',
    place: 'def first(self):\n        return self.',
    text: `# Grey text is a suggestion: it is not in the file before you take it. Nothing here is kept.


class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def first(self):
        return self.
`,
  },
  {
    name: 'tally.rs',
    place: 'bool {\n        self.counts.',
    text: `use std::collections::HashMap;

pub struct Tally {
    counts: HashMap<String, usize>,
}

impl Tally {
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.
    }
}
`,
  },
  {
    name: 'broken.py',
    place: 'return round(sum(prices)',
    text: `# A bracket is missing in line 5. Ctrl+. there, then Enter.


def total(prices):
    return round(sum(prices)


print(total([1.5, 2.25]))
`,
  },
];
