//! What repairs look at.
#[cfg(test)]
// <- attached
use a::b;
//  ^^^^ import.item
use std::{fmt, io::{self, Read}};
//  ^^^ import.module
//        ^^^ import.item

struct Queue {
    items: Vec<u8>,
//  ^^^^^ member
}

trait Push {
    // <- class
    fn push(&self);
//     ^^^^ member
    fn all(&self) {}
//     ^^^ member
}

impl Queue {
    // <- class
    fn pull(&mut self, count: usize) -> u8 {
        // <- method
        //  ^^^^^^^^^ receiver
        //             ^^^^^ binding
        let first = self.items;
//          ^^^^^ binding
//                       ^^^^^ member
//                       ^^^^^ attribute
        let (left, _) = first;
//           ^^^^ binding
        for one in first.iter().map(|x| x) {
//          ^^^ binding
//                                   ^ binding
            match one {
                Some(inner) => {}
//                   ^^^^^ binding
                other => {}
//              ^^^^^ binding
            }
        }
        let Queue { items } = self;
//                  ^^^^^ shorthand
        count
    }
}

mod inner {
//        ^ container
}
