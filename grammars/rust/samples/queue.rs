//! A job queue with retries.
// <- doc
// <- comment
extern crate alloc;
// <- import
use std::collections::{HashMap, VecDeque};
// <- import

/// How long to wait, in seconds.
// <- doc
const LIMIT: u64 = 30;
// <- item
//    ^^^^^ item.name
static NAME: &str = "queue";
// <- item
//                   ----- string
type Job = (String, Vec<u8>);
// <- item
//   ^^^ item.name

/// First in, first out.
#[derive(Debug, Default)]
pub struct Queue {
// <- scope
// <- item
//         ^^^^^ scope.name
    jobs: VecDeque<Job>,
    // - scope.body
    seen: HashMap<String, usize>, // "not a string"
    //                                --- comment
    //                                --- !string
}

pub enum State {
// <- scope
// <- item
    Waiting,
    Done { at: u64 },
    // - scope.body
}

pub union Raw {
// <- scope
// <- item
    word: u32,
    bytes: [u8; 4],
}

/** What can be run. */
// <- doc
pub trait Run {
// <- scope
// <- item
//        ^^^ scope.name
    type Output;
    fn run(&self) -> Self::Output;
    // <- item
    // ! scope.name
    fn name(&self) -> String {
    // <- scope
        String::from(r#"raw "quoted""#)
        //           ----------------- string
    }
}

impl Queue {
// <- scope
// <- item
//   ^^^^^ scope.name
    /* plain */
    //  ----- comment
    //  ----- !doc
    pub fn push(&mut self, job: Job) -> Result<(), char> {
    // <- scope
    //     ^^^^ scope.name
    //     ^^^^ item.name
        let Some(first) = job.0.chars().next() else {
        // <- scope.block
            return Err('\u{fffd}');
            // <- !string
            //         ---------- string
        };
        if first.is_ascii_digit() {
        // ^^^^^^^^^^^^^^^^^^^^^^ condition
        // <- scope.block
            self.jobs.push_back(job);
        } else if first == '"' {
        //                  - string
            self.jobs.push_front(job);
            // - scope.body
        } else {
            loop {
            // <- scope.block
                break;
            }
        }
        Ok(())
    }

    async fn drain(&mut self) -> usize {
        let mut done = 0;
        while let Some((name, data)) = self.jobs.pop_front() {
        // <- scope.block
            for byte in data {
            // <- scope.block
                match byte {
                // <- scope.block
                    0 => done += 1,
                    // <- scope.block
                    _ => {}
                }
            }
            let size = name.split(' ').map(|part| part.len()).sum::<usize>();
            //                             ^^^^^^^^^^^^^^^^^ scope.block
            //                                    ^^^^^^^^^^ scope.body
            async { done += size }.await;
            // <- scope.block
        }
        done
    }
}

mod raw {
// <- scope
// <- item
    /*! Things that need care. */
    // <- doc
    unsafe extern "C" {
        fn abs(x: i32) -> i32;
        // - scope.body
    }

    pub unsafe fn word(bytes: [u8; 4]) -> u32 {
    // <- risk
        const { assert!(size_of::<u32>() == 4) };
        // <- scope.block
        unsafe { core::mem::transmute(bytes) }
        // <- scope.block
        // <- risk
        //       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ risk
    }
}

macro_rules! job {
// <- scope
// <- item
//           ^^^ item.name
    ($name:expr) => {
        ($name.to_string(), Vec::new())
    };
}

macro_rules! queue (($($job:expr),*) => { [$($job),*] });
// <- item
