//! Loudspeakers, as the sound library enumerates them.

use rodio::DeviceTrait;
use rodio::cpal::traits::HostTrait;

use super::finding::{Finding, Section};
use crate::words::Words;

/// Devices of the sound library's own that no loudspeaker hangs on.
const MUTE: [&str; 1] = ["null"];

/// Names of the outputs that can play. ALSA prints to standard error while it looks: see `probe`.
pub(super) fn outputs() -> anyhow::Result<Vec<String>> {
    let host = rodio::cpal::default_host();
    let mut names: Vec<String> = host
        .output_devices()?
        .filter(|device| device.id().is_ok_and(|id| !MUTE.contains(&id.id())))
        .filter(|device| device.default_output_config().is_ok())
        .filter_map(|device| Some(device.description().ok()?.name().to_owned()))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What is said about the outputs found, or about why none could be asked for.
pub(super) fn findings(outputs: &anyhow::Result<Vec<String>>, words: Words) -> Vec<Finding> {
    let none = |value: String| {
        let hint = words.get("doctor-hint-sound");
        vec![Finding::warn(Section::Sound, "output", value, hint)]
    };
    match outputs {
        Ok(names) if names.is_empty() => none("no device".to_owned()),
        Ok(names) => names
            .iter()
            .map(|name| Finding::ok(Section::Sound, "output", name))
            .collect(),
        Err(error) => none(format!("{error:#}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    #[test]
    fn a_silent_seat_is_said_but_does_not_stop_the_wall() {
        let words = Words::new(Language::Ru);
        for silent in [Ok(vec![]), Err(anyhow::anyhow!("no card"))] {
            let said = findings(&silent, words);
            assert_eq!(said.len(), 1);
            assert_eq!(said[0].state, State::Warn);
            assert!(!said[0].hint.is_empty());
        }
        let said = findings(&Ok(vec!["front".to_owned(), "hdmi".to_owned()]), words);
        assert!(said.len() == 2 && said.iter().all(|f| f.state == State::Ok));
    }
}
