//! What the operator sees: reads [`AppContext`], draws, and returns [`Command`]s.
//!
//! No thread, file, socket or wait in here. Pictures never pass through: the UI places rectangles,
//! `gpu` fills them.

mod alarms;
mod boxes;
mod card;
mod centre;
mod counts;
mod help;
mod hotspot;
pub mod keys;
mod label;
mod notice;
mod rules;
mod shift;
mod sign_in;
mod status;
pub mod theme;
mod tile;
mod troubles;
mod wall;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eframe::egui;

use crate::app::command::{Command, Side};
use crate::app::context::AppContext;
use crate::gpu::PaintStats;
use crate::media::live::FeedId;
use crate::model::id::Id;
use crate::model::layout::Grid;

/// What drawing a screen gave.
#[derive(Default)]
pub struct Drawn {
    /// Wishes.
    pub commands: Vec<Command>,
    /// The size at which each feed is shown, or would be, in pixels: those behind the tiles on the
    /// screen.
    pub sizes: BTreeMap<FeedId, (u32, u32)>,
    /// The feeds whose pictures are on the screen.
    pub feeds: BTreeSet<FeedId>,
    /// The grid of tiles, when one was drawn.
    pub grid: Option<Grid>,
}

/// What a window keeps from one paint to the next.
pub struct Screen {
    stats: Arc<PaintStats>,
    labels: label::Labels,
    hotspot_labels: label::Labels,
    /// The picture of an alarm, by its number.
    crop: Option<(Id, egui::TextureHandle)>,
    /// Who sat here at the paint before.
    holder: Option<Id>,
}

impl Screen {
    /// A window whose paints are counted in `stats`.
    pub fn new(stats: Arc<PaintStats>) -> Self {
        Self {
            stats,
            labels: label::Labels::default(),
            hotspot_labels: label::Labels::default(),
            crop: None,
            holder: None,
        }
    }

    /// What somebody has typed and not sent is nobody else's.
    fn forget_whoever_left(&mut self, holder: Option<Id>, egui: &egui::Context) {
        let before = std::mem::replace(&mut self.holder, holder);
        if before.is_some() && before != holder {
            egui.data_mut(egui::util::IdTypeMap::clear);
        }
    }
}

/// The whole window.
pub fn screen_ui(ctx: &AppContext<'_>, ui: &mut egui::Ui, screen: &mut Screen) -> Drawn {
    let mut drawn = Drawn::default();
    screen.forget_whoever_left(ctx.state.seat.session.holder(), ui.ctx());
    egui::Panel::bottom("status")
        .frame(
            egui::Frame::NONE
                .fill(egui::Color32::TRANSPARENT)
                .inner_margin(egui::Margin::symmetric(8, theme::STATUS_MARGIN)),
        )
        .resizable(false)
        .show_separator_line(false)
        .show(ui, |ui| status::status_ui(ctx, ui, &mut drawn.commands));
    if let Some(side) = ctx.state.side {
        egui::Panel::right("side")
            .frame(egui::Frame::NONE.fill(theme::BAR).inner_margin(10))
            .exact_size(match side {
                Side::Centre(_) => theme::CENTRE_WIDTH.min(ui.available_width() * 0.7),
                Side::Alarms => theme::ALARMS_WIDTH,
                Side::Card | Side::Troubles | Side::Shift | Side::Rules => theme::SIDE_WIDTH,
            })
            .resizable(false)
            .show(ui, |ui| match side {
                Side::Alarms => alarms::alarms_ui(ctx, ui, screen, &mut drawn),
                Side::Card => card::card_ui(ctx, ui, &mut drawn.commands),
                Side::Troubles => troubles::troubles_ui(ctx, ui, &mut drawn.commands),
                Side::Shift => shift::shift_ui(ctx, ui, &mut drawn.commands),
                Side::Rules => rules::rules_ui(ctx, ui, &mut drawn.commands),
                Side::Centre(tab) => centre::centre_ui(ctx, ui, tab, &mut drawn.commands),
            });
    }
    if !matches!(ctx.state.side, Some(Side::Centre(_))) {
        centre::forget(ui.ctx());
    }
    egui::CentralPanel::default()
        .frame(egui::Frame::NONE)
        .show(ui, |ui| wall::wall_ui(ctx, ui, screen, &mut drawn));
    notice::refused_ui(ctx, ui, &mut drawn.commands);
    notice::notice_ui(ctx, ui, &mut drawn.commands);
    sign_in::sign_in_ui(ctx, ui, &mut drawn.commands);
    if ctx.state.help {
        help::help_ui(ctx, ui, &mut drawn.commands);
    }
    drawn
}
