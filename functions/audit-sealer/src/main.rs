//! The audit-sealer function as Lambda runs it.

fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::serve_events(audit_sealer::handle)
}
