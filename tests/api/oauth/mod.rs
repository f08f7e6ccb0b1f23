//! Handshakes, operation by operation. What holds across them is in `handshake_*.rs`.

mod callback;
mod confirm;
mod finish;
mod resume;
mod start;
mod status;
