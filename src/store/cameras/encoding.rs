//! In which encoding a camera table is written. Spreadsheets set to Russian or Kazakh save CSV in an old
//! code page, and "Unicode text" as UTF-16.
//!
//! UTF-8 is read as it is. What is taken for another encoding is read only when somebody said so: a name
//! of a street in wrong letters is worse than a question.

use std::fmt;
use std::str::FromStr;

use crate::model::redact;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16, in either order of bytes.
    Utf16,
    /// Windows-1251: Russian.
    Cp1251,
    /// KZ-1048: Windows-1251 with the Kazakh letters.
    Kz1048,
}

/// A table that is not UTF-8 text, and what it seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// It can be read as this.
    pub encoding: Encoding,
    /// A word or two of it, so read, for somebody to judge.
    pub sample: String,
}

/// A sample has so many characters at most.
const MAX_SAMPLE_CHARS: usize = 40;
/// So much of a file shows whether every other byte is zero.
const LOOKED_AT_BYTES: usize = 4096;
/// Of the bytes beyond ASCII so many percent are letters in a text of the code pages.
const LEAST_LETTERS_PERCENT: usize = 70;

/// The characters 0x80 to 0xBF; those from 0xC0 on are the Russian letters А to я in both.
const CP1251: &str =
    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{fffd}™љ›њќћџ\u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕї";
const KZ1048: &str =
    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊҚҺЏђ‘’“”•–—\u{fffd}™љ›њқһџ\u{a0}ҰұӘ¤Ө¦§Ё©Ғ«¬\u{ad}®Ү°±Ііөµ¶·ё№ғ»әҢңү";

impl Encoding {
    /// All, with the words of the command line and the settings.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Utf16, "utf-16"),
        (Self::Cp1251, "cp1251"),
        (Self::Kz1048, "kz1048"),
    ];

    /// The word of the command line and the settings.
    pub fn word(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(one, _)| *one == self)
            .map_or("", |(_, word)| word)
    }

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf16 => "UTF-16",
            Self::Cp1251 => "Windows-1251",
            Self::Kz1048 => "KZ-1048",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter();
        let found = known
            .clone()
            .find(|(_, word)| word.eq_ignore_ascii_case(text));
        found.map(|(encoding, _)| *encoding).ok_or_else(|| {
            let words: Vec<&str> = known.map(|(_, word)| *word).collect();
            format!("one of {}", words.join(", "))
        })
    }
}

/// The text of a file, without its mark of the encoding. `told` is what it may be read as where it is
/// not UTF-8; a file that does not look like that is not.
///
/// # Errors
/// With what it seems to be, where it seems to be anything.
pub(super) fn decode(bytes: Vec<u8>, told: Option<Encoding>) -> Result<String, Option<Offer>> {
    let found = guess(&bytes);
    let Some(encoding) = found else {
        // UTF-8 knows its own mistakes: hardly any other text passes for it.
        let text = String::from_utf8(bytes).map_err(|_error| None)?;
        return Ok(match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        });
    };
    let text = match encoding {
        Encoding::Utf16 => of_utf16(&bytes),
        Encoding::Cp1251 => of_code_page(&bytes, CP1251),
        Encoding::Kz1048 => of_code_page(&bytes, KZ1048),
    };
    let is_text = |text: &String| !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    let text = text.filter(is_text).ok_or(None)?;
    // Between the two code pages the one that is asked for decides.
    match told {
        Some(told) if told == encoding => Ok(text),
        Some(Encoding::Kz1048) if encoding == Encoding::Cp1251 => {
            of_code_page(&bytes, KZ1048).ok_or(None)
        }
        Some(Encoding::Cp1251) if encoding == Encoding::Kz1048 => {
            of_code_page(&bytes, CP1251).ok_or(None)
        }
        _ => Err(Some(Offer {
            encoding,
            sample: sample_of(&text),
        })),
    }
}

/// What `bytes` seem to be; nothing where they are UTF-8 or no text.
fn guess(bytes: &[u8]) -> Option<Encoding> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(Encoding::Utf16);
    }
    let begin = &bytes[..bytes.len().min(LOOKED_AT_BYTES)];
    let zeros = begin.iter().filter(|byte| **byte == 0).count();
    // Half of what stands in a table is ASCII: addresses, numbers, separators.
    if zeros * 5 > begin.len() {
        return Some(Encoding::Utf16);
    }
    if zeros > 0 || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    let is_letter =
        |byte: u8| byte >= 0xc0 || is_kazakh(byte) || matches!(byte, 0xa8 | 0xb8 | 0xb2 | 0xb3);
    let letters = bytes.iter().filter(|byte| is_letter(**byte)).count();
    if letters * 100 < high * LEAST_LETTERS_PERCENT {
        return None;
    }
    // Beside a letter they are letters; the same codes of Windows-1251 are of other languages.
    let mut pairs = bytes.windows(2);
    let kazakh = pairs
        .any(|pair| is_kazakh(pair[0]) && pair[1] >= 0xc0 || is_kazakh(pair[1]) && pair[0] >= 0xc0);
    Some(if kazakh {
        Encoding::Kz1048
    } else {
        Encoding::Cp1251
    })
}

/// The letters by which KZ-1048 differs from Windows-1251.
fn is_kazakh(byte: u8) -> bool {
    const LETTERS: [u8; 16] = [
        0x8d, 0x8e, 0x9d, 0x9e, 0xa1, 0xa2, 0xa3, 0xa5, 0xaa, 0xaf, 0xb4, 0xba, 0xbc, 0xbd, 0xbe,
        0xbf,
    ];
    LETTERS.contains(&byte)
}

fn of_code_page(bytes: &[u8], middle: &str) -> Option<String> {
    let middle: Vec<char> = middle.chars().collect();
    let letter = |byte: u8| match byte {
        0..0x80 => Some(char::from(byte)),
        0x80..0xc0 => middle.get(usize::from(byte - 0x80)).copied(),
        _ => char::from_u32(0x410 + u32::from(byte - 0xc0)),
    };
    let text: Option<String> = bytes.iter().map(|byte| letter(*byte)).collect();
    text.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
}

fn of_utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let odd_zeros = pairs.iter().filter(|pair| pair[1] == 0).count();
    let even_zeros = pairs.iter().filter(|pair| pair[0] == 0).count();
    let big = match pairs.first() {
        Some([0xfe, 0xff]) => true,
        Some([0xff, 0xfe]) => false,
        _ => even_zeros > odd_zeros,
    };
    let of_pair = |pair: &[u8; 2]| {
        if big {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        }
    };
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(of_pair)).collect();
    let text = text.ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// The first cell with a letter that is not of ASCII, or else the first line.
fn sample_of(text: &str) -> String {
    let mut cells = text.split([',', ';', '\t', '\r', '\n', '"']);
    let cell = cells
        .find(|cell| {
            cell.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) && !cell.contains('/')
        })
        .or_else(|| text.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or_default();
    redact::text(cell.trim())
        .chars()
        .take(MAX_SAMPLE_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSSIAN: &[u8] = b"id;name_ru\na;\xcc\xee\xf1\xf2 \xb9 5\n";

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn what_is_not_utf_8_is_named_and_read_when_somebody_said_so() {
        let check = |bytes: &[u8], encoding: Encoding, text: &str, sample: &str| {
            let offer = decode(bytes.to_vec(), None).unwrap_err().unwrap();
            assert_eq!((offer.encoding, offer.sample.as_str()), (encoding, sample));
            assert_eq!(decode(bytes.to_vec(), Some(encoding)).unwrap(), text);
        };
        check(
            RUSSIAN,
            Encoding::Cp1251,
            "id;name_ru\na;Мост № 5\n",
            "Мост № 5",
        );
        let kazakh = b"id;name_kk\na;\xca\xbc\xef\xb3\xf0 \x9d\xe0\xeb\xe0\n";
        check(
            kazakh,
            Encoding::Kz1048,
            "id;name_kk\na;Кәпір қала\n",
            "Кәпір қала",
        );
        for big in [false, true] {
            for mark in ["", "\u{feff}"] {
                let text = "id\tname_ru\r\na\tМост\r\n";
                let bytes = utf16(&format!("{mark}{text}"), big);
                check(&bytes, Encoding::Utf16, text, "Мост");
            }
        }
    }

    #[test]
    fn what_is_utf_8_or_no_text_is_read_as_nothing_else() {
        for told in [None, Some(Encoding::Cp1251), Some(Encoding::Utf16)] {
            let text = "id;name_ru\na;Мост\n";
            assert_eq!(decode(text.into(), told).unwrap(), text);
            let marked = format!("\u{feff}{text}");
            assert_eq!(decode(marked.into(), told).unwrap(), text);
        }
        // Told to be one thing and plainly another.
        let wrong = decode(RUSSIAN.to_vec(), Some(Encoding::Utf16)).unwrap_err();
        assert_eq!(wrong.unwrap().encoding, Encoding::Cp1251);
        for rubbish in [
            &b"\x89PNG\r\n\x1a\n\0\x01"[..],
            b"id\n\x80\x81\x82",
            b"\xff\xfea",
        ] {
            assert_eq!(decode(rubbish.to_vec(), None), Err(None), "{rubbish:?}");
        }
    }

    #[test]
    fn every_word_names_one() {
        for (encoding, word) in Encoding::ALL {
            assert_eq!(word.parse(), Ok(encoding));
            assert_eq!(encoding.to_string(), word);
        }
        assert!("latin1".parse::<Encoding>().is_err());
    }
}
