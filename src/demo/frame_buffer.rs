//! The screen of Xvfb as a file: an X Window Dump (XWD, version 7) that the server keeps up to date.

use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Where the pixels lie in the dump: rows of blue, green, red and a byte that counts for nothing.
pub struct FrameBuffer {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// The first row's first byte.
    pub pixels_at: usize,
    /// From one row to the next.
    pub bytes_per_line: usize,
}

impl FrameBuffer {
    /// The header: big-endian 32-bit numbers; colour map entries of 12 bytes follow it.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read(dump: &[u8]) -> anyhow::Result<Self> {
        let number = |index: usize| -> anyhow::Result<usize> {
            let bytes = dump
                .get(index * 4..index * 4 + 4)
                .context("the frame buffer is too short")?;
            Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
        };
        if number(1)? != 7 || number(11)? != 32 {
            bail!("the frame buffer is no XWD dump of 32 bits a pixel");
        }
        let screen = Self {
            width: number(4)?,
            height: number(5)?,
            pixels_at: number(0)? + number(19)? * 12,
            bytes_per_line: number(12)?,
        };
        if dump.len() < screen.pixels_at + screen.height * screen.bytes_per_line {
            bail!("the frame buffer is too short");
        }
        Ok(screen)
    }

    /// Writes the screen of `dump` as a PNG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_png(&self, dump: &[u8], file: &Path) -> anyhow::Result<()> {
        let rows = dump[self.pixels_at..].chunks_exact(self.bytes_per_line);
        let rgb: Vec<u8> = rows
            .take(self.height)
            .flat_map(|row| row[..4 * self.width].chunks_exact(4))
            .flat_map(|pixel| [pixel[2], pixel[1], pixel[0]])
            .collect();
        let target = std::fs::File::create(file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let (width, height) = (self.width as u32, self.height as u32);
        let mut encoder = png::Encoder::new(BufWriter::new(target), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&rgb)?;
        writer.finish()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_becomes_a_picture() {
        let (width, height) = (5_usize, 3_usize);
        let mut header = [0_u32; 25];
        (header[0], header[1], header[4], header[5]) = (100, 7, width as u32, height as u32);
        (header[11], header[12]) = (32, 24);
        let mut dump: Vec<u8> = header.iter().flat_map(|n| n.to_be_bytes()).collect();
        dump.resize(100 + height * 24, 0);
        dump[100 + 24 + 4..][..3].copy_from_slice(&[30, 20, 10]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("screen.png");
        let screen = FrameBuffer::read(&dump).unwrap();
        screen.write_png(&dump, &file).unwrap();
        let opened = std::io::BufReader::new(std::fs::File::open(&file).unwrap());
        let mut reader = png::Decoder::new(opened).read_info().unwrap();
        let mut rgb = vec![0; width * height * 3];
        reader.next_frame(&mut rgb).unwrap();
        assert_eq!((reader.info().width, reader.info().height), (5, 3));
        let at = (width + 1) * 3;
        assert_eq!(rgb[at..at + 3], [10, 20, 30]);
        assert_eq!(rgb.iter().filter(|code| **code != 0).count(), 3);
        assert!(FrameBuffer::read(&dump[..120]).is_err());
    }
}
