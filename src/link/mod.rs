//! Adapters to outside systems, one file or folder each. The only module that names `reqwest`.

pub mod door;
pub mod http;
pub mod intake;
pub mod screen_saver;
pub mod token;
