//! What GStreamer has on this machine, and which Debian package brings what it lacks.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::InitError;
use crate::model::codec::Codec;

/// What an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Every pipeline of the wall is built of these.
    Needed,
    /// Decodes in the processor.
    SoftwareDecoder(Codec),
    /// Decodes in hardware; there only where the machine has it.
    HardwareDecoder(Codec),
}

/// An element the wall may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// GStreamer's name.
    pub name: &'static str,
    /// The Debian package that brings it.
    pub package: &'static str,
    /// What it is for.
    pub role: Role,
}

const BASE: &str = "gstreamer1.0-plugins-base";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BAD: &str = "gstreamer1.0-plugins-bad";
const LIBAV: &str = "gstreamer1.0-libav";
const VAAPI: &str = "gstreamer1.0-vaapi";

const fn element(name: &'static str, package: &'static str, role: Role) -> Element {
    Element {
        name,
        package,
        role,
    }
}

/// Every element the wall may use, with its package on Debian 12.
pub const ELEMENTS: &[Element] = &[
    element("appsrc", BASE, Role::Needed),
    element("appsink", BASE, Role::Needed),
    element("videoconvert", BASE, Role::Needed),
    element("h264parse", BAD, Role::Needed),
    element("h265parse", BAD, Role::Needed),
    element("jpegparse", BAD, Role::Needed),
    element("avdec_h264", LIBAV, Role::SoftwareDecoder(Codec::H264)),
    element("avdec_h265", LIBAV, Role::SoftwareDecoder(Codec::H265)),
    element("jpegdec", GOOD, Role::SoftwareDecoder(Codec::Jpeg)),
    element("vah264dec", BAD, Role::HardwareDecoder(Codec::H264)),
    element("vah265dec", BAD, Role::HardwareDecoder(Codec::H265)),
    element("vajpegdec", BAD, Role::HardwareDecoder(Codec::Jpeg)),
    element("vaapih264dec", VAAPI, Role::HardwareDecoder(Codec::H264)),
    element("vaapih265dec", VAAPI, Role::HardwareDecoder(Codec::H265)),
    element("vaapijpegdec", VAAPI, Role::HardwareDecoder(Codec::Jpeg)),
    element("nvh264dec", BAD, Role::HardwareDecoder(Codec::H264)),
    element("nvh265dec", BAD, Role::HardwareDecoder(Codec::H265)),
    element("nvjpegdec", BAD, Role::HardwareDecoder(Codec::Jpeg)),
    element("qsvh264dec", BAD, Role::HardwareDecoder(Codec::H264)),
    element("qsvh265dec", BAD, Role::HardwareDecoder(Codec::H265)),
    element("v4l2slh264dec", BAD, Role::HardwareDecoder(Codec::H264)),
    element("v4l2slh265dec", BAD, Role::HardwareDecoder(Codec::H265)),
    element("v4l2h264dec", GOOD, Role::HardwareDecoder(Codec::H264)),
    element("v4l2h265dec", GOOD, Role::HardwareDecoder(Codec::H265)),
];

/// The Debian package that brings the element `name`, where the wall knows the element.
pub fn package_of(name: &str) -> Option<&'static str> {
    ELEMENTS
        .iter()
        .find(|element| element.name == name)
        .map(|element| element.package)
}

/// One element as found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub element: Element,
    /// `None` where it is not there.
    pub present: Option<Present>,
}

/// An element that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// GStreamer's rank: of two that can do a job the higher one is taken (256 is "primary").
    pub rank: i32,
    /// Version of the plugin that holds it.
    pub version: String,
}

/// GStreamer on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Version of the library, e.g. "1.22.0".
    pub version: String,
    /// Every one of [`ELEMENTS`], in that order.
    pub elements: Vec<Found>,
}

impl Inventory {
    /// Looks at this machine. The first call after an installation reads every plugin and may take
    /// seconds.
    ///
    /// # Errors
    /// When GStreamer cannot start.
    pub fn take() -> Result<Self, InitError> {
        super::init()?;
        let (major, minor, micro, _) = gst::version();
        let elements = ELEMENTS
            .iter()
            .map(|element| Found {
                element: *element,
                present: gst::ElementFactory::find(element.name).map(|factory| Present {
                    rank: i32::from(factory.rank()),
                    version: factory
                        .plugin()
                        .map(|plugin| plugin.version().to_string())
                        .unwrap_or_default(),
                }),
            })
            .collect();
        Ok(Self {
            version: format!("{major}.{minor}.{micro}"),
            elements,
        })
    }

    /// What the wall cannot do without and this machine lacks: needed elements, and the processor's
    /// decoder of each codec that nothing here decodes.
    pub fn lacking(&self) -> Vec<Element> {
        self.elements
            .iter()
            .filter(|found| found.present.is_none())
            .map(|found| found.element)
            .filter(|element| match element.role {
                Role::Needed => true,
                Role::SoftwareDecoder(codec) => self.decoders(codec).is_empty(),
                Role::HardwareDecoder(_) => false,
            })
            .collect()
    }

    /// The decoders of `codec` that are there, highest rank first.
    pub fn decoders(&self, codec: Codec) -> Vec<(&Element, &Present)> {
        let mut found: Vec<(&Element, &Present)> = self
            .elements
            .iter()
            .filter(|found| match found.element.role {
                Role::SoftwareDecoder(of) | Role::HardwareDecoder(of) => of == codec,
                Role::Needed => false,
            })
            .filter_map(|found| Some((&found.element, found.present.as_ref()?)))
            .collect();
        found.sort_by_key(|(_, present)| std::cmp::Reverse(present.rank));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_stands_once_with_a_package() {
        for (index, element) in ELEMENTS.iter().enumerate() {
            assert!(element.package.starts_with("gstreamer1.0-"), "{element:?}");
            assert_eq!(package_of(element.name), Some(element.package));
            let twin = ELEMENTS[index + 1..]
                .iter()
                .find(|e| e.name == element.name);
            assert_eq!(twin, None);
        }
        assert_eq!(package_of("nosuchelement"), None);
    }

    #[test]
    fn every_codec_has_a_decoder_in_software() {
        for codec in Codec::ALL {
            let role = Role::SoftwareDecoder(codec);
            assert!(ELEMENTS.iter().any(|e| e.role == role), "{codec:?}");
        }
    }

    #[test]
    fn this_machine_is_looked_at() {
        let inventory = Inventory::take().expect("GStreamer, which this test is linked with");
        assert!(inventory.version.starts_with("1."), "{}", inventory.version);
        assert_eq!(inventory.elements.len(), ELEMENTS.len());
        for codec in Codec::ALL {
            let ranks: Vec<i32> = inventory
                .decoders(codec)
                .iter()
                .map(|(_, present)| present.rank)
                .collect();
            assert!(ranks.is_sorted_by(|a, b| a >= b), "{ranks:?}");
        }
    }
}
