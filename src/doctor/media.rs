//! GStreamer: what the wall's pipelines need, and the decoders there are.

use super::finding::{Finding, Section};
use crate::media::InitError;
use crate::media::inventory::{Inventory, Role};
use crate::model::codec::Codec;
use crate::words::Words;

/// Packages that bring everything the wall needs, for a machine with no GStreamer at all.
const ALL_PACKAGES: &str = "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav";

/// What is said about an inventory.
pub(super) fn findings(inventory: Result<&Inventory, &InitError>, words: Words) -> Vec<Finding> {
    let inventory = match inventory {
        Ok(inventory) => inventory,
        Err(error) => {
            return vec![Finding::missing(
                Section::Media,
                "gstreamer",
                error.to_string(),
                words.with("doctor-hint-media", &[("package", ALL_PACKAGES.into())]),
            )];
        }
    };
    let install =
        |package: &'static str| words.with("doctor-hint-install", &[("package", package.into())]);
    let mut findings = vec![Finding::ok(
        Section::Media,
        "gstreamer",
        inventory.version.clone(),
    )];
    let mut hardware = false;
    for found in &inventory.elements {
        let name = found.element.name;
        let package = found.element.package;
        match (&found.present, found.element.role) {
            (Some(present), role) => {
                let kind = match role {
                    Role::Needed => String::new(),
                    Role::SoftwareDecoder(codec) => format!(", {} in software", codec.name()),
                    Role::HardwareDecoder(codec) => {
                        hardware = true;
                        format!(", {} in hardware", codec.name())
                    }
                };
                let value = format!("{}, rank {}{kind}", present.version, present.rank);
                findings.push(Finding::ok(Section::Media, name, value));
            }
            (None, Role::Needed) => {
                findings.push(Finding::missing(
                    Section::Media,
                    name,
                    "not found",
                    install(package),
                ));
            }
            (None, Role::SoftwareDecoder(codec)) => {
                let others = inventory.decoders(codec);
                findings.push(match others.first() {
                    Some((other, _)) => Finding::warn(
                        Section::Media,
                        name,
                        format!("not found; {} goes to {}", codec.name(), other.name),
                        install(package),
                    ),
                    None => Finding::missing(
                        Section::Media,
                        name,
                        format!("not found; nothing decodes {}", codec.name()),
                        install(package),
                    ),
                });
            }
            // One of these per vendor: most are absent on any machine, and that is no fault.
            (None, Role::HardwareDecoder(_)) => {}
        }
    }
    if !hardware {
        findings.push(Finding::warn(
            Section::Media,
            "hardware-decoder",
            format!("none for {}", Codec::ALL.map(Codec::name).join(", ")),
            words.with(
                "doctor-hint-hardware-decoder",
                &[("package", "mesa-va-drivers, intel-media-va-driver".into())],
            ),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::media::inventory::{ELEMENTS, Found, Present};
    use crate::words::Language;

    /// A machine that has the elements `has` agrees to.
    fn machine(has: impl Fn(&str) -> bool) -> Inventory {
        Inventory {
            version: "1.22.0".to_owned(),
            elements: ELEMENTS
                .iter()
                .map(|element| Found {
                    element: *element,
                    present: has(element.name).then(|| Present {
                        rank: 256,
                        version: "1.22.0".to_owned(),
                    }),
                })
                .collect(),
        }
    }

    fn said(inventory: &Inventory, name: &str) -> Option<Finding> {
        findings(Ok(inventory), Words::new(Language::En))
            .into_iter()
            .find(|finding| finding.name == name)
    }

    #[test]
    fn a_missing_element_names_its_package() {
        for element in ELEMENTS {
            let finding = said(&machine(|_| false), element.name);
            if let Role::HardwareDecoder(_) = element.role {
                assert_eq!(finding, None);
            } else {
                let finding = finding.expect("every needed element is spoken of");
                assert_eq!(finding.state, State::Missing, "{finding:?}");
                assert!(finding.hint.contains(element.package), "{finding:?}");
            }
        }
    }

    #[test]
    fn a_hardware_decoder_stands_in_for_libav() {
        let inventory = machine(|name| name != "avdec_h264");
        let finding = said(&inventory, "avdec_h264").expect("spoken of");
        assert_eq!(finding.state, State::Warn);
        assert!(finding.value.contains("vah264dec"), "{finding:?}");
        assert_eq!(said(&inventory, "hardware-decoder"), None);
    }

    #[test]
    fn software_alone_is_said() {
        let inventory = machine(|name| {
            !name.starts_with("va")
                && !name.starts_with("nv")
                && !name.starts_with("v4l2")
                && !name.starts_with("qsv")
        });
        let finding = said(&inventory, "hardware-decoder").expect("spoken of");
        assert_eq!(finding.state, State::Warn);
        assert!(!finding.hint.is_empty());
    }
}
