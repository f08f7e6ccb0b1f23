//! One file an operation: `api/<group>/<action>.rs` tests `functions/<group>/src/<action>.rs`.

mod every_answer;
