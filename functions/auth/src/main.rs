//! The `auth` function as Lambda runs it.

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::lambda::serve(auth::routes())
}
