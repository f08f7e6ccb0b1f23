//! The token-refresh function as Lambda runs it.

fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::serve_events(token_refresh::handle)
}
