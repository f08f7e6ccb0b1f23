//! The refresh protocol: searched in a model, replayed on the store, and run with many readers.

mod defects;
mod model;
