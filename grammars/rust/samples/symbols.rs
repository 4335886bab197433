// What an index of symbols knows besides the outline.
mod inner;
// <- symbol
//  ^^^^^ symbol.name
pub mod outer;
//      ^^^^^ symbol.name
mod written {}
//  ------- !symbol
