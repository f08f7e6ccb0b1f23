//! The `credentials` function on Lambda.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve(credentials::routes())
}
