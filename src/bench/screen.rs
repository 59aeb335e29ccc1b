//! The screen, looked at from outside: how often the pixels of each tile change in Xvfb's frame
//! buffer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::base::clock;
use crate::demo::frame_buffer::FrameBuffer;
use crate::model::layout::{Grid, Rect};

/// Looks a second.
const LOOKS_HZ: f64 = 30.0;
/// Every so many rows of a tile are looked at.
const ROWS_APART: usize = 6;
/// Height of the status line and the space around it, in pixels.
const STATUS_PX: f32 = 26.0;

/// Changes a second of each tile of a wall that fills the screen.
///
/// # Errors
/// When the frame buffer cannot be read.
pub(super) fn changes(frame_buffer: &Path, tiles: usize, seconds: f64) -> anyhow::Result<Vec<f64>> {
    let mut file = File::open(frame_buffer)
        .with_context(|| format!("no frame buffer {}", frame_buffer.display()))?;
    let mut dump = Vec::new();
    file.read_to_end(&mut dump)?;
    let screen = FrameBuffer::read(&dump)?;
    let area = Rect {
        x: 0.0,
        y: 0.0,
        w: screen.width as f32,
        h: screen.height as f32 - STATUS_PX,
    };
    let grid = Grid::arrange(tiles, area, 16.0 / 9.0, 2.0);
    let mut last = vec![0_u64; tiles];
    let mut changed = vec![0_u32; tiles];
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    let start = clock::now();
    let mut looks = 0_u32;
    while (clock::now() - start).as_secs_f64() < seconds {
        for tile in 0..tiles {
            // The name and the state are left out: the picture itself must change.
            let cell = grid.cell(tile);
            let inner = Rect {
                x: cell.x + cell.w * 0.1,
                y: cell.y + cell.h * 0.15,
                w: cell.w * 0.8,
                h: cell.h * 0.6,
            };
            let print = print_of(&screen, &mut file, inner)?;
            if looks > 0 && print != last[tile] {
                changed[tile] += 1;
            }
            last[tile] = print;
        }
        looks += 1;
        let due = Duration::from_secs_f64(f64::from(looks) / LOOKS_HZ);
        pause
            .recv_timeout(due.saturating_sub(clock::now() - start))
            .ok(); // a pause, nobody sends
    }
    let seconds = (clock::now() - start).as_secs_f64();
    Ok(changed
        .into_iter()
        .map(|count| f64::from(count) / seconds)
        .collect())
}

/// The middle of the sorted numbers.
pub(super) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A fingerprint (FNV-1a over 64-bit words) of some rows of a rectangle; only these are read, since
/// whoever looks must not take the processor from what is looked at.
fn print_of(screen: &FrameBuffer, dump: &mut (impl Read + Seek), rect: Rect) -> io::Result<u64> {
    let mut print = 0xcbf2_9ce4_8422_2325_u64;
    let (left, right) = (rect.x as usize * 4, (rect.x + rect.w) as usize * 4);
    let mut line = vec![0; right - left];
    for row in (rect.y as usize..(rect.y + rect.h) as usize).step_by(ROWS_APART) {
        let start = screen.pixels_at + row * screen.bytes_per_line + left;
        dump.seek(SeekFrom::Start(start as u64))?;
        dump.read_exact(&mut line)?;
        for word in line.as_chunks::<8>().0 {
            print = (print ^ u64::from_le_bytes(*word)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(print)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_pixel_changes_the_print_of_its_tile_alone() {
        let (width, height) = (64_usize, 32_usize);
        let mut header = [0_u32; 25];
        (header[0], header[1], header[4], header[5]) = (100, 7, width as u32, height as u32);
        (header[11], header[12], header[19]) = (32, width as u32 * 4, 2);
        let mut dump: Vec<u8> = header.iter().flat_map(|n| n.to_be_bytes()).collect();
        dump.resize(100 + 24 + width * height * 4, 9);
        let screen = FrameBuffer::read(&dump).unwrap();
        let left = Rect {
            x: 0.0,
            y: 0.0,
            w: 32.0,
            h: 32.0,
        };
        let right = Rect {
            x: 32.0,
            y: 0.0,
            w: 32.0,
            h: 32.0,
        };
        let print =
            |dump: &[u8], rect| print_of(&screen, &mut io::Cursor::new(dump), rect).unwrap();
        let before = (print(&dump, left), print(&dump, right));
        dump[124 + (6 * width + 40) * 4] = 1;
        let after = (print(&dump, left), print(&dump, right));
        assert_eq!(before.0, after.0);
        assert_ne!(before.1, after.1);
        assert!(FrameBuffer::read(&dump[..2000]).is_err());
    }
}
