//! The running city as its clients see it.
//!
//! [`client`] is a small client of our own for what libraries hide; `peers` has clients of others.

mod client;
mod faults;
mod oddities;
mod peers;
mod protocol;
mod story;

use super::clip::tests::fixtures;
use super::{City, Options, serve};

/// A city on the fixture clips, on free ports.
async fn city() -> City {
    let options = Options {
        footage: fixtures(),
        rtsp_port: 0,
        control_port: 0,
        cameras: 4,
        door: None,
    };
    serve(options).await.unwrap()
}
