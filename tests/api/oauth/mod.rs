//! Handshakes, operation by operation. What holds across them is in `handshake_*.rs`.

mod callback;
mod confirm;
mod confirm_link;
mod create_link;
mod finish;
mod form_page;
mod github_callback;
mod github_initiate;
mod google_initiate;
mod link_page;
mod resume;
mod show_link;
mod start;
mod status;
mod use_form;
mod use_link;
