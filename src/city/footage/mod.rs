//! Which clips the city is made of. (A placeholder until the recipes arrive.)

/// The name of the clip camera `number` serves as its main stream.
pub fn main_clip_of(number: usize) -> String {
    format!("main-{:02}", (number - 1) % 8 + 1)
}
