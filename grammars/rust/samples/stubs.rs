//! Functions that are still to be written, and some that are not.

struct Queue;

/// Its first one.
#[inline]
// <- stub.lead
fn first(queue: &Queue, (a, b): (u8, u8), mut c: Queue, _d: Vec<u8>) -> Option<u8> {
    //   ^^^^^ stub.parameter
    //           ^^^^^ stub.type
    //                                           ^^^^^ stub.type
    //                                                  -- !stub.parameter
    //                                                      ^^^ stub.type
    //                                                                  ^^^^^^^^^^ stub.returns
    // soon
    todo!()
    // <- stub.hole
}

fn nothing(x: u8) -> () {
    //               -- !stub.returns
    unimplemented!("{x}");
    // <- stub.hole
}

/// It is empty.
fn empty() {}
//         ^^ stub.empty

/// A trait.
trait Named {
    /// Its name.
    fn name(&self, queue: Queue) -> Queue;
    //                              ^^^^^ stub.returns
    //                              ^^^^^ stub.type
    //                                   ^ stub.empty

    fn other(&self) -> Queue {
        // ! stub
        Queue
        // <- stub.last
    }
}

fn chosen(x: bool) -> u8 {
    if x { 1 } else { 2 }
    // <- stub.last
}

fn early(x: u8) -> u8 {
    return x;
    // <- stub.end
}
