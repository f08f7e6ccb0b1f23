//! `infra/openapi.json` is what the code says.

use local::functions;

use crate::operations::root;

#[test]
fn the_exported_document_is_up_to_date() {
    let exported = std::fs::read_to_string(root().join("infra/openapi.json")).unwrap_or_default();
    let current = functions::document_text();
    let different = exported.lines().zip(current.lines()).position(|(old, new)| old != new);
    let line = different.unwrap_or_else(|| exported.lines().count().min(current.lines().count()));
    assert!(
        exported == current,
        "infra/openapi.json differs from line {}; `cargo run -p admin -- openapi > infra/openapi.json` writes it anew",
        line + 1
    );
}
