//! Colours, sizes and fonts: the only place that names them.
//!
//! Grey when all is as it should be; saturated colours only for what wants attention, and always
//! beside a shape and a word. The saturated ones are Okabe and Ito's, told apart with colour
//! blindness too.

use std::sync::Arc;

use eframe::egui::{self, Color32, FontData, FontDefinitions, FontFamily};

use crate::model::condition::Tone;
use crate::words::font;

/// Behind the tiles.
pub const WALL: Color32 = Color32::from_rgb(0x10, 0x13, 0x16);
/// The status bar.
pub const BAR: Color32 = Color32::from_rgb(0x1a, 0x1e, 0x22);
/// A raised surface.
pub const PANEL: Color32 = Color32::from_rgb(0x20, 0x25, 0x2a);
/// A button at rest.
pub const BUTTON: Color32 = Color32::from_rgb(0x2c, 0x32, 0x39);
/// Lines between things.
pub const LINE: Color32 = Color32::from_rgb(0x3a, 0x41, 0x48);
/// Text that is read.
pub const TEXT: Color32 = Color32::from_rgb(0xd8, 0xdc, 0xe0);
/// Text that is there when needed.
pub const TEXT_DIM: Color32 = Color32::from_rgb(0x9a, 0xa3, 0xab);
/// Behind names over a picture.
pub const SHADE: Color32 = Color32::from_rgba_premultiplied(0, 0, 0, 150);
/// A tile without a picture.
pub const EMPTY: Color32 = Color32::from_rgb(0x17, 0x1b, 0x1f);
/// The selection.
pub const SELECTION: Color32 = Color32::from_rgb(0x56, 0xb4, 0xe9);
/// Information.
pub const NOTE: Color32 = Color32::from_rgb(0x56, 0xb4, 0xe9);
/// Not to be trusted.
pub const WARN: Color32 = Color32::from_rgb(0xe6, 0x9f, 0x00);

/// Somebody's life may hang on it.
pub const CRITICAL: Color32 = Color32::from_rgb(0xd5, 0x5e, 0x00);

/// Brightness of a stale picture, 0..1.
pub const STALE_DIM: f32 = 0.45;
/// How grey a stale picture is, 0..1.
pub const STALE_GREY: f32 = 0.85;

/// Height of the status line with its margins, in points.
pub const STATUS_HEIGHT: f32 = STATUS_TEXT_HEIGHT + 2.0 * STATUS_MARGIN as f32;
/// Height of what stands in it.
pub const STATUS_TEXT_HEIGHT: f32 = 22.0;
/// Above and below that.
pub const STATUS_MARGIN: i8 = 2;

/// Width of what stands beside the wall, in points.
pub const SIDE_WIDTH: f32 = 340.0;
/// Width of the alarms' panel, in points.
pub const ALARMS_WIDTH: f32 = 440.0;
/// Width of the centre's panel, in points.
pub const CENTRE_WIDTH: f32 = 1060.0;

/// Space between tiles, in points.
pub const GAP: f32 = 2.0;

/// The colour of a tone.
pub fn tone(tone: Tone) -> Color32 {
    match tone {
        Tone::Calm => TEXT_DIM,
        Tone::Note => NOTE,
        Tone::Warn => WARN,
    }
}

/// Fonts, dark colours, no animation; `scale` enlarges everything.
pub fn install(ctx: &egui::Context, scale: f32) {
    ctx.set_fonts(fonts());
    ctx.set_zoom_factor(scale);
    ctx.set_theme(egui::Theme::Dark);
    ctx.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.interaction.selectable_labels = false;
        let visuals = &mut style.visuals;
        visuals.panel_fill = BAR;
        visuals.window_fill = PANEL;
        visuals.window_stroke = egui::Stroke::new(1.0, LINE);
        visuals.window_shadow = egui::Shadow::NONE;
        visuals.popup_shadow = egui::Shadow::NONE;
        visuals.override_text_color = Some(TEXT);
        visuals.selection.bg_fill = SELECTION.gamma_multiply(0.35);
        visuals.selection.stroke = egui::Stroke::new(1.0, SELECTION);
        visuals.widgets.inactive.weak_bg_fill = BUTTON;
        visuals.widgets.inactive.bg_fill = BUTTON;
        style.spacing.item_spacing = egui::vec2(8.0, 3.0);
        style.spacing.button_padding = egui::vec2(6.0, 1.0);
        for (text_style, size) in [
            (egui::TextStyle::Small, 11.0),
            (egui::TextStyle::Body, 13.0),
            (egui::TextStyle::Button, 13.0),
            (egui::TextStyle::Heading, 17.0),
            (egui::TextStyle::Monospace, 13.0),
        ] {
            style
                .text_styles
                .insert(text_style, egui::FontId::proportional(size));
        }
    });
}

/// Name of the bold family.
pub const BOLD: &str = "semibold";

/// Text of a size in the bold family.
pub fn bold(size: f32) -> egui::FontId {
    egui::FontId::new(size, FontFamily::Name(BOLD.into()))
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let all = [
        ("regular", font::REGULAR),
        (BOLD, font::SEMIBOLD),
        ("shapes", font::SHAPES),
        ("arrows", font::ARROWS),
    ];
    for (name, bytes) in all {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let family = |first: &str| [first, "shapes", "arrows"].map(str::to_owned).to_vec();
    fonts
        .families
        .insert(FontFamily::Proportional, family("regular"));
    fonts
        .families
        .insert(FontFamily::Monospace, family("regular"));
    fonts
        .families
        .insert(FontFamily::Name(BOLD.into()), family(BOLD));
    fonts
}
