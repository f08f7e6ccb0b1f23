//! The `oauth` function on Lambda.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve(oauth::routes())
}
