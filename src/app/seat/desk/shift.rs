//! Posts, breaks, handovers and claims.

use std::path::PathBuf;
use std::time::Instant;

use super::super::super::state::State;
use super::super::{PostWish, Wish};
use super::log::{Job, Known as Names, since};
use super::{Desk, Then};
use crate::base::clock::WallTime;
use crate::model::act::Draft;
use crate::model::camera::CameraId;
use crate::model::id::Id;
use crate::model::shift::handover::Handover;
use crate::model::shift::items::{self, Trouble};
use crate::model::shift::page::{self, Day, Paper};
use crate::model::shift::refusal::Refusal;
use crate::model::shift::{claim, cover, handover, post};
use crate::store::database::{Store, new_id};
use crate::words::Words;

/// What a handover's page looks back on.
const DAY_NS: i64 = 24 * 3600 * 1_000_000_000;

impl Desk {
    /// Writes a handover as a page to print, with what happened in the day before it.
    pub(super) fn print(&mut self, state: &mut State, id: Id, words: Words, wall: WallTime) {
        let seat = &state.seat;
        let Some(kept) = seat.records.handovers.iter().find(|kept| kept.id == id) else {
            return;
        };
        let Some(store) = self.store.clone() else {
            return;
        };
        let (handover, names) = (kept.value.clone(), Names::of(state));
        let (printed, centre) = (seat.store_now(wall), seat.centre.clone());
        let file = self.pages.join(format!("handover-{id}.html"));
        self.beside_job(state, move || {
            let day = day(&store, &centre, handover.ended.unwrap_or(printed));
            let written = write(&handover, &names, &day, words, printed, &file);
            Job::Printed(
                written
                    .map(|()| file.clone())
                    .map_err(|problem| format!("{}: {problem}", file.display())),
            )
        });
    }
}

/// What happened in the centre in the day before `until`; nothing where the log cannot be read, which
/// must not keep the page.
fn day(store: &Store, centre: &str, until: WallTime) -> Day {
    let read = since(store, until.plus_nanos(-DAY_NS));
    let entries = read.unwrap_or_else(|problem| {
        tracing::warn!(%problem, "the page goes without the day's figures");
        Vec::new()
    });
    let acts = entries.iter().filter(|entry| entry.centre == centre);
    Day::of(acts.map(|entry| (entry.at, entry.kind.as_str())), until)
}

fn write(
    handover: &Handover,
    names: &Names,
    day: &Day,
    words: Words,
    printed: WallTime,
    file: &PathBuf,
) -> std::io::Result<()> {
    let named = |id: Id| names.any(id, words);
    let html = page::page(
        handover,
        &Paper {
            words,
            zone: &jiff::tz::TimeZone::system(),
            named: &named,
            day,
            printed,
        },
    );
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, html)
}

/// What the claim of a camera that cannot be relied on is about.
pub(crate) fn about_camera(camera: &CameraId) -> String {
    format!("camera:{camera}")
}

/// What there is to hand over.
pub(super) fn collected(
    state: &State,
    from: Id,
    posts: &[Id],
    now: Instant,
    wall: WallTime,
) -> Vec<items::Item> {
    let troubles = state.troubles(now);
    let troubles = troubles.iter().map(|trouble| {
        let camera = &state.cameras[trouble.index];
        Trouble {
            camera: &camera.id,
            name: &camera.name,
            word: trouble.shown.word,
            critical: false,
        }
    });
    items::collect(&state.seat.known(wall), from, posts, troubles, [])
}

/// What a wish about posts, breaks and handovers comes to.
pub(super) fn shift_draft(
    state: &State,
    wish: Wish,
    now: Instant,
    wall: WallTime,
) -> Result<(Draft, Then), Refusal> {
    let seat = &state.seat;
    let by = seat.by().ok_or(Refusal::NotHolder)?;
    let known = seat.known(wall);
    let (handovers, claims) = (&seat.records.handovers, &seat.records.claims);
    let begun = || handover::begun_by(handovers, by.person).ok_or(Refusal::Unknown);
    let waiting = || handover::waiting_for(handovers, by.person).ok_or(Refusal::Unknown);
    let mut then = Then::Tell;
    let draft = match wish {
        Wish::TakePost(id) => post::take(&known, by, id),
        Wish::StandDown(id) => post::stand_down(&known, by, id),
        Wish::OfferCover(to) => cover::offer(&known, by, new_id(), to),
        Wish::AcceptCover(id) => cover::accept(&known, by, id),
        Wish::RefuseCover(id) => cover::refuse(&known, by, id),
        Wish::WithdrawCover(id) => cover::withdraw(&known, by, id),
        Wish::AskBack(id) => cover::ask_back(&known, by, id),
        Wish::GiveBack(id) => cover::give_back(&known, by, id),
        Wish::BeginHandover => {
            let posts: Vec<Id> = known.held_by(by.person).map(|post| post.id).collect();
            let items = collected(state, by.person, &posts, now, wall);
            handover::draft(&known, by, new_id(), items, handovers)
        }
        Wish::NoteHandover { text, critical } => {
            handover::note(by, begun()?, new_id(), &text, critical)
        }
        Wish::OfferHandover(to) => handover::offer(&known, by, begun()?, to),
        Wish::WithdrawHandover => handover::withdraw(&known, by, begun()?),
        Wish::OpenHandover => handover::open(&known, by, waiting()?),
        Wish::DeclineHandover => handover::decline(by, waiting()?),
        Wish::ReadItems(places) => handover::read(&known, by, waiting()?, &places),
        Wish::FinishHandover => {
            let kept = waiting()?;
            let fresh = collected(state, kept.value.from, &kept.value.posts, now, wall);
            then = Then::Print(kept.id);
            handover::finish(&known, by, kept, fresh)
        }
        Wish::TakeCamera(camera) => {
            let about = about_camera(&camera);
            let kept = claims.iter().find(|kept| kept.value.about == about);
            claim::claim(&known, by, &about, by.centre, kept, &[])
        }
        Wish::LetCameraGo(camera) => {
            let about = about_camera(&camera);
            let kept = claims.iter().find(|kept| kept.value.about == about);
            claim::release(by, kept.ok_or(Refusal::Unknown)?, &[])
        }
        Wish::Post(PostWish::Save { id, post }) => {
            post::save(&known, by, id.unwrap_or_else(new_id), &post)
        }
        Wish::Post(PostWish::Remove(id)) => post::remove(&known, by, id),
        Wish::Post(PostWish::Write {
            post,
            text,
            critical,
        }) => post::write_card(&known, by, post, &text, None, critical),
        Wish::Post(PostWish::Strike { post, item }) => post::strike_card(&known, by, post, &item),
        Wish::FirstAdministrator { .. }
        | Wish::SignInSecond { .. }
        | Wish::NoSecond
        | Wish::People(_)
        | Wish::Log(_)
        | Wish::Alarm(_)
        | Wish::Rule(_)
        | Wish::SettleConflict(_)
        | Wish::SignIn { .. }
        | Wish::ChangePin(_)
        | Wish::SignOut
        | Wish::Lock
        | Wish::PrintHandover(_) => Err(Refusal::NotNow),
    }?;
    Ok((draft, then))
}
