//! The `console` function on Lambda.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve(console::routes())
}
