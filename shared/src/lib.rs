//! What every function of Postern shares. `App` is the way in; see `infra/docs` for the picture.

pub mod clock;
pub mod id;
pub mod oauth;
pub mod providers;
pub mod secret;
