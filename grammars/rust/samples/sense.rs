//! What bodies say of their signatures.
use std::collections::*;
//  - unclear
use itertools::Itertools;
// <- unclear

struct Own;
//     ^^^ class
enum Kind {}
//   ^^^^ class

trait Named {
    // - unclear
    fn named(&self, a: u8) -> u8 {
        // - method
        self.named(a)
        //   ^^^^^ recall
        //        ^^^ recall.arguments
    }
}

impl Own {
    fn first(a: u8) -> u8 {
        //   ^ parameter
        //      ^^ parameter.type
        //             ^^ returns
        Self::first(a)
        //    ^^^^^ recall
    }
}

impl Named for Own {
    fn named(&self, a: u8) -> u8 {
        // - method.other
        free(a)
    }
}

fn free(mut a: u8) -> u8 {
    let b = ("x", 1, 1.5, 'x', true, a == 1, (), [1], None, Some(1), Ok(1));
    //      - value
    //       ^^^ value
    //            ^ value
    //                               ^^^^^^ value
    //                                                ^^^^ value
    let c = (format!("x"), vec![1], matches!(a, 1), println!(), String::new(), Vec::new(), -1, (a));
    //       ^^^^^^^^^^^^ value
    //                                                                                         ^^^ group
    let a = a;
    // <- same
    //  ^ overwrite
    a = 1;
    // <- overwrite
    a += b.len() + 1;
    //   ^^^^^^^^^^^ operation
    //   ^^^^^^^ member.call
    //     ^^^ member
    for a in c {}
    //  ^ retyped
    if let Some(d) = b {
        // ^^^^^^^ retyped
        return 1;
        //     ^ answer
    } else {
        panic!("x");
        // <- leaves
    }
    let e = |f| async { std::process::abort(); };
    //      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ function
    match e {
        // <- fork
        1 => unsafe { 1 },
        //   ^^^^^^^^^^^^ arm
        2 => todo!(),
        //   ^^^^^^^ leaves
        _ => {
            if a == 1 { return; }
            //          ^^^^^^ answer.nothing
            a
            // <- tail
        }
    }
}
