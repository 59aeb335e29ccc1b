//! The messages between this program and the process of a model: bytes to values and back.
//!
//! Each has a head of 16 bytes (magic, version, kind, length of the body) and a body. Numbers of the
//! head are little-endian; those of tensors are the machine's own, since both sides are on it.
//!
//! What comes from the child is not believed: lengths are bounded by what the model's descriptor
//! says before memory is taken for them, and shapes are multiplied with a look at what fits.

use std::io::{self, Read, Write};
use std::ops::Range;

use crate::detect::Output;
use crate::detect::registry::{MOST_AXES, OutputForm, numbers};

/// Version of these messages; both sides are the same program, and say so.
pub(super) const VERSION: u16 = 1;
const MAGIC: [u8; 4] = *b"qyrm";
const HEAD: usize = 16;
/// No text is longer, bytes.
pub(super) const LONGEST_TEXT: usize = 4096;
/// No job is longer, bytes: a descriptor and a few paths.
pub(super) const LONGEST_JOB: usize = 4 << 20;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// To the child: load this model.
    Load,
    /// To the child: run it on this tensor.
    Run,
    /// From it: loaded.
    Ready,
    /// From it: not loaded, and why.
    Refused,
    /// From it: what the model gave.
    Outputs,
    /// From it: the run gave nothing, and why.
    Failed,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Load,
        Self::Run,
        Self::Ready,
        Self::Refused,
        Self::Outputs,
        Self::Failed,
    ];

    pub(super) fn number(self) -> u16 {
        self as u16 + 1
    }
}

/// A message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("it has hung up: {0}")]
    Gone(#[from] io::Error),
    #[error("it sends what is no message")]
    Magic,
    #[error("it speaks version {0}, this program {VERSION}")]
    Version(u16),
    #[error("it sends a message of kind {0}, which is none here")]
    Kind(u16),
    #[error("it sends {found} bytes, {most} are allowed")]
    Length { found: u64, most: u64 },
    #[error("it sends outputs that end before their last number")]
    Short,
    #[error("it sends outputs with {0} numbers behind the last")]
    Long(usize),
    #[error("it sends {found} outputs, expected {expected}")]
    Count { found: usize, expected: usize },
    #[error("it sends output {0} in a shape that cannot be")]
    Shape(usize),
}

/// Writes a message whose body is `parts`, one behind the other.
pub(super) fn write(to: &mut impl Write, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(&MAGIC);
    head[4..6].copy_from_slice(&VERSION.to_le_bytes());
    head[6..8].copy_from_slice(&kind.number().to_le_bytes());
    head[8..].copy_from_slice(&(length as u64).to_le_bytes());
    to.write_all(&head)?;
    for part in parts {
        to.write_all(part)?;
    }
    to.flush()
}

/// Writes a text, cut where it is too long.
pub(super) fn write_text(to: &mut impl Write, kind: Kind, text: &str) -> io::Result<()> {
    let end = text.floor_char_boundary(LONGEST_TEXT);
    write(to, kind, &[&text.as_bytes()[..end]])
}

/// Reads a head: the kind, and the length of the body, at most `most(kind)`.
pub(super) fn read_head(
    from: &mut impl Read,
    most: impl FnOnce(Kind) -> usize,
) -> Result<(Kind, usize), WireError> {
    let mut head = [0; HEAD];
    from.read_exact(&mut head)?;
    let [a, b, c, d, v0, v1, k0, k1, length @ ..] = head;
    if [a, b, c, d] != MAGIC {
        return Err(WireError::Magic);
    }
    let version = u16::from_le_bytes([v0, v1]);
    if version != VERSION {
        return Err(WireError::Version(version));
    }
    let number = u16::from_le_bytes([k0, k1]);
    let kind = Kind::ALL.into_iter().find(|kind| kind.number() == number);
    let kind = kind.ok_or(WireError::Kind(number))?;
    let (found, most) = (u64::from_le_bytes(length), most(kind) as u64);
    if found > most {
        return Err(WireError::Length { found, most });
    }
    Ok((kind, found as usize))
}

/// Reads the body of a text.
pub(super) fn read_text(from: &mut impl Read, length: usize) -> Result<String, WireError> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a body of numbers into `words`.
pub(super) fn read_words<T: bytemuck::Pod>(
    from: &mut impl Read,
    length: usize,
    words: &mut Vec<T>,
) -> Result<(), WireError> {
    if !length.is_multiple_of(size_of::<T>()) {
        return Err(WireError::Short);
    }
    words.resize(length / size_of::<T>(), T::zeroed());
    from.read_exact(bytemuck::cast_slice_mut(words))?;
    Ok(())
}

/// The longest body of outputs as they were described, bytes.
pub(super) fn longest_outputs(forms: &[OutputForm]) -> usize {
    let words = forms.iter().map(|form| {
        let values = numbers(&form.shape).unwrap_or(0);
        1 + 2 * MOST_AXES + values
    });
    4 * (1 + words.sum::<usize>())
}

/// Writes what a model gave.
pub(super) fn write_outputs(to: &mut impl Write, outputs: &[Output<'_>]) -> io::Result<()> {
    let heads: Vec<Vec<u32>> = outputs
        .iter()
        .map(|output| {
            let mut head = vec![output.shape.len() as u32];
            let halves = |size: &i64| [*size as u32, (*size >> 32) as u32];
            head.extend(output.shape.iter().flat_map(halves));
            head
        })
        .collect();
    let count = [outputs.len() as u32];
    let mut parts: Vec<&[u8]> = vec![bytemuck::cast_slice(&count)];
    for (head, output) in heads.iter().zip(outputs) {
        parts.push(bytemuck::cast_slice(head));
        parts.push(bytemuck::cast_slice(output.values));
    }
    write(to, Kind::Outputs, &parts)
}

/// Shape of an output, and where its numbers stand in the body.
pub(super) type Placed = (Vec<i64>, Range<usize>);

/// Shape of each output of a body, and where its numbers stand.
pub(super) fn outputs(words: &[u32], expected: usize) -> Result<Vec<Placed>, WireError> {
    let count = words.first().copied().ok_or(WireError::Short)? as usize;
    if count != expected {
        return Err(WireError::Count {
            found: count,
            expected,
        });
    }
    let mut found = Vec::with_capacity(count);
    let mut at = 1;
    for index in 0..count {
        let mut next = || {
            let word = words.get(at).copied().ok_or(WireError::Short);
            at += 1;
            word
        };
        let axes = next()? as usize;
        if axes > MOST_AXES {
            return Err(WireError::Shape(index));
        }
        let mut shape = Vec::with_capacity(axes);
        for _ in 0..axes {
            let (low, high) = (next()?, next()?);
            shape.push((u64::from(high) << 32 | u64::from(low)) as i64);
        }
        let length = numbers(&shape).ok_or(WireError::Shape(index))?;
        let end = at.checked_add(length).filter(|end| *end <= words.len());
        let end = end.ok_or(WireError::Short)?;
        found.push((shape, at..end));
        at = end;
    }
    match words.len() - at {
        0 => Ok(found),
        behind => Err(WireError::Long(behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(most: usize, bytes: &[u8]) -> String {
        let read = read_head(&mut &*bytes, |_| most);
        read.expect_err("refused").to_string()
    }

    fn written() -> Vec<u8> {
        let mut bytes = Vec::new();
        let given = [
            Output {
                shape: &[1, 2, 3],
                values: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            },
            Output {
                shape: &[1],
                values: &[-1.5],
            },
        ];
        write_outputs(&mut bytes, &given).expect("memory");
        bytes
    }

    #[test]
    fn outputs_cross_as_they_are() {
        let bytes = written();
        let mut from = bytes.as_slice();
        let (kind, length) = read_head(&mut from, |_| 1 << 10).expect("a head");
        assert_eq!((kind, length), (Kind::Outputs, from.len()));
        let mut words: Vec<u32> = Vec::new();
        read_words(&mut from, length, &mut words).expect("a body");
        let found = outputs(&words, 2).expect("outputs");
        assert_eq!(found[0].0, [1, 2, 3]);
        let values: &[f32] = bytemuck::cast_slice(&words[found[0].1.clone()]);
        assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let values: &[f32] = bytemuck::cast_slice(&words[found[1].1.clone()]);
        assert_eq!(values, [-1.5]);
    }

    #[test]
    fn a_head_that_is_none_is_told() {
        let bytes = written();
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            bytes
        };
        assert!(head(1 << 10, &changed(0, b'x')).contains("no message"));
        assert!(head(1 << 10, b"running 0 tests\n").contains("no message"));
        assert!(head(1 << 10, &changed(4, 9)).contains("version 9"));
        assert!(head(1 << 10, &changed(6, 0)).contains("kind 0"));
        assert!(head(1 << 10, &changed(15, 0x80)).contains("allowed"));
        assert!(head(16, &bytes).contains("16 are allowed"));
        for cut in 0..HEAD {
            assert!(head(1 << 10, &bytes[..cut]).contains("hung up"), "{cut}");
        }
    }

    #[test]
    fn a_body_cut_short_anywhere_is_refused() {
        let bytes = written();
        for cut in HEAD..bytes.len() {
            let mut from = &bytes[..cut];
            let (_, length) = read_head(&mut from, |_| 1 << 10).expect("a head");
            let mut words: Vec<u32> = Vec::new();
            assert!(read_words(&mut from, length, &mut words).is_err(), "{cut}");
        }
        let words: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes[HEAD..]);
        for cut in 0..words.len() {
            assert!(outputs(&words[..cut], 2).is_err(), "{cut}");
        }
        assert!(outputs(&words, 3).is_err());
        let longer = [words.as_slice(), &[0]].concat();
        assert!(matches!(outputs(&longer, 2), Err(WireError::Long(1))));
        let mut odd = Vec::<u32>::new();
        assert!(read_words(&mut &b"abc"[..], 3, &mut odd).is_err());
    }

    #[test]
    fn shapes_that_cannot_be_take_no_memory() {
        let body = |shape: &[i64]| {
            let mut words = vec![1, shape.len() as u32];
            for size in shape {
                words.extend([*size as u32, (*size >> 32) as u32]);
            }
            words
        };
        for shape in [
            &[i64::MAX, i64::MAX][..],
            &[1 << 32, 1 << 32],
            &[1 << 62, 4, 1],
            &[-1, 4],
            &[i64::MIN],
            &[0, 4],
            &[1; MOST_AXES + 1],
        ] {
            let told = outputs(&body(shape), 1);
            assert!(matches!(told, Err(WireError::Shape(0))), "{shape:?}");
        }
        let large = outputs(&body(&[1 << 20]), 1);
        assert!(matches!(large, Err(WireError::Short)));
        assert!(matches!(
            outputs(&[1, u32::MAX], 1),
            Err(WireError::Shape(0))
        ));
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let mut bytes = Vec::new();
        let text = format!("a{}", "ы".repeat(LONGEST_TEXT));
        write_text(&mut bytes, Kind::Refused, &text).expect("memory");
        let mut from = bytes.as_slice();
        let (_, length) = read_head(&mut from, |_| LONGEST_TEXT).expect("a head");
        let read = read_text(&mut from, length).expect("a text");
        assert!(text.starts_with(&read) && read.len() == LONGEST_TEXT - 1);
    }
}
