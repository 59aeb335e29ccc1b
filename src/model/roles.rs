//! Roles and rights: who may do what.
//!
//! The table stands in `assets/roles.txt`, where a police chief can read it; it is read when the
//! program is built, and a table that does not fit stops the build. [`may`] answers for a person's
//! roles, [`allowed_together`] says which roles one person may have at once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::words::Words;

/// What somebody is at work. A person has one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Watches cameras, answers alarms, hands over to duty units.
    Inspector,
    /// Answers calls and messages of 102.
    #[serde(rename = "operator-102")]
    Operator102,
    /// Keeps the shift running.
    Senior,
    /// Answers for the centre.
    Chief,
    /// Runs drills on prepared recordings; sees no live camera.
    Trainer,
    /// Looks after cameras and their firms; sees no video.
    Maintenance,
    /// Reads the log and nothing else.
    Auditor,
    /// A seat of others, such as the day police: live cameras only (R43).
    Guest,
    /// Looks after people and settings; sees no video and no log.
    Administrator,
}

impl Role {
    /// All, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Inspector,
        Self::Operator102,
        Self::Senior,
        Self::Chief,
        Self::Trainer,
        Self::Maintenance,
        Self::Auditor,
        Self::Guest,
        Self::Administrator,
    ];

    /// Its name in the table and in records.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Inspector => "inspector",
            Self::Operator102 => "operator-102",
            Self::Senior => "senior",
            Self::Chief => "chief",
            Self::Trainer => "trainer",
            Self::Maintenance => "maintenance",
            Self::Auditor => "auditor",
            Self::Guest => "guest",
            Self::Administrator => "administrator",
        }
    }

    /// Its name in a language.
    pub fn word(self, words: Words) -> Cow<'static, str> {
        words.get(match self {
            Self::Inspector => "role-inspector",
            Self::Operator102 => "role-operator-102",
            Self::Senior => "role-senior",
            Self::Chief => "role-chief",
            Self::Trainer => "role-trainer",
            Self::Maintenance => "role-maintenance",
            Self::Auditor => "role-auditor",
            Self::Guest => "role-guest",
            Self::Administrator => "role-administrator",
        })
    }

    /// Its name in a few letters, for the head of a narrow column.
    pub fn short_word(self, words: Words) -> Cow<'static, str> {
        words.get(match self {
            Self::Inspector => "role-short-inspector",
            Self::Operator102 => "role-short-operator-102",
            Self::Senior => "role-short-senior",
            Self::Chief => "role-short-chief",
            Self::Trainer => "role-short-trainer",
            Self::Maintenance => "role-short-maintenance",
            Self::Auditor => "role-short-auditor",
            Self::Guest => "role-short-guest",
            Self::Administrator => "role-short-administrator",
        })
    }
}

/// What somebody may do. Whatever the program does at somebody's wish asks for one of these, or for
/// none where everybody may, such as locking the own seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Watch cameras live (R01, R04, R32, R36, R44).
    WatchLive,
    /// Steer cameras that turn (R04).
    SteerCameras,
    /// Go through recordings (R30).
    ReviewRecordings,
    /// Send pictures to the big screen (R13).
    ShowBigScreen,
    /// Ask for a private or entrance camera (R31).
    AskAccess,
    /// Approve such a request of another person (R31).
    ApproveAccess,
    /// Answer alarms, SOS posts, calls and messages, and judge them (R08, R17, R18, R37).
    AnswerAlarms,
    /// Hand over to a duty unit and take that back (R10, R26–R28).
    SendToUnit,
    /// Compare two faces and say whether they may be one person (R11).
    ConfirmFace,
    /// Hand over a possible match of faces (R11, R12).
    SendFace,
    /// Announce a lesson with a dummy weapon (R09).
    PlanLessons,
    /// Put a whole class of alarms aside for a while.
    ShelveClass,
    /// Change thresholds, watch lists and classes of alarms (R45, R47).
    ChangeRules,
    /// Search by a face (R40).
    SearchFaces,
    /// Search by a plate or a make (R15, R40).
    SearchPlates,
    /// See where an electronic bracelet is and was (R22, R23, R40).
    SeeBracelets,
    /// See the weekly sample of searches and their purposes (R40).
    CheckSearches,
    /// Lift a privacy mask.
    LiftMasks,
    /// Export video out of the centre (R30).
    ExportEvidence,
    /// Keep recordings as long as a case (R29).
    HoldRecordings,
    /// End a legal hold, or delete before the time.
    EraseRecordings,
    /// Take a post, hand it over for a break and at the end of a shift, train at it (R41, R42, R48).
    KeepPost,
    /// Divide cameras into posts and say who covers; free another's seat (R02, R41).
    PlanShifts,
    /// Take over another centre's cameras by request (R32).
    TakeOver,
    /// See and print the day's and the month's figures (R38, R47).
    SeeStatistics,
    /// See faults of cameras and ask for cleaning or repair (R06, R07).
    ReportCamera,
    /// Keep the list of cameras, their firms and tests (R21, R34, R35, R49).
    ServiceCameras,
    /// Run drills (R48).
    RunDrills,
    /// Read the log.
    ReadLog,
    /// Add people, change their roles, give new PINs.
    ManagePeople,
    /// Change the settings of seats, the store and its copies.
    ChangeSettings,
}

impl Right {
    /// All, in the order of the table.
    pub const ALL: [Self; 31] = [
        Self::WatchLive,
        Self::SteerCameras,
        Self::ReviewRecordings,
        Self::ShowBigScreen,
        Self::AskAccess,
        Self::ApproveAccess,
        Self::AnswerAlarms,
        Self::SendToUnit,
        Self::ConfirmFace,
        Self::SendFace,
        Self::PlanLessons,
        Self::ShelveClass,
        Self::ChangeRules,
        Self::SearchFaces,
        Self::SearchPlates,
        Self::SeeBracelets,
        Self::CheckSearches,
        Self::LiftMasks,
        Self::ExportEvidence,
        Self::HoldRecordings,
        Self::EraseRecordings,
        Self::KeepPost,
        Self::PlanShifts,
        Self::TakeOver,
        Self::SeeStatistics,
        Self::ReportCamera,
        Self::ServiceCameras,
        Self::RunDrills,
        Self::ReadLog,
        Self::ManagePeople,
        Self::ChangeSettings,
    ];

    /// Its name in the table and in records.
    pub const fn key(self) -> &'static str {
        match self {
            Self::WatchLive => "watch-live",
            Self::SteerCameras => "steer-cameras",
            Self::ReviewRecordings => "review-recordings",
            Self::ShowBigScreen => "show-big-screen",
            Self::AskAccess => "ask-access",
            Self::ApproveAccess => "approve-access",
            Self::AnswerAlarms => "answer-alarms",
            Self::SendToUnit => "send-to-unit",
            Self::ConfirmFace => "confirm-face",
            Self::SendFace => "send-face",
            Self::PlanLessons => "plan-lessons",
            Self::ShelveClass => "shelve-class",
            Self::ChangeRules => "change-rules",
            Self::SearchFaces => "search-faces",
            Self::SearchPlates => "search-plates",
            Self::SeeBracelets => "see-bracelets",
            Self::CheckSearches => "check-searches",
            Self::LiftMasks => "lift-masks",
            Self::ExportEvidence => "export-evidence",
            Self::HoldRecordings => "hold-recordings",
            Self::EraseRecordings => "erase-recordings",
            Self::KeepPost => "keep-post",
            Self::PlanShifts => "plan-shifts",
            Self::TakeOver => "take-over",
            Self::SeeStatistics => "see-statistics",
            Self::ReportCamera => "report-camera",
            Self::ServiceCameras => "service-cameras",
            Self::RunDrills => "run-drills",
            Self::ReadLog => "read-log",
            Self::ManagePeople => "manage-people",
            Self::ChangeSettings => "change-settings",
        }
    }

    /// Its name in a language.
    pub fn word(self, words: Words) -> Cow<'static, str> {
        words.get(match self {
            Self::WatchLive => "right-watch-live",
            Self::SteerCameras => "right-steer-cameras",
            Self::ReviewRecordings => "right-review-recordings",
            Self::ShowBigScreen => "right-show-big-screen",
            Self::AskAccess => "right-ask-access",
            Self::ApproveAccess => "right-approve-access",
            Self::AnswerAlarms => "right-answer-alarms",
            Self::SendToUnit => "right-send-to-unit",
            Self::ConfirmFace => "right-confirm-face",
            Self::SendFace => "right-send-face",
            Self::PlanLessons => "right-plan-lessons",
            Self::ShelveClass => "right-shelve-class",
            Self::ChangeRules => "right-change-rules",
            Self::SearchFaces => "right-search-faces",
            Self::SearchPlates => "right-search-plates",
            Self::SeeBracelets => "right-see-bracelets",
            Self::CheckSearches => "right-check-searches",
            Self::LiftMasks => "right-lift-masks",
            Self::ExportEvidence => "right-export-evidence",
            Self::HoldRecordings => "right-hold-recordings",
            Self::EraseRecordings => "right-erase-recordings",
            Self::KeepPost => "right-keep-post",
            Self::PlanShifts => "right-plan-shifts",
            Self::TakeOver => "right-take-over",
            Self::SeeStatistics => "right-see-statistics",
            Self::ReportCamera => "right-report-camera",
            Self::ServiceCameras => "right-service-cameras",
            Self::RunDrills => "right-run-drills",
            Self::ReadLog => "right-read-log",
            Self::ManagePeople => "right-manage-people",
            Self::ChangeSettings => "right-change-settings",
        })
    }
}

/// What the table answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// `·`
    No,
    /// `2`: with a second person beside, for whom the table does not say no either.
    WithSecond,
    /// `+`
    Yes,
}

impl Answer {
    /// As it stands in the table.
    pub fn mark(self) -> char {
        match self {
            Self::No => '·',
            Self::WithSecond => '2',
            Self::Yes => '+',
        }
    }
}

/// The roles of one person.
pub type Roles = BTreeSet<Role>;

/// Roles that one person must not have at once, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesProblem {
    /// No role at all.
    None,
    /// This role goes with no other.
    Alone(Role),
    /// These two do not go together.
    Apart(Role, Role),
}

type Row = [Answer; Role::ALL.len()];

/// A row for each right, a column for each role.
static TABLE: [Row; Right::ALL.len()] = table(include_str!("../../assets/roles.txt").as_bytes());

/// What the table says of one role.
pub fn cell(role: Role, right: Right) -> Answer {
    TABLE[right as usize][role as usize]
}

/// Whether somebody with `roles` may do what asks for `right`: the best that one of them gives.
pub fn may(roles: &Roles, right: Right) -> Answer {
    roles
        .iter()
        .map(|role| cell(*role, right))
        .max()
        .unwrap_or(Answer::No)
}

/// Whether somebody with `roles` may stand beside another person who does what asks for `right`.
/// That it is another person, the caller knows.
pub fn may_be_second(roles: &Roles, right: Right) -> bool {
    may(roles, right) != Answer::No
}

/// Rights of which nobody may have two: who rules over people sees no video, who sees video does not
/// judge the log of it, and who judges the log rules over nobody.
pub const APART: [Right; 3] = [Right::ManagePeople, Right::WatchLive, Right::ReadLog];

/// Roles that go with no other: an auditor would judge his or her own acts, and a guest with another
/// role is no guest.
const ALONE: [Role; 2] = [Role::Auditor, Role::Guest];

/// Whether one person may have all of `roles`.
///
/// # Errors
/// Why not.
pub fn allowed_together(roles: &Roles) -> Result<(), RolesProblem> {
    if roles.is_empty() {
        return Err(RolesProblem::None);
    }
    if roles.len() > 1
        && let Some(alone) = ALONE.into_iter().find(|role| roles.contains(role))
    {
        return Err(RolesProblem::Alone(alone));
    }
    for (at, one) in APART.iter().enumerate() {
        for other in &APART[at + 1..] {
            let with = |right: Right| {
                roles
                    .iter()
                    .find(move |role| cell(**role, right) != Answer::No)
            };
            if let (Some(one), Some(other)) = (with(*one), with(*other)) {
                return Err(RolesProblem::Apart(*one, *other));
            }
        }
    }
    Ok(())
}

// What follows runs when the program is built.

/// Where the next word begins and ends, from `from` to the end of the line; both the line's end when
/// there is none.
const fn word(text: &[u8], from: usize) -> (usize, usize) {
    let mut start = from;
    while start < text.len() && text[start] == b' ' {
        start += 1;
    }
    let mut end = start;
    while end < text.len() && text[end] != b' ' && text[end] != b'\n' {
        end += 1;
    }
    (start, end)
}

/// The beginning of the next line that says something.
const fn next_line(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < text.len() && (text[at] == b'\n' || text[at] == b'#') {
        while at < text.len() && text[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    at
}

const fn is(text: &[u8], (start, end): (usize, usize), expect: &str) -> bool {
    let expect = expect.as_bytes();
    if end - start != expect.len() {
        return false;
    }
    let mut at = 0;
    while at < expect.len() {
        if text[start + at] != expect[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn table(text: &[u8]) -> [Row; Right::ALL.len()] {
    let mut table = [[Answer::No; Role::ALL.len()]; Right::ALL.len()];
    let mut at = next_line(text, 0);
    let mut column = 0;
    while column < Role::ALL.len() {
        let head = word(text, at);
        assert!(
            is(text, head, Role::ALL[column].key()),
            "the roles of the table are not those of the program"
        );
        at = head.1;
        column += 1;
    }
    let mut row = 0;
    while row < Right::ALL.len() {
        assert!(
            word(text, at).0 == word(text, at).1,
            "a line of the table is too long"
        );
        at = next_line(text, at);
        let name = word(text, at);
        assert!(
            is(text, name, Right::ALL[row].key()),
            "the rights of the table are not those of the program"
        );
        at = name.1;
        let mut column = 0;
        while column < Role::ALL.len() {
            let mark = word(text, at);
            table[row][column] = if is(text, mark, "+") {
                Answer::Yes
            } else if is(text, mark, "2") {
                Answer::WithSecond
            } else if is(text, mark, "·") {
                Answer::No
            } else {
                panic!("a mark of the table is none of + 2 ·, or one is missing")
            };
            at = mark.1;
            column += 1;
        }
        row += 1;
    }
    assert!(
        word(text, at).0 == word(text, at).1,
        "a line of the table is too long"
    );
    assert!(
        next_line(text, at) >= text.len(),
        "the table has a right too many"
    );
    table
}

#[cfg(test)]
mod tests;
