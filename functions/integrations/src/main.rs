//! The `integrations` function on Lambda.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve(integrations::routes())
}
