//! Plain arithmetic on planes of samples: reducing, and the numbers that turn codes into colours.
//!
//! Belongs here: what takes planes and gives planes or numbers, and could run on any machine.
//! Does not: the GPU (`gpu`), decoders (`media`), models (`detect`), files (`store`).

pub mod background;
pub mod colour;
pub mod exact;
pub mod look;
pub mod motion;
pub mod picture;
pub mod reduce;
pub mod tensor;
pub mod upright;

pub use colour::Conversion;
pub use exact::{ExactPixels, exact_pixels};
pub use picture::{Look, Picture, PictureError, Pool, Samples};
pub use reduce::{MOST_HALVINGS, halvings_for, reduce};
