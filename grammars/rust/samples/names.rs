//! Where names come from, and what is no use of one.
#![allow(dead_code)]
// <- skip.in

extern crate alloc as memory;
//                    ^^^^^^ define.import
extern crate core;
//           ^^^^ define.import
use fmt;
//  ^^^ define.import
use std::cell::RefCell as Cell;
//                        ^^^^ define.import
//             ------- !define.import
// - skip.in
use std::collections::{HashMap, btree_map::BTreeMap, hash_map::{self}};
//                     ^^^^^^^ define.import
//                                         ^^^^^^^^ define.import
//                                                   ^^^^^^^^ define.import
use std::io::{self, Read};
//       ^^ define.import
use std::rc::Rc;
//           ^^ define.import
use super::*;
//  ^^^^^^^^ some

#[derive(Debug)]
// <- skip.in
pub(in crate::names) struct Pair<T, const N: usize> {
//                          ^^^^ define.outer
//                               ^ define
//                                        ^ define
// - scope
//  ---------------- skip.in
    left: T,
    right: [u8; N],
}

union Bits { whole: u32 }
//    ^^^^ define.outer
// - scope
enum Kind { Small, Large(u8) }
//   ^^^^ define.outer
//          ^^^^^ skip
// - scope
type Pairs = HashMap<String, Rc<Cell<u8>>>;
//   ^^^^^ define.outer
// - scope
const LIMIT: usize = 3;
//    ^^^^^ define
static NAME: &str = "name";
//     ^^^^ define

thread_local!(static SEEN: Cell<u8> = Cell::new(0));
//           - unclear
lazy! { static ref TABLE: u8 = 1; }
//    - unclear

macro_rules! twice {
// <- unclear
//           ^^^^^ define.root
    ($e:expr) => {
        $e + $e
    };
}

mod inner {
//  ^^^^^ define
//        - scope
    pub fn go() {}
}

trait Shape<'a> {
//    ^^^^^ define.outer
//           ^ skip
//              - scope.members
// - scope
    type Item: Iterator<Item = u8>;
    // - scope
    //   ^^^^ define.outer
    //                  ^^^^ skip
    fn area(&'a self) -> io::Result<f64>;
    // - scope
    // ^^^^ define.outer
    //                       ^^^^^^ skip
    //                   ^^ skip.lower
    helper! { generated }
    //      - unclear
}

impl<T, const N: usize> Pair<T, N> {
// - scope
//                                 - scope.members
    fn sum(&self, (a, b): (u8, u8)) -> usize {
    // - scope
    // ^^^ define.outer
    //            ^^^^^^ define.in
    //                                       - wall
        let Some(first) = self.right.iter().copied().max() else { return 0 };
        //  ^^^^^^^^^^^ define.after
        //  ^^^^ use
        let add = |x: u8, y| x + y + first;
        //         ^^^^^ define.in
        //                ^ define.in
        //        - scope
        println!("{}", add(a, b));
        // <- skip
        //      - skip.in
        if let Some(found) = io::stdin().bytes().next() {
        // <- scope
        //     ^^^^^^^^^^^ define.after
        //                   ^^ skip.lower
        //                       ^^^^^ skip
            drop(found);
            // <- call
        }
        while LIMIT > 5 {}
        // <- scope
        'all: for (index, value) in self.right.iter().enumerate() {
    //   ^^^ skip
        //    - scope
        //        ^^^^^^^^^^^^^^ define.in
            match value {
                other if *other > 1 => break 'all,
                // <- define.in
                // - scope
                _ => inner::go(),
            }
            let _ = index;
        }
        LIMIT
    }
}
