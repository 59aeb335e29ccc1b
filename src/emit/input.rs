//! Where events are read from: a file, standard input, or the command line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::Context as _;
use crossbeam_channel::{Receiver, bounded};

use crate::base::threads;
use crate::model::outside::{LONGEST_MESSAGE, OutsideEvent, Refusal, Shape, bundle, shape};

/// The most events of one request, and the most bytes beyond the first event.
const MOST_AT_ONCE: usize = 100;
const MOST_BYTES: usize = LONGEST_MESSAGE / 2;
/// Lines that are read before they can be sent.
const MOST_READ: usize = 200;

/// One event that was read, or why it is none.
#[derive(Debug)]
pub(super) enum Item {
    Event(Box<OutsideEvent>),
    Refused(Refusal),
}

/// Events in the order in which they are read.
pub(super) struct Items {
    /// From a thread that reads, so that what comes slowly is sent as it comes.
    read: Receiver<io::Result<Item>>,
    /// One that found no place in its batch.
    kept_back: Option<Item>,
}

impl Items {
    /// One alone.
    pub(super) fn one(event: OutsideEvent) -> Self {
        let (sender, read) = bounded(1);
        // The receiver is here.
        sender.send(Ok(Item::Event(Box::new(event)))).ok();
        Self {
            read,
            kept_back: None,
        }
    }

    /// Those of a file.
    pub(super) fn file(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        Self::of(BufReader::new(file))
    }

    /// Those of standard input.
    pub(super) fn standard_input() -> anyhow::Result<Self> {
        Self::of(BufReader::new(io::stdin()))
    }

    /// Those of any reader, on a thread of its own.
    pub(super) fn of(reader: impl BufRead + Send + 'static) -> anyhow::Result<Self> {
        let (sender, read) = bounded(MOST_READ);
        threads::spawn("input", move || {
            // A closed channel: nobody wants more.
            let tell = |item| sender.send(item).is_ok();
            if let Err(error) = read_all(reader, &mut |item| tell(Ok(item))) {
                tell(Err(error));
            }
        })
        .context("no thread to read with")?;
        Ok(Self {
            read,
            kept_back: None,
        })
    }

    /// What is there by now, at least one; nothing at the end.
    pub(super) fn next_batch(&mut self) -> anyhow::Result<Option<Vec<Item>>> {
        let first = match self.kept_back.take() {
            Some(item) => Ok(item),
            None => match self.read.recv() {
                Ok(item) => item,
                Err(_end) => return Ok(None),
            },
        };
        let mut batch = vec![first.context("the input cannot be read")?];
        let mut bytes = 0;
        while batch.len() < MOST_AT_ONCE
            && let Ok(item) = self.read.try_recv()
        {
            let item = item.context("the input cannot be read")?;
            if let Item::Event(event) = &item {
                bytes += event.to_json().len();
                if bytes > MOST_BYTES {
                    self.kept_back = Some(item);
                    break;
                }
            }
            batch.push(item);
        }
        Ok(Some(batch))
    }
}

/// Reads lines as they come where the first is JSON by itself; else everything as one event or list.
fn read_all(mut reader: impl BufRead, tell: &mut dyn FnMut(Item) -> bool) -> io::Result<()> {
    let mut number = 0;
    let mut begun = Vec::new();
    // Up to the first line that holds something.
    while begun.trim_ascii().is_empty() {
        number += 1;
        begun.clear();
        if line(&mut reader, &mut begun)? == 0 {
            break;
        }
    }
    // With something behind it: would it be lines?
    let with_more = [begun.as_slice(), b"\n0"].concat();
    if shape(&with_more) != Shape::Lines {
        let rest = (LONGEST_MESSAGE + 1).saturating_sub(begun.len());
        reader.take(rest as u64).read_to_end(&mut begun)?;
        let items = match bundle(&begun) {
            Ok(events) => events,
            Err(refusal) => vec![Err(refusal)],
        };
        for event in items {
            if !tell(item(event)) {
                break;
            }
        }
        return Ok(());
    }
    let mut now = begun;
    loop {
        if !now.trim_ascii().is_empty() {
            let event = OutsideEvent::parse(now.trim_ascii());
            let event = event.map_err(|refusal| Refusal {
                line: Some(number),
                ..refusal
            });
            if !tell(item(event)) {
                return Ok(());
            }
        }
        number += 1;
        now.clear();
        if line(&mut reader, &mut now)? == 0 {
            return Ok(());
        }
    }
}

fn item(event: Result<OutsideEvent, Refusal>) -> Item {
    match event {
        Ok(event) => Item::Event(Box::new(event)),
        Err(refusal) => Item::Refused(refusal),
    }
}

/// One line, of which the first [`LONGEST_MESSAGE`] bytes and one more are kept: enough to refuse it.
fn line(reader: &mut impl BufRead, into: &mut Vec<u8>) -> io::Result<usize> {
    let most = LONGEST_MESSAGE as u64 + 1;
    let read = reader.by_ref().take(most).read_until(b'\n', into)?;
    if into.ends_with(b"\n") || (read as u64) < most {
        return Ok(read);
    }
    // The rest of the line, piece by piece.
    let mut rest = Vec::new();
    while reader.by_ref().take(65_536).read_until(b'\n', &mut rest)? > 0 && !rest.ends_with(b"\n") {
        rest.clear();
    }
    Ok(read)
}
