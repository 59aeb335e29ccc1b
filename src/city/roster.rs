//! Who the cameras are: names, places, log-ins and clocks.

use std::time::Duration;

use super::rtsp::auth::Scheme;

/// How many cameras there are.
pub const NUM_CAMERAS: usize = 64;

pub(crate) fn scheme_of(number: usize) -> Scheme {
    match number % 8 {
        0 => Scheme::Open,
        3 => Scheme::Basic,
        _ => Scheme::Digest,
    }
}

/// The user name of camera `number`; empty when it is open.
pub fn user_of(number: usize) -> &'static str {
    match scheme_of(number) {
        Scheme::Open => "",
        Scheme::Basic => "viewer",
        Scheme::Digest => "operator",
    }
}

/// The password of camera `number`; empty when it is open.
pub fn password_of(number: usize) -> &'static str {
    const PASSWORDS: [&str; 4] = ["Qala-2041!", "jol.bagdar", "Tan#Shapaq7", "ak-tobe 12"];
    match scheme_of(number) {
        Scheme::Open => "",
        _ => PASSWORDS[number % PASSWORDS.len()],
    }
}

/// How far camera `number` is ahead of the city's start in its clip.
pub(crate) fn phase_of(number: usize) -> Duration {
    Duration::from_micros(scatter(number, 0) % 60_000_000)
}

/// How far the clock of camera `number` is off: most by up to 300 ms, a few by seconds, one by an
/// hour (a wrong time zone).
pub(crate) fn clock_offset_nanos_of(number: usize) -> i64 {
    match number {
        17 => 3_600_000_000_000,
        9 => -2_400_000_000,
        31 => 4_750_000_000,
        52 => 7_200_000_000,
        _ => (scatter(number, 1) % 300_000_000) as i64,
    }
}

/// A number that looks random and is always the same for the same camera and purpose
/// (the finaliser of SplitMix64).
pub(crate) fn scatter(number: usize, purpose: u64) -> u64 {
    let mut x = (number as u64 * 16 + purpose).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
