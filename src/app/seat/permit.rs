//! Which command asks for which right: held below the UI, whatever that shows.

use super::super::alarms::AlarmsCommand;
use super::super::command::{Command, Side, Tab};
use super::super::rules::RulesCommand;
use super::{AlarmWish, SeatState, Wish};
use crate::model::roles::{Answer, Right};

/// Whether a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Yes.
    Yes,
    /// Nobody sits here, or the seat is locked.
    NobodyHere,
    /// Whoever sits here has not the right.
    NotAllowed(Right),
    /// Only with a second person beside.
    WantsSecond(Right),
}

/// What a command asks for.
enum Asks {
    /// Nothing: also at a seat where nobody sits.
    Nothing,
    /// That somebody sits there.
    Somebody,
    /// A right.
    Right(Right),
}

/// Whether `command` may be carried out at this seat now.
pub fn permit(seat: &SeatState, command: &Command) -> Permit {
    let right = match asks(command) {
        Asks::Nothing => return Permit::Yes,
        _ if !seat.session.is_operated() => return Permit::NobodyHere,
        Asks::Somebody => return Permit::Yes,
        Asks::Right(right) => right,
    };
    match seat.may(right) {
        Answer::Yes => Permit::Yes,
        Answer::WithSecond => Permit::WantsSecond(right),
        Answer::No => Permit::NotAllowed(right),
    }
}

fn asks(command: &Command) -> Asks {
    match command {
        Command::SetLanguage(_) | Command::ToggleHelp | Command::DismissNotice => Asks::Nothing,
        Command::Seat(wish) => match wish {
            Wish::FirstAdministrator { .. }
            | Wish::SignIn { .. }
            | Wish::ChangePin(_)
            | Wish::Lock => Asks::Nothing,
            // Whoever passes a locked seat does not sign its holder out.
            Wish::SignOut
            | Wish::PrintHandover(_)
            // Who stands beside was asked for by whoever sits here.
            | Wish::SignInSecond { .. }
            | Wish::NoSecond
            | Wish::SettleConflict(_) => Asks::Somebody,
            Wish::People(_) => Asks::Right(Right::ManagePeople),
            Wish::Post(_) | Wish::StandDown(_) => Asks::Right(Right::PlanShifts),
            Wish::Rule(_) => Asks::Right(Right::ChangeRules),
            Wish::Alarm(wish) => of_alarms(wish),
            Wish::Log(_) => Asks::Right(Right::ReadLog),
            Wish::TakeCamera(_) | Wish::LetCameraGo(_) => Asks::Right(Right::ReportCamera),
            Wish::TakePost(_)
            | Wish::OfferCover(_)
            | Wish::AcceptCover(_)
            | Wish::RefuseCover(_)
            | Wish::WithdrawCover(_)
            | Wish::AskBack(_)
            | Wish::GiveBack(_)
            | Wish::BeginHandover
            | Wish::NoteHandover { .. }
            | Wish::OfferHandover(_)
            | Wish::WithdrawHandover
            | Wish::OpenHandover
            | Wish::DeclineHandover
            | Wish::ReadItems(_)
            | Wish::FinishHandover => Asks::Right(Right::KeepPost),
        },
        Command::Back
        | Command::ToggleFullScreen
        | Command::ToggleBoxes
        | Command::ToggleFit
        | Command::ToggleSide(
            Side::Card | Side::Troubles | Side::Shift | Side::Centre(Tab::Roles | Tab::Conflicts),
        )
        | Command::ToggleCentre
        | Command::LowerMask(_)
        | Command::ReadCamerasAs(_)
        | Command::Quit => Asks::Somebody,
        // Who may see alarms and who may answer them is the same.
        Command::ToggleSide(Side::Alarms) => Asks::Right(Right::AnswerAlarms),
        Command::Alarms(command) => match command {
            AlarmsCommand::Wish(wish) => of_alarms(wish),
            AlarmsCommand::Across(_) => Asks::Right(Right::TakeOver),
            _ => Asks::Right(Right::AnswerAlarms),
        },
        Command::ToggleSide(Side::Centre(Tab::People)) => Asks::Right(Right::ManagePeople),
        Command::ToggleSide(Side::Centre(Tab::Posts)) => Asks::Right(Right::PlanShifts),
        Command::ToggleSide(Side::Centre(Tab::Log)) => Asks::Right(Right::ReadLog),
        // What is drawn is tried out by whoever draws it; the right is asked for once, when it is to hold.
        Command::Rules(RulesCommand::Save) => Asks::Right(Right::ChangeRules),
        Command::LiftMask(_) => Asks::Right(Right::LiftMasks),
        // Who may see it may look at its rules; what changes them is a wish of its own kind.
        Command::Rules(_)
        | Command::ToggleSide(Side::Rules)
        | Command::Select(_)
        | Command::MoveSelection(_)
        | Command::Enlarge(_)
        | Command::ToggleEnlarged
        | Command::NextPage
        | Command::PreviousPage
        | Command::ReplaceByNext
        | Command::UndoReplace
        | Command::SetPriority(..) => Asks::Right(Right::WatchLive),
        Command::AcceptPicture(_) => Asks::Right(Right::ReportCamera),
    }
}

fn of_alarms(wish: &AlarmWish) -> Asks {
    let right = match wish {
        AlarmWish::Do(..)
        | AlarmWish::Shelve { .. }
        | AlarmWish::Unshelve(_)
        | AlarmWish::Search(_)
        | AlarmWish::Week
        | AlarmWish::TestSounds => Right::AnswerAlarms,
        AlarmWish::AskFor { .. } | AlarmWish::Across(..) => Right::TakeOver,
        AlarmWish::Plan { .. } | AlarmWish::Cancel(_) => Right::PlanLessons,
        AlarmWish::OutOfService { .. } | AlarmWish::InService(_) => Right::ShelveClass,
    };
    Asks::Right(right)
}

#[cfg(test)]
mod tests {
    use super::super::session::{Panel, Session};
    use super::*;
    use crate::app::seat::RuleWish;
    use crate::base::clock::WallTime;
    use crate::model::act::Kept;
    use crate::model::camera::CameraId;
    use crate::model::detection::Kind;
    use crate::model::detection::rule::RuleId;
    use crate::model::id::Id;
    use crate::model::person::Person;
    use crate::model::roles::Role;
    use crate::words::Language;

    fn seat(role: Role) -> SeatState {
        let id = Id::new(WallTime(0), [7; 10]);
        let session = Session::In {
            person: id,
            since: WallTime(0),
            must_change: None,
        };
        let mut seat = SeatState::new("s".into(), "c".into(), session);
        seat.records.staff.people.push(Kept {
            id,
            version: 1,
            seq: 0,
            centre: "c".into(),
            value: Person {
                name: "A".into(),
                login: "a".into(),
                roles: [role].into(),
                disabled: false,
                ..Person::default()
            },
        });
        seat
    }

    #[test]
    fn an_empty_or_locked_seat_shows_and_does_nothing() {
        let nobody = SeatState::new("s".into(), "c".into(), Session::Nobody(Panel::default()));
        let mut locked = seat(Role::Senior);
        locked.session = Session::Locked {
            person: Id::new(WallTime(0), [7; 10]),
            since: WallTime(0),
            panel: Panel::default(),
        };
        for seat in [&nobody, &locked] {
            for command in [
                Command::ToggleEnlarged,
                Command::Quit,
                Command::NextPage,
                Command::Seat(Wish::SignOut),
            ] {
                assert_eq!(permit(seat, &command), Permit::NobodyHere);
            }
            let language = Command::SetLanguage(Language::Ru);
            assert_eq!(permit(seat, &language), Permit::Yes);
        }
    }

    #[test]
    fn rights_are_asked_of_the_role() {
        let enlarge = Command::ToggleEnlarged;
        let take = Command::Seat(Wish::BeginHandover);
        let draw = Command::Rules(RulesCommand::New(Kind::Zone));
        let keep = Command::Rules(RulesCommand::Save);
        let away = Command::Seat(Wish::Rule(RuleWish::Remove(
            CameraId::new("c").expect("an id"),
            RuleId::new("r"),
        )));
        let refused = Permit::NotAllowed(Right::ChangeRules);
        let cases = [
            (Role::Guest, &draw, Permit::Yes),
            (Role::Guest, &keep, refused),
            (Role::Guest, &away, refused),
            (Role::Senior, &draw, Permit::Yes),
            (Role::Senior, &keep, Permit::WantsSecond(Right::ChangeRules)),
            (Role::Senior, &away, Permit::WantsSecond(Right::ChangeRules)),
            (Role::Inspector, &enlarge, Permit::Yes),
            (Role::Guest, &enlarge, Permit::Yes),
            (Role::Guest, &take, Permit::NotAllowed(Right::KeepPost)),
            (
                Role::Auditor,
                &enlarge,
                Permit::NotAllowed(Right::WatchLive),
            ),
            (
                Role::Administrator,
                &enlarge,
                Permit::NotAllowed(Right::WatchLive),
            ),
        ];
        for (role, command, expect) in cases {
            assert_eq!(permit(&seat(role), command), expect, "{role:?} {command:?}");
        }
    }
}
