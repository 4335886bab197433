//! What may stand only once, and what says the same on both sides.
#![allow(warnings)]
use a::{b, c};
//      ^ key
//     ------ list

enum D {
    E,
    // <- key
    F(u8),
}

struct G {
    h: u8,
    // <- key
    i: u8,
}

union J {
    h: u8,
}

trait K {
    const L: u8;
    //    ^ key
    type M;
    //   ^ key
    fn n(&self);
    // ^ key
}

type O = u8;

const P: u8 = 1;

static Q: u8 = 1;

#[cfg(unix)]
// <- free
fn r(s: u8, t: u8) -> G {
    let mut i = s;
    i = i;
    // <- same
    if s == s {
    }
    if s != s {
        // ---- !same
        i = 1;
    }
    if s > t { t } else { t };
    // <- same
    assert_eq!(s, s);
    // <- same
    match s {
        1 => {}
        // <- key
        _ => {}
    }
    G { h: s, i }
    //  ^ key
    //        ^ key
}

mod u {
    struct V;

    enum W {}
}

impl G {
    fn x() {}
    // ^ key
}
