//! What somebody may wish of alarms, by mouse or key.

use super::super::command::Side;
use super::super::seat::{AlarmWish, Wish};
use super::super::state::{Effect, State};
use crate::model::alarm::acts::Deed;
use crate::model::alarm::past::Query;
use crate::model::alarm::verdict::Judgement;
use crate::model::camera::CameraId;
use crate::model::id::Id;

/// What is shown of the alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlarmTab {
    /// Those that are open, and the one that is chosen.
    #[default]
    Queue,
    /// Those of which somebody was unsure.
    Asked,
    /// Those that are over.
    History,
    /// How much it all is.
    Figures,
    /// What puts alarms aside.
    Aside,
}

impl AlarmTab {
    /// All, in their order.
    pub const ALL: [Self; 5] = [
        Self::Queue,
        Self::Asked,
        Self::History,
        Self::Figures,
        Self::Aside,
    ];

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Queue => "alarms-queue",
            Self::Asked => "alarms-asked",
            Self::History => "alarms-history",
            Self::Figures => "alarms-figures",
            Self::Aside => "alarms-aside",
        }
    }
}

/// What is asked before something is done; the answers have the numbers 1 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Why it is shelved, and for how long.
    Shelve,
    /// To whom it goes.
    Pass,
    /// Why it is no threat.
    Reject,
    /// Why it should be taken over from another centre.
    Over,
}

/// What is done about an alarm between two centres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// Ask the centre that owns it for it.
    Ask,
    /// Do not ask any more.
    Withdraw,
    /// Take over what was let go.
    Take,
    /// Let the centre that asks have it.
    Grant,
    /// Do not.
    Keep,
    /// Take back what was let go.
    Recall,
    /// Give back what was taken over, without an answer.
    GiveBack,
}

impl Across {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ask => "across-ask",
            Self::Withdraw => "across-withdraw",
            Self::Take => "across-take",
            Self::Grant => "across-grant",
            Self::Keep => "across-keep",
            Self::Recall => "across-recall",
            Self::GiveBack => "across-give-back",
        }
    }
}

/// The keys of the words of whom an alarm is passed on to.
pub const PASS_TO: [&str; 4] = [
    "pass-duty-unit",
    "pass-traffic-police",
    "pass-probation",
    "pass-site",
];
/// The keys of the words of why alarms are shelved or rejected.
pub const REASONS: [&str; 4] = [
    "reason-works",
    "reason-known",
    "reason-wrong",
    "reason-weather",
];
/// The keys of the words of why an alarm of another centre is asked for.
pub const ASK_REASONS: [&str; 4] = [
    "ask-near",
    "ask-comes-here",
    "ask-same-matter",
    "ask-by-telephone",
];
/// For how long an alarm is shelved at a key, minutes.
pub const SHELF_MINUTES: i64 = 15;

/// A wish about alarms.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmsCommand {
    /// Look at one.
    Choose(Id),
    /// Look at the next in the queue, or the one before.
    Step(isize),
    /// Show the panel and the alarm that wants an answer first.
    First,
    /// Show something else.
    Tab(AlarmTab),
    /// Do something to the chosen one.
    Do(Deed),
    /// Ask something before that is done.
    Ask(Asking),
    /// The answer, from 0.
    Answer(usize),
    /// Do not.
    Leave,
    /// Something between this centre and another.
    Across(Across),
    /// The next camera near the chosen alarm.
    Neighbour,
    /// What no key does.
    Wish(AlarmWish),
}

impl State {
    /// Does what is wished of alarms.
    pub(in crate::app) fn alarms_command(&mut self, command: AlarmsCommand) -> Vec<Effect> {
        match command {
            AlarmsCommand::Choose(number) => self.choose_alarm(number),
            AlarmsCommand::Step(by) => self.step_alarm(by),
            AlarmsCommand::First => {
                self.side = Some(Side::Alarms);
                self.alarms.tab = AlarmTab::Queue;
                if let Some(number) = self.first_calling() {
                    self.choose_alarm(number);
                }
            }
            AlarmsCommand::Tab(tab) => {
                self.alarms.tab = tab;
                self.alarms.asking = None;
                return match tab {
                    AlarmTab::History => self.search(self.alarms.history.query.clone()),
                    AlarmTab::Figures => vec![seat(AlarmWish::Week)],
                    _ => Vec::new(),
                };
            }
            AlarmsCommand::Do(deed) => return self.deed(deed),
            AlarmsCommand::Ask(asking) => {
                let open = self.chosen_alarm().is_some();
                self.alarms.asking = open.then_some(asking);
            }
            AlarmsCommand::Answer(n) => return self.answer(n),
            AlarmsCommand::Leave => self.alarms.asking = None,
            AlarmsCommand::Across(Across::Ask) => {
                let elsewhere = self
                    .chosen_alarm()
                    .is_some_and(|kept| self.is_elsewhere(kept));
                self.alarms.asking = elsewhere.then_some(Asking::Over);
            }
            AlarmsCommand::Across(across) => {
                let number = self.alarms.chosen;
                return number
                    .map(|number| seat(AlarmWish::Across(number, across)))
                    .into_iter()
                    .collect();
            }
            AlarmsCommand::Neighbour => self.show_neighbour(),
            AlarmsCommand::Wish(AlarmWish::Search(query)) => return self.search(*query),
            AlarmsCommand::Wish(wish) => return vec![seat(wish)],
        }
        Vec::new()
    }

    fn choose_alarm(&mut self, number: Id) {
        if self.alarms.chosen != Some(number) {
            self.alarms.asking = None;
            self.alarms.neighbour = 0;
        }
        self.alarms.chosen = Some(number);
        let camera = self
            .chosen_alarm()
            .and_then(|kept| kept.value.camera.clone());
        if let Some(index) = camera.and_then(|id| self.index_on_page(&id)) {
            self.selected = index;
        }
    }

    /// The index of a camera that is on the page.
    fn index_on_page(&self, id: &CameraId) -> Option<usize> {
        self.page_range()
            .find(|index| self.cameras[*index].id == *id)
    }

    fn step_alarm(&mut self, by: isize) {
        let alarms = &self.seat.records.alarms;
        let shown: Vec<Id> = self
            .alarms
            .queue
            .entries
            .iter()
            .filter_map(|entry| Some(alarms.get(*entry.alarms.first()?)?.value.number))
            .collect();
        if shown.is_empty() {
            return;
        }
        let here = self
            .alarms
            .chosen
            .and_then(|number| shown.iter().position(|other| *other == number));
        let there = match here {
            None => 0,
            Some(here) => here.saturating_add_signed(by).min(shown.len() - 1),
        };
        self.choose_alarm(shown[there]);
    }

    fn deed(&mut self, deed: Deed) -> Vec<Effect> {
        let Some(kept) = self.chosen_alarm() else {
            return Vec::new();
        };
        let alarm = &kept.value;
        let why = self
            .alarms
            .class(alarm)
            .is_some_and(|class| class.reason_to_reject);
        let rejects = matches!(&deed, Deed::Judge(Judgement::NoThreat, note) if note.is_empty());
        if why && rejects {
            self.alarms.asking = Some(Asking::Reject);
            return Vec::new();
        }
        let number = alarm.number;
        self.alarms.asking = None;
        vec![seat(AlarmWish::Do(number, deed))]
    }

    /// The answer to what was asked. What is written down is the key of the words, so that everybody
    /// reads it in his or her language.
    fn answer(&mut self, n: usize) -> Vec<Effect> {
        let Some(asking) = self.alarms.asking else {
            return Vec::new();
        };
        let Some(number) = self.chosen_alarm().map(|kept| kept.value.number) else {
            return Vec::new();
        };
        let list = match asking {
            Asking::Pass => PASS_TO,
            Asking::Shelve | Asking::Reject => REASONS,
            Asking::Over => ASK_REASONS,
        };
        let Some(word) = list.get(n).map(|word| (*word).to_owned()) else {
            return Vec::new();
        };
        self.alarms.asking = None;
        let wish = match asking {
            Asking::Pass => AlarmWish::Do(number, Deed::Pass(word)),
            Asking::Over => AlarmWish::AskFor {
                number,
                reason: word,
            },
            Asking::Reject => AlarmWish::Do(number, Deed::Judge(Judgement::NoThreat, word)),
            Asking::Shelve => AlarmWish::Shelve {
                number,
                minutes: SHELF_MINUTES,
                reason: word,
            },
        };
        vec![seat(wish)]
    }

    fn search(&mut self, query: Query) -> Vec<Effect> {
        self.alarms.history.query = query.clone();
        self.alarms.history.busy = true;
        vec![seat(AlarmWish::Search(Box::new(query)))]
    }

    /// The next camera near the chosen alarm, on the wall or large.
    fn show_neighbour(&mut self) {
        let Some(kept) = self.chosen_alarm() else {
            return;
        };
        let near = self.neighbours(&kept.value);
        let Some(index) = near.get(self.alarms.neighbour % near.len().max(1)) else {
            return;
        };
        let id = self.cameras[*index].id.clone();
        self.alarms.neighbour += 1;
        self.apply(super::super::command::Command::Enlarge(Some(id)));
    }
}

fn seat(wish: AlarmWish) -> Effect {
    Effect::Seat(Wish::Alarm(wish))
}
