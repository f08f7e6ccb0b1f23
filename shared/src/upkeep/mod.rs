//! What an operator does to what is stored: takes over the data of older systems, seals anew, looks for trouble.
//!
//! The command line calls it; no function does, nor has the rights to.

pub mod import;
pub mod reseal;
