//! What a camera offers, read out of its SDP (RFC 8866): only what is needed to set tracks up.
//! Nothing else in it can be an error.

use crate::leniency::{Leniencies, Leniency};

/// No more tracks than this are looked at.
const MAX_TRACKS: usize = 64;
/// No line is read further than this, bytes.
const MAX_LINE_BYTES: usize = 64 << 10;

/// The whole description.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Description {
    /// `a=control` of the whole.
    pub(crate) control: Option<String>,
    pub(crate) tracks: Vec<Track>,
}

/// What kind of medium a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Metadata, and all else.
    Other,
}

/// A codec that can be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// H.264 (RFC 6184).
    H264,
    /// H.265 (RFC 7798).
    H265,
    /// JPEG (RFC 2435).
    Jpeg,
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
    /// G.722; its clock rate is told as 8000 by convention, it has 16,000 samples a second.
    G722,
    /// AAC (RFC 3640, `mpeg4-generic`).
    Aac,
    /// Opus (RFC 7587).
    Opus,
    /// ONVIF's metadata, XML.
    OnvifMetadata,
}

impl Encoding {
    /// From the name in `a=rtpmap`, whatever its case and vendor's spelling.
    fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_uppercase();
        Some(match name.as_str() {
            "H264" | "H.264" | "AVC" | "AVC1" | "H264-SVC" => Self::H264,
            "H265" | "H.265" | "HEVC" | "HVC1" | "HEV1" => Self::H265,
            "JPEG" | "MJPEG" | "MJPG" => Self::Jpeg,
            "PCMA" | "G711A" => Self::Pcma,
            "PCMU" | "G711U" | "G711" => Self::Pcmu,
            "G722" => Self::G722,
            "MPEG4-GENERIC" | "AAC" => Self::Aac,
            "OPUS" => Self::Opus,
            "VND.ONVIF.METADATA" => Self::OnvifMetadata,
            _ => return None,
        })
    }

    /// What a static payload type means (RFC 3551).
    fn from_payload_type(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Pcmu,
            8 => Self::Pcma,
            9 => Self::G722,
            26 => Self::Jpeg,
            _ => return None,
        })
    }

    /// Samples or ticks a second where the SDP tells none.
    fn usual_clock_hz(self) -> u32 {
        match self {
            Self::H264 | Self::H265 | Self::Jpeg | Self::OnvifMetadata => 90_000,
            Self::Pcma | Self::Pcmu | Self::G722 => 8_000,
            Self::Aac => 44_100,
            Self::Opus => 48_000,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Jpeg => "JPEG",
            Self::Pcma => "G.711 A",
            Self::Pcmu => "G.711 µ",
            Self::G722 => "G.722",
            Self::Aac => "AAC",
            Self::Opus => "Opus",
            Self::OnvifMetadata => "ONVIF metadata",
        }
    }

    /// Pictures, sound or else.
    pub fn medium(self) -> Medium {
        match self {
            Self::H264 | Self::H265 | Self::Jpeg => Medium::Video,
            Self::OnvifMetadata => Medium::Other,
            _ => Medium::Audio,
        }
    }
}

/// Who sends on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Direction {
    /// The camera.
    #[default]
    FromCamera,
    /// We may: the camera's loudspeaker (ONVIF audio backchannel).
    ToCamera,
}

/// One track.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Track {
    pub(crate) medium: Medium,
    /// What we can take apart, if it is that.
    pub(crate) encoding: Option<Encoding>,
    /// The name the camera gives its codec, cleaned: letters, digits, `-`, `.` and `/` only.
    pub(crate) name: String,
    pub(crate) payload_type: u8,
    /// All payload types of the track.
    pub(crate) payload_types: Vec<u8>,
    pub(crate) clock_hz: u32,
    pub(crate) channels: u16,
    /// The parameters of `a=fmtp`.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) control: Option<String>,
    /// Pictures a second, where told.
    pub(crate) rate_hz: Option<f32>,
    /// Width and height in pixels, where told.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) direction: Direction,
}

impl Track {
    /// A parameter of `a=fmtp`, whatever its case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Attributes of one payload type.
#[derive(Default)]
struct Mapping {
    number: u8,
    name: Option<String>,
    clock_hz: Option<u32>,
    channels: Option<u16>,
    parameters: Vec<(String, String)>,
}

#[derive(Default)]
struct Section {
    medium: Option<Medium>,
    formats: Vec<u8>,
    mappings: Vec<Mapping>,
    control: Option<String>,
    rate_hz: Option<f32>,
    size: Option<(u32, u32)>,
    direction: Direction,
}

impl Section {
    fn mapping(&mut self, number: u8) -> &mut Mapping {
        let at = self.mappings.iter().position(|m| m.number == number);
        let at = at.unwrap_or_else(|| {
            self.mappings.push(Mapping {
                number,
                ..Mapping::default()
            });
            self.mappings.len() - 1
        });
        &mut self.mappings[at]
    }
}

/// Reads a description.
pub(crate) fn read(body: &[u8], leniencies: &mut Leniencies) -> Description {
    let text = String::from_utf8_lossy(body);
    let mut description = Description::default();
    let mut sections: Vec<Section> = Vec::new();
    let mut is_odd = !text.starts_with("v=");
    for line in text.split(['\r', '\n', '\0']) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let Some((kind, value)) = line
            .split_once('=')
            .filter(|_| line.len() <= MAX_LINE_BYTES)
        else {
            is_odd = true;
            continue;
        };
        match kind.trim() {
            "m" if sections.len() >= MAX_TRACKS => {
                is_odd = true;
                break;
            }
            "m" => sections.push(read_media(value)),
            "a" => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                let (name, value) = (name.trim(), value.trim());
                match sections.last_mut() {
                    Some(section) => is_odd |= !read_attribute(section, name, value),
                    None if name.eq_ignore_ascii_case("control") => {
                        description.control = Some(value.to_owned());
                    }
                    None => {}
                }
            }
            // Nothing else is needed.
            _ => {}
        }
    }
    if is_odd {
        leniencies.note(Leniency::OddSdp);
    }
    lend_parameters(&mut sections);
    description.tracks = sections
        .into_iter()
        .map(|section| track_of(section, leniencies))
        .collect();
    description
}

fn read_media(value: &str) -> Section {
    let mut words = value.split_ascii_whitespace();
    let medium = match words.next().unwrap_or_default() {
        video if video.eq_ignore_ascii_case("video") => Medium::Video,
        audio if audio.eq_ignore_ascii_case("audio") => Medium::Audio,
        _ => Medium::Other,
    };
    Section {
        medium: Some(medium),
        // Port and profile come first; what follows and is a number is a format.
        formats: words.skip(1).filter_map(|word| word.parse().ok()).collect(),
        ..Section::default()
    }
}

/// Reads one attribute of a track; false when it was needed and could not be.
fn read_attribute(section: &mut Section, name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "rtpmap" => {
            let mut words = value.split_ascii_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse().ok()) else {
                return false;
            };
            let text = words.collect::<Vec<_>>().join("");
            let mut parts = text.split('/');
            let mapping = section.mapping(number);
            mapping.name = parts.next().map(ToOwned::to_owned);
            mapping.clock_hz = parts.next().and_then(|word| word.parse().ok());
            mapping.channels = parts.next().and_then(|word| word.parse().ok());
        }
        "fmtp" => {
            let (number, rest) = value
                .split_once(|c: char| c.is_ascii_whitespace() || c == ';')
                .unwrap_or((value, ""));
            let Ok(number) = number.trim_end_matches(':').parse() else {
                return false;
            };
            let mapping = section.mapping(number);
            for parameter in rest.split(';') {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                if !name.trim().is_empty() {
                    let value = value.trim().trim_matches('"');
                    mapping
                        .parameters
                        .push((name.trim().to_owned(), value.to_owned()));
                }
            }
        }
        "control" => section.control = Some(value.to_owned()),
        "framerate" | "x-framerate" => {
            section.rate_hz = value
                .replace(',', ".")
                .parse()
                .ok()
                .filter(|rate: &f32| rate.is_finite() && (0.01..=240.0).contains(rate));
        }
        "x-dimensions" | "framesize" | "cliprect" => {
            let numbers: Vec<u32> = value
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|word| word.parse().ok())
                .collect();
            section.size = match (name.as_str(), numbers.as_slice()) {
                ("cliprect", [_, _, height, width])
                | ("framesize", [_, width, height])
                | ("x-dimensions", [width, height]) => Some((*width, *height)),
                _ => section.size,
            };
        }
        "sendonly" | "inactive" | "recvonly" | "sendrecv"
            // As ONVIF has it: the word says what the client does. Nobody sends pictures to a camera.
            if name == "sendonly" && section.medium == Some(Medium::Audio) => {
                section.direction = Direction::ToCamera;
            }
        _ => {}
    }
    true
}

/// Parameters that stand under another track, or under another number than the codec's, go where
/// they belong.
fn lend_parameters(sections: &mut [Section]) {
    let mut strays = Vec::new();
    for section in sections.iter_mut() {
        let formats = section.formats.clone();
        // One codec and one set of parameters, whose numbers differ.
        if let [_, _] = section.mappings.as_slice()
            && section.mappings.iter().filter(|m| m.name.is_some()).count() == 1
            && let Some(at) = section
                .mappings
                .iter()
                .position(|m| m.name.is_none() && !formats.contains(&m.number))
        {
            let stray = section.mappings.remove(at);
            match section.mappings.first_mut() {
                Some(mapping) if mapping.parameters.is_empty() && stray.number >= 96 => {
                    // It may as well be of another track, whose number it has.
                    strays.push((stray.number, stray.parameters.clone()));
                    mapping.parameters = stray.parameters;
                }
                _ => strays.push((stray.number, stray.parameters)),
            }
        }
        section.mappings.retain(|mapping| {
            let is_stray = mapping.name.is_none()
                && !mapping.parameters.is_empty()
                && !formats.is_empty()
                && !formats.contains(&mapping.number);
            if is_stray {
                strays.push((mapping.number, mapping.parameters.clone()));
            }
            !is_stray
        });
    }
    for (number, parameters) in strays {
        for section in sections.iter_mut() {
            if section.formats.contains(&number) {
                let mapping = section.mapping(number);
                if mapping.parameters.is_empty() {
                    mapping.parameters.clone_from(&parameters);
                }
            }
        }
    }
}

/// A codec's name, without anything that could do harm where it is shown.
fn cleaned(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '+'))
        .take(32)
        .collect()
}

fn track_of(mut section: Section, leniencies: &mut Leniencies) -> Track {
    let medium = section.medium.unwrap_or(Medium::Other);
    let mut formats = section.formats.clone();
    // A format that only its attributes name.
    for mapping in &section.mappings {
        if !formats.contains(&mapping.number) {
            formats.push(mapping.number);
        }
    }
    let mut chosen = None;
    for number in &formats {
        let mapping = section.mapping(*number);
        let named = mapping.name.as_deref().and_then(Encoding::from_name);
        let encoding = named.or_else(|| {
            let by_number = Encoding::from_payload_type(*number);
            let guessed = by_number.or_else(|| guess(medium, mapping));
            if guessed.is_some() && by_number.is_none() {
                leniencies.note(Leniency::GuessedCodec);
            }
            guessed.filter(|_| mapping.name.is_none() || by_number.is_none())
        });
        let fits = encoding.is_some_and(|encoding| encoding.medium() == medium);
        if fits {
            chosen = Some((*number, encoding));
            break;
        }
    }
    let (number, encoding) = chosen.unwrap_or((formats.first().copied().unwrap_or(96), None));
    let mapping = section.mapping(number);
    let usual = encoding.map_or(90_000, Encoding::usual_clock_hz);
    let name = mapping.name.clone().unwrap_or_default();
    Track {
        medium,
        encoding,
        name: if name.is_empty() {
            encoding.map_or_else(|| format!("PT {number}"), |e| e.name().to_owned())
        } else {
            cleaned(&name)
        },
        payload_type: number,
        payload_types: formats,
        clock_hz: mapping.clock_hz.filter(|hz| *hz > 0).unwrap_or(usual),
        channels: mapping.channels.unwrap_or(1).max(1),
        parameters: std::mem::take(&mut mapping.parameters),
        control: section.control.filter(|control| !control.is_empty()),
        rate_hz: section.rate_hz,
        size: section.size,
        direction: section.direction,
    }
}

/// What a track without a usable name may be, by its parameters.
fn guess(medium: Medium, mapping: &Mapping) -> Option<Encoding> {
    let has = |name: &str| {
        mapping
            .parameters
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    };
    match medium {
        Medium::Video if has("sprop-vps") || has("sprop-sps") => Some(Encoding::H265),
        Medium::Video if has("sprop-parameter-sets") || has("packetization-mode") => {
            Some(Encoding::H264)
        }
        Medium::Audio if has("config") && has("sizelength") => Some(Encoding::Aac),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Track {
        let mut description = read(text.as_bytes(), &mut Leniencies::default());
        assert_eq!(description.tracks.len(), 1, "{text}");
        description.tracks.remove(0)
    }

    #[test]
    fn a_track_is_found_whatever_stands_around_it() {
        let media = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
            a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0I=,aM4=\r\na=control:trackID=1\r\n";
        let around = [
            media.to_owned(),
            format!("v=0\r\no=- 1001 1 IN\r\ns=\r\nc=IN\r\n{media}"),
            format!("\r\n\r\nv=0\no=x\nb=AS:4096.5\nt=0\n\n{media}"),
            media.replace("\r\n", "\n"),
            media.replace("\r\n", "\r"),
            media.replace("a=", "A=").replace("A=", "a= "),
            format!("{media}\0\0\0"),
            media.replace("H264/90000", "h264 / 90000"),
            media.replace("rtpmap:96 H264/90000", "rtpmap:96 H264"),
            media.replace("a=rtpmap:96 H264/90000\r\n", ""),
        ];
        for text in around {
            let track = only(&text);
            assert_eq!(track.encoding, Some(Encoding::H264), "{text:?}");
            assert_eq!(track.clock_hz, 90_000, "{text:?}");
            assert_eq!(
                track.parameter("SPROP-parameter-sets"),
                Some("Z0I=,aM4="),
                "{text:?}"
            );
            assert_eq!(track.control.as_deref(), Some("trackID=1"), "{text:?}");
        }
    }

    #[test]
    fn tracks_are_told_apart_and_the_codec_is_named_where_it_is_not_ours() {
        let text = "v=0\r\na=control:*\r\nm=application 0 RTP/AVP 107\r\n\
            a=rtpmap:107 vnd.onvif.metadata/90000\r\nm=audio 0 RTP/AVP 8 0\r\n\
            m=audio 0 RTP/AVP 0\r\na=sendonly\r\nm=application/vendor 0 RTP/AVP smart/0/25000\r\n\
            m=video 0 RTP/AVP 99 97\r\na=rtpmap:99 MP4V-ES<b>/90000\r\na=rtpmap:97 H265/90000\r\n\
            m=video 0 RTP/AVP 26\r\na=framesize:26 2560-1440\r\na=framerate:12,5\r\n";
        let read = read(text.as_bytes(), &mut Leniencies::default());
        let seen: Vec<_> = read.tracks.iter().map(|t| (t.medium, t.encoding)).collect();
        assert_eq!(
            seen,
            [
                (Medium::Other, Some(Encoding::OnvifMetadata)),
                (Medium::Audio, Some(Encoding::Pcma)),
                (Medium::Audio, Some(Encoding::Pcmu)),
                (Medium::Other, None),
                (Medium::Video, Some(Encoding::H265)),
                (Medium::Video, Some(Encoding::Jpeg)),
            ]
        );
        assert_eq!(read.tracks[2].direction, Direction::ToCamera);
        assert_eq!(read.tracks[4].payload_type, 97);
        assert_eq!(read.tracks[5].size, Some((2560, 1440)));
        assert_eq!(read.tracks[5].rate_hz, Some(12.5));
        let track = only("m=video 0 RTP/AVP 99\r\na=rtpmap:99 MP4V-ES<b>/90000\r\n");
        assert_eq!((track.encoding, track.name.as_str()), (None, "MP4V-ESb"));
    }

    #[test]
    fn parameters_are_found_where_they_stand() {
        let text = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=sendonly\r\n\
            m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n\
            a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0I=\r\n";
        let read_all = |text: &str| read(text.as_bytes(), &mut Leniencies::default()).tracks;
        let tracks = read_all(text);
        assert_eq!(tracks[0].parameter("sprop-parameter-sets"), Some("Z0I="));
        assert_eq!(tracks[0].direction, Direction::FromCamera);
        assert_eq!(tracks[1].encoding, Some(Encoding::Pcma));
        let text = "m=audio 0 RTP/AVP 104\r\na=rtpmap:104 mpeg4-generic/16000\r\n\
            a=fmtp:97 config=1408;sizelength=13\r\n";
        assert_eq!(read_all(text)[0].parameter("config"), Some("1408"));
    }

    #[test]
    fn ten_thousand_tracks_and_endless_lines_are_bounded() {
        let many = "m=video 0 RTP/AVP 26\r\n".repeat(10_000);
        let read_many = read(many.as_bytes(), &mut Leniencies::default());
        assert_eq!(read_many.tracks.len(), MAX_TRACKS);
        let long = format!("a={}\r\nm=video 0 RTP/AVP 26\r\n", "x".repeat(200_000));
        assert_eq!(only(&long).encoding, Some(Encoding::Jpeg));
    }
}
