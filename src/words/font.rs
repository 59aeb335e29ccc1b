//! The fonts the words are drawn with, embedded in the program.
//!
//! Sources and licence: `assets/fonts/README.md`.

/// Noto Sans Regular: every Kazakh and Russian letter, digits of one width.
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");

/// Noto Sans SemiBold, for names and headings.
pub const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-SemiBold.ttf");

/// Geometric shapes and media signs (from Noto Sans Symbols 2): fall-back after the text fonts.
pub const SHAPES: &[u8] = include_bytes!("../../assets/fonts/NotoSansSymbols2-subset.ttf");

/// Arrows and signs of comparison (from Noto Sans Math): fall-back after the shapes.
pub const ARROWS: &[u8] = include_bytes!("../../assets/fonts/NotoSansMath-subset.ttf");

/// Signs that the program may draw as text; a test holds that each has a glyph.
pub const SIGNS: &str = "●○◐◌◉◆◇■□▲△▼▶⏸⏹⏺✓✕⚠⛔⏳←→↑↓↻⊘≤≥≈×…·–—№«»°";
