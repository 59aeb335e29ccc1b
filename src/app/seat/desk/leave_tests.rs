//! Whoever leaves a seat leaves nothing of themselves. What may stay is named here, all of it: a new field
//! does not compile before it is decided which it is.

use std::time::Duration;

use super::super::super::alarms::{AlarmTab, Alarms, Asking, Crop, History};
use super::super::super::command::{Command, Side};
use super::super::super::rules::RulesCommand;
use super::super::super::state::State;
use super::super::log_page::LogPage;
use super::super::session::{Panel, Session};
use super::super::{FourEyes, SeatState};
use super::leave;
use super::signing::sit_down;
use crate::base::clock::{self, WallTime};
use crate::model::alarm::past::Query;
use crate::model::camera::{Camera, CameraId};
use crate::model::detection::Kind;
use crate::model::id::Id;
use crate::model::roles::Right;
use crate::model::shift::watching::{Cause, Reminder};
use crate::model::sign_in::Told;
use crate::store::log::table::Filter;
use crate::store::settings::Settings;
use crate::words::{Language, Words};

/// A seat at which somebody has begun, chosen and looked for whatever can be.
fn used(person: Id) -> State {
    let address = "rtsp://10.0.0.1/1".parse().expect("an address");
    let camera = Camera::from_url(CameraId::new("c1").expect("an id"), address);
    let mut state = State::new(vec![camera], Settings::default());
    state.apply(Command::Rules(RulesCommand::New(Kind::Zone)));
    assert!(state.drawing.is_some());
    state.help = true;
    state.side = Some(Side::Alarms);
    let session = Session::In {
        person,
        since: WallTime(0),
        must_change: None,
    };
    state.seat = SeatState::new("s".into(), "c".into(), session);
    state.seat.four_eyes = Some(FourEyes {
        right: Right::LiftMasks,
        command: Box::new(Command::ToggleHelp),
        panel: Panel::default(),
    });
    state.seat.second = Some((Id::named("second"), Right::LiftMasks));
    state.seat.allowed = Some((Command::ToggleHelp, person, Right::LiftMasks));
    state.seat.log = LogPage {
        filter: Filter {
            text: "somebody".into(),
            ..Filter::default()
        },
        wanted: 400,
        below: 7,
        unread: 1,
        busy: true,
        working: true,
        ..LogPage::default()
    };
    state.seat.reminder = Some(Reminder {
        cause: Cause::Long,
        watched: Duration::from_secs(7200),
    });
    state.alarms.chosen = Some(Id::named("alarm"));
    state.alarms.tab = AlarmTab::History;
    state.alarms.asking = Some(Asking::Pass);
    state.alarms.history = History {
        query: Query {
            words: "123 ABC 02".into(),
            purpose: "why".into(),
            ..Query::default()
        },
        unreadable: vec![Id::named("past")],
        busy: true,
        trouble: Some("trouble".into()),
        ..History::default()
    };
    state.alarms.neighbour = 3;
    state.alarms.crop = Some(Crop {
        alarm: Id::named("alarm"),
        size: [1, 1],
        rgb: vec![0; 3].into(),
        at: WallTime(0),
    });
    state
}

/// Nothing is open, asked or allowed; the wall is as it was.
fn is_closed(state: &State) {
    let State {
        // The wall itself, which goes on whoever sits there.
        cameras: _,
        streams: _,
        page: _,
        selected: _,
        enlarged: _,
        full_screen: _,
        refused: _,
        figures: _,
        grid: _,
        duties: _,
        mains: _,
        shed_steps: _,
        histories: _,
        synchronised: _,
        eyes: _,
        swaps: _,
        set: _,
        set_at_once: _,
        listed: _,
        // The seat's, and the language of the last person until the next is known.
        settings: _,
        // What the wall has to say, to whoever comes.
        notices: _,
        // They fall back in the same turn, and each is written down.
        lifted,
        help,
        side,
        seat,
        drawing: _,
        alarms: _,
    } = state;
    assert!(!help);
    assert_eq!(*side, None);
    let lifted: Vec<&CameraId> = lifted.keys().collect();
    let due = state.masks_due(clock::now());
    assert_eq!(due.iter().collect::<Vec<_>>(), lifted);
    let SeatState {
        name: _,
        centre: _,
        session: _,
        // What the store told and tells, to whoever has the right to see it.
        records: _,
        ready: _,
        link: _,
        presences: _,
        clock_back_ns: _,
        clock_ahead_us: _,
        conflicts: _,
        trouble: _,
        unsaved: _,
        demo: _,
        four_eyes,
        second,
        allowed,
        log,
        reminder,
    } = seat;
    assert_eq!(*four_eyes, None);
    assert_eq!(*second, None);
    assert_eq!(*allowed, None);
    assert_eq!(*reminder, None);
    let LogPage {
        filter,
        lines,
        below,
        wanted,
        unread,
        busy,
        working,
        verified,
    } = log;
    assert_eq!(*filter, Filter::default());
    assert!(lines.is_empty() && verified.is_none() && !busy && !working);
    assert_eq!((*below, *wanted, *unread), (0, 0, 0));
}

/// Nothing was begun, chosen or looked for.
fn is_forgotten(state: &State) {
    assert!(state.drawing.is_none());
    // What alarms there are and what is kept of them stays; `Alarms` names what does not.
    let Alarms {
        chosen,
        tab,
        asking,
        history,
        neighbour,
        crop,
        ..
    } = &state.alarms;
    assert_eq!((*chosen, *tab), (None, AlarmTab::Queue));
    assert_eq!((*asking, crop.as_ref(), *neighbour), (None, None, 0));
    let History {
        query,
        found,
        unreadable,
        busy,
        trouble,
    } = history;
    assert_eq!(*query, Query::default());
    assert!(found.is_empty() && unreadable.is_empty() && !busy && trouble.is_none());
}

#[test]
fn whoever_signs_out_leaves_nothing_behind() {
    let mut state = used(Id::named("a"));
    state.lifted.insert(
        CameraId::new("c1").expect("an id"),
        clock::now() + Duration::from_secs(300),
    );
    leave(&mut state, Session::Nobody(Panel::default()));
    is_closed(&state);
    is_forgotten(&state);
}

#[test]
fn what_somebody_has_locked_waits_for_them_and_for_nobody_else() {
    let (a, b) = (Id::named("a"), Id::named("b"));
    for (who, waits) in [(a, true), (b, false)] {
        let mut state = used(a);
        let locked = Session::Locked {
            person: a,
            since: WallTime(0),
            panel: Panel::default(),
        };
        leave(&mut state, locked);
        is_closed(&state);
        assert!(state.drawing.is_some());
        let told = Told::In {
            person: who,
            must_change: false,
        };
        let words = Words::new(Language::En);
        sit_down(&mut state, Some(told), None, words, WallTime(1));
        assert_eq!(state.seat.session.holder(), Some(who));
        if waits {
            assert_eq!(state.alarms.history.query.words, "123 ABC 02");
            assert!(state.drawing.is_some() && state.alarms.chosen.is_some());
        } else {
            is_forgotten(&state);
        }
    }
}
