//! The token-refresh function as Lambda runs it.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve_events(token_refresh::handle)
}
