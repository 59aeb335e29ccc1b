//! The rule that is being drawn: a copy of it, which becomes an act when it is saved. Until then it is
//! tried out on what the camera sees, and nobody but the one who draws it is told.

use std::time::{Duration, Instant};

use super::command::{Command, Side};
use super::seat::{RuleWish, Wish};
use super::state::{Effect, State};
use crate::base::clock;
use crate::model::camera::CameraId;
use crate::model::detection::fact::Stage;
use crate::model::detection::rule::edit::{self, Handle, Shape};
use crate::model::detection::rule::{Fault, Rule, RuleId, TRIED};
use crate::model::detection::{Fact, Kind, Point};

/// A drawing that has rested for so long is tried out.
const RESTS: Duration = Duration::from_millis(700);
/// So much of what a try-out noticed is kept: the newest.
const MOST_TOLD: usize = 8;

/// What somebody does with the rules of the selected camera.
#[derive(Clone, Debug, PartialEq)]
pub enum RulesCommand {
    /// Begin a new one.
    New(Kind),
    /// Change one.
    Edit(RuleId),
    /// What it says otherwise than its shapes.
    Set(Box<Rule>),
    /// Hold a point.
    Hold(Handle),
    /// Hold the point so many after this one.
    HoldNext(isize),
    /// Move the point that is held, shares of the picture.
    Nudge(Point),
    /// Move a point to a place.
    MoveTo(Handle, Point),
    /// Move a whole shape, shares of the picture.
    MoveAll(Shape, Point),
    /// Put a corner behind this one; behind the one that is held where none is given.
    Add(Option<usize>),
    /// Take out a corner; the one that is held where none is given.
    TakeOut(Option<Handle>),
    /// Save what was drawn.
    Save,
    /// Away with the rule: the second time it is done.
    Remove,
    /// Leave the drawing: where it was changed, the second time it is done.
    Leave,
}

/// What is asked twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whether the rule is to be removed.
    Remove,
    /// Whether what was drawn is to be thrown away.
    Leave,
}

/// The rule that is being drawn.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// As it is drawn now.
    pub rule: Rule,
    /// As it was; nothing for a new one.
    pub before: Option<Rule>,
    /// The point that is held.
    pub held: Option<Handle>,
    /// What was asked and not yet answered.
    pub asked: Option<Asked>,
    /// It is on its way to the store.
    pub saving: bool,
    /// What the try-out noticed, the newest first.
    pub told: Vec<Fact>,
    /// How often the store had written it when it was taken to be drawn; 0 for one that it has not.
    version: u32,
    /// When it was changed last.
    changed: Instant,
}

impl Drawing {
    fn new(rule: Rule, before: Option<Rule>, version: u32) -> Self {
        Self {
            held: edit::next(&rule.what, None, 1),
            rule,
            before,
            asked: None,
            saving: false,
            told: Vec::new(),
            version,
            changed: clock::now(),
        }
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        self.rule.check()
    }

    /// Whether it is otherwise than it was.
    pub fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.rule)
    }

    /// The rule as it is tried out, once the hand rests.
    pub fn tried(&self, now: Instant) -> Option<Rule> {
        if now.saturating_duration_since(self.changed) < RESTS || !self.faults().is_empty() {
            return None;
        }
        let mut rule = self.rule.clone();
        rule.id = RuleId::new(TRIED);
        rule.enabled = true;
        Some(rule)
    }

    /// The try-out noticed something.
    pub fn note(&mut self, fact: Fact) {
        if fact.camera != self.rule.camera {
            return;
        }
        let known = self.told.iter().position(|told| told.id == fact.id);
        match known {
            Some(index) => self.told[index] = fact,
            // What ends and has not begun here is of the rule as it was before.
            None if matches!(fact.stage, Stage::Updated | Stage::Ended) => {}
            None => self.told.insert(0, fact),
        }
        self.told.truncate(MOST_TOLD);
    }

    fn touch(&mut self) {
        self.changed = clock::now();
        self.asked = None;
        // What was noticed before is of another rule.
        self.told.clear();
    }
}

impl State {
    /// The drawing, where its camera is the selected one.
    pub fn drawing_here(&self) -> Option<&Drawing> {
        let camera = self.selected_camera()?;
        self.drawing
            .as_ref()
            .filter(|drawing| drawing.rule.camera == camera.id)
    }

    /// Whether the keys of the editor are the editor's.
    pub fn is_drawing(&self) -> bool {
        self.side == Some(Side::Rules) && self.drawing_here().is_some()
    }

    pub(super) fn rules_command(&mut self, command: RulesCommand) -> Vec<Effect> {
        if self.drawing.as_ref().is_some_and(|drawing| drawing.saving) {
            // What is on its way stays as it is until it is known what became of it.
            return Vec::new();
        }
        match command {
            RulesCommand::New(kind) => self.begin_new(kind),
            RulesCommand::Edit(id) => self.begin(&id),
            RulesCommand::Save => return self.save_rule(),
            RulesCommand::Remove => return self.remove_rule(),
            RulesCommand::Leave => self.leave_drawing(),
            change => {
                if let Some(drawing) = &mut self.drawing {
                    draw(drawing, change);
                }
            }
        }
        Vec::new()
    }

    fn begin_new(&mut self, kind: Kind) {
        let Some(camera) = self.selected_camera().cloned() else {
            return;
        };
        if self.keeps_drawing() {
            return;
        }
        let id = self.free_rule_id(&camera.id, kind);
        let rule = Rule::new(id, camera.id.clone(), edit::blank(kind));
        self.drawing = Some(Drawing::new(rule, None, 0));
        self.enlarged = true;
    }

    /// The first id of the kind's name that no rule of the camera has.
    fn free_rule_id(&self, camera: &CameraId, kind: Kind) -> RuleId {
        let word = kind.word().replace('_', "-");
        let id = |number: u32| match number {
            1 => RuleId::new(word.as_str()),
            _ => RuleId::new(format!("{word}-{number}")),
        };
        let is_free = |id: &RuleId| self.eyes.rules_of(camera).all(|rule| rule.id != *id);
        (1..=u32::MAX)
            .map(id)
            .find(is_free)
            .unwrap_or_else(|| id(1))
    }

    fn begin(&mut self, id: &RuleId) {
        let Some(camera) = self.selected_camera() else {
            return;
        };
        let known = self.eyes.rules_of(&camera.id).find(|rule| rule.id == *id);
        let Some(rule) = known.cloned() else {
            return;
        };
        if self.keeps_drawing() {
            return;
        }
        let version = self.version_of(&rule);
        self.drawing = Some(Drawing::new(rule.clone(), Some(rule), version));
        self.enlarged = true;
    }

    /// How often the store has written a rule; 0 where it has not.
    fn version_of(&self, rule: &Rule) -> u32 {
        let mut rules = self.seat.records.rules.iter();
        let known = rules.find(|kept| kept.value.camera == rule.camera && kept.value.id == rule.id);
        known.map_or(0, |kept| kept.version)
    }

    /// Whether somebody else wrote the rule after it was taken to be drawn. That is asked once: whoever
    /// was told and wishes the same again knows it.
    pub(super) fn drawn_over_another(&mut self) -> bool {
        let Some(drawing) = &self.drawing else {
            return false;
        };
        let version = self.version_of(&drawing.rule);
        let other = version != drawing.version;
        if let Some(drawing) = &mut self.drawing {
            drawing.version = version;
        }
        other
    }

    /// Another drawing would be lost: asked first.
    fn keeps_drawing(&mut self) -> bool {
        match &mut self.drawing {
            Some(drawing) if drawing.is_changed() && drawing.asked != Some(Asked::Leave) => {
                drawing.asked = Some(Asked::Leave);
                let camera = drawing.rule.camera.clone();
                // It is shown what would be lost.
                if let Some(index) = self.index_of(&camera) {
                    self.select(index);
                }
                true
            }
            _ => false,
        }
    }

    fn leave_drawing(&mut self) {
        if !self.keeps_drawing() {
            self.drawing = None;
        }
    }

    fn save_rule(&mut self) -> Vec<Effect> {
        let Some(drawing) = &self.drawing else {
            return Vec::new();
        };
        if !drawing.faults().is_empty() {
            return Vec::new();
        }
        // Another seat may have used the id since: two new rules are two.
        let id = if drawing.before.is_none() {
            let (camera, kind) = (&drawing.rule.camera, drawing.rule.kind());
            self.free_rule_id(camera, kind)
        } else {
            drawing.rule.id.clone()
        };
        let Some(drawing) = &mut self.drawing else {
            return Vec::new();
        };
        drawing.rule.id = id;
        drawing.saving = true;
        let rule = Box::new(drawing.rule.clone());
        vec![Effect::Seat(Wish::Rule(RuleWish::Save(rule)))]
    }

    fn remove_rule(&mut self) -> Vec<Effect> {
        let Some(drawing) = &mut self.drawing else {
            return Vec::new();
        };
        if drawing.before.is_none() {
            self.leave_drawing();
            return Vec::new();
        }
        if drawing.asked != Some(Asked::Remove) {
            drawing.asked = Some(Asked::Remove);
            return Vec::new();
        }
        let (camera, id) = (drawing.rule.camera.clone(), drawing.rule.id.clone());
        // The right, and a second person where it wants one, is asked for now and not for the question.
        self.apply(Command::Seat(Wish::Rule(RuleWish::Remove(camera, id))))
    }

    /// What is drawn goes to the store.
    pub(super) fn rule_goes_out(&mut self) {
        if let Some(drawing) = &mut self.drawing {
            drawing.saving = true;
        }
    }

    /// What became of what was saved.
    pub(super) fn rule_settled(&mut self, kept: bool) {
        match &mut self.drawing {
            // Thrown away since, with whoever drew it.
            Some(drawing) if !drawing.saving => {}
            Some(drawing) if !kept => drawing.saving = false,
            _ => self.drawing = None,
        }
    }
}

fn draw(drawing: &mut Drawing, change: RulesCommand) {
    let what = &mut drawing.rule.what;
    match change {
        RulesCommand::Set(rule) => {
            let kept = (drawing.rule.id.clone(), drawing.rule.camera.clone());
            drawing.rule = *rule;
            (drawing.rule.id, drawing.rule.camera) = kept;
        }
        RulesCommand::Hold(handle) => {
            drawing.held = Some(handle);
            return;
        }
        RulesCommand::HoldNext(steps) => {
            drawing.held = edit::next(what, drawing.held, steps);
            return;
        }
        RulesCommand::Nudge(by) => {
            if let Some(held) = drawing.held {
                edit::nudge(what, held, by);
            }
        }
        RulesCommand::MoveTo(handle, to) => {
            drawing.held = Some(handle);
            edit::move_to(what, handle, to);
        }
        RulesCommand::MoveAll(shape, by) => edit::move_all(what, shape, by),
        RulesCommand::Add(after) => {
            let held = drawing.held.filter(|held| held.shape == Shape::Zone);
            if let Some(after) = after.or(held.map(|held| held.index)) {
                drawing.held = edit::add(what, after).or(drawing.held);
            }
        }
        RulesCommand::TakeOut(handle) => {
            if let Some(handle) = handle.or(drawing.held)
                && edit::remove(what, handle)
            {
                drawing.held = edit::next(what, Some(handle), 0).or(edit::next(what, None, 0));
            }
        }
        RulesCommand::New(_)
        | RulesCommand::Edit(_)
        | RulesCommand::Save
        | RulesCommand::Remove
        | RulesCommand::Leave => return,
    }
    drawing.touch();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::WallTime;
    use crate::model::act::Kept;
    use crate::model::camera::Camera;
    use crate::model::detection::Region;
    use crate::model::detection::fact::Detail;
    use crate::model::detection::rule::acts;
    use crate::model::id::Id;
    use crate::store::settings::Settings;

    fn state() -> State {
        let camera = |n: usize| {
            let url = format!("rtsp://10.0.0.1/{n}").parse().expect("an address");
            Camera::from_url(CameraId::new(format!("c{n}")).expect("an id"), url)
        };
        let mut state = State::new(vec![camera(0), camera(1)], Settings::default());
        state.side = Some(Side::Rules);
        state
    }

    fn act(state: &mut State, command: RulesCommand) -> Vec<Effect> {
        state.apply(Command::Rules(command))
    }

    #[test]
    fn what_was_drawn_is_not_lost_by_a_click() {
        let mut state = state();
        act(&mut state, RulesCommand::New(Kind::Zone));
        assert!(state.is_drawing() && state.enlarged);
        let by = Point { x: 0.1, y: 0.0 };
        act(&mut state, RulesCommand::Nudge(by));
        state.apply(Command::Select(CameraId::new("c1").expect("an id")));
        assert!(!state.is_drawing(), "another camera");
        act(&mut state, RulesCommand::New(Kind::Line));
        assert!(state.is_drawing(), "back to what would be lost");
        let asked = |state: &State| state.drawing.as_ref().and_then(|drawing| drawing.asked);
        assert_eq!(asked(&state), Some(Asked::Leave));
        act(&mut state, RulesCommand::Nudge(by));
        assert_eq!(asked(&state), None, "it goes on");
        act(&mut state, RulesCommand::Leave);
        assert!(state.drawing.is_some());
        act(&mut state, RulesCommand::Leave);
        assert!(state.drawing.is_none());
    }

    #[test]
    fn only_a_rule_without_fault_is_saved_and_the_drawing_stays_until_it_is_kept() {
        let mut state = state();
        act(&mut state, RulesCommand::New(Kind::Zone));
        let mut rule = state.drawing.as_ref().expect("drawn").rule.clone();
        rule.least_score = 7.0;
        act(&mut state, RulesCommand::Set(Box::new(rule.clone())));
        assert_eq!(act(&mut state, RulesCommand::Save), []);
        rule.least_score = 0.6;
        act(&mut state, RulesCommand::Set(Box::new(rule.clone())));
        let effects = act(&mut state, RulesCommand::Save);
        let wish = Wish::Rule(RuleWish::Save(Box::new(rule)));
        assert_eq!(effects, [Effect::Seat(wish)]);
        assert_eq!(act(&mut state, RulesCommand::Save), [], "once");
        state.rule_settled(false);
        assert!(state.drawing.is_some());
        act(&mut state, RulesCommand::Save);
        // Nothing is changed, left or begun while it is on its way: that would be lost.
        let sent = state.drawing.as_ref().expect("drawn").rule.clone();
        for command in [
            RulesCommand::Nudge(Point { x: 0.1, y: 0.0 }),
            RulesCommand::Leave,
            RulesCommand::Leave,
            RulesCommand::New(Kind::Line),
        ] {
            act(&mut state, command);
        }
        assert_eq!(state.drawing.as_ref().expect("drawn").rule, sent);
        state.rule_settled(true);
        assert!(state.drawing.is_none());
    }

    #[test]
    fn a_rule_that_somebody_else_wrote_meanwhile_is_asked_about_once() {
        let mut state = state();
        let camera = state.cameras[0].id.clone();
        let rule = Rule::new(RuleId::new("r"), camera.clone(), edit::blank(Kind::Zone));
        let kept = |version| Kept {
            id: acts::record_id(&camera, &rule.id),
            version,
            seq: 0,
            centre: String::new(),
            value: rule.clone(),
        };
        state.eyes.kept.insert(camera.clone(), vec![rule.clone()]);
        state.seat.records.rules = vec![kept(3)];
        act(&mut state, RulesCommand::Edit(rule.id.clone()));
        assert!(!state.drawn_over_another(), "as it was begun");
        state.seat.records.rules = vec![kept(4)];
        assert!(state.drawn_over_another());
        assert!(!state.drawn_over_another(), "whoever was told knows it");
    }

    #[test]
    fn a_new_rule_does_not_take_the_place_of_another_seats() {
        let mut state = state();
        let camera = state.cameras[0].id.clone();
        act(&mut state, RulesCommand::New(Kind::Zone));
        let taken = state.drawing.as_ref().expect("drawn").rule.clone();
        state.eyes.kept.insert(camera, vec![taken.clone()]);
        act(&mut state, RulesCommand::Save);
        let saved = &state.drawing.as_ref().expect("drawn").rule;
        assert_eq!((taken.id.as_str(), saved.id.as_str()), ("zone", "zone-2"));
    }

    #[test]
    fn what_ends_and_never_began_is_of_the_rule_as_it_was() {
        let mut state = state();
        act(&mut state, RulesCommand::New(Kind::Zone));
        let drawing = state.drawing.as_mut().expect("drawn");
        let fact = |stage, camera: &CameraId| Fact {
            id: Id::from_bytes([1; 16]),
            rule: RuleId::new(TRIED),
            kind: Kind::Zone,
            camera: camera.clone(),
            place: String::new(),
            stage,
            tracks: vec![1],
            with: Vec::new(),
            class: None,
            region: Region::WHOLE,
            score: 0.5,
            first_seen: WallTime(0),
            last_seen: WallTime(0),
            detail: Detail::default(),
            stills: Vec::new(),
        };
        let here = drawing.rule.camera.clone();
        let elsewhere = CameraId::new("c1").expect("an id");
        drawing.note(fact(Stage::Ended, &here));
        drawing.note(fact(Stage::Begun, &elsewhere));
        assert_eq!(drawing.told, []);
        drawing.note(fact(Stage::Begun, &here));
        drawing.note(fact(Stage::Ended, &here));
        let stages: Vec<Stage> = drawing.told.iter().map(|told| told.stage).collect();
        assert_eq!(stages, [Stage::Ended]);
    }

    #[test]
    fn ids_of_new_rules_are_free_and_a_rule_is_removed_at_the_second_word() {
        let mut state = state();
        let camera = state.cameras[0].id.clone();
        act(&mut state, RulesCommand::New(Kind::WrongWay));
        let rule = state.drawing.take().expect("drawn").rule;
        assert_eq!(rule.id.as_str(), "wrong-way");
        state.eyes.kept.insert(camera.clone(), vec![rule.clone()]);
        act(&mut state, RulesCommand::New(Kind::WrongWay));
        assert_eq!(
            state.drawing.take().expect("drawn").rule.id.as_str(),
            "wrong-way-2"
        );
        act(&mut state, RulesCommand::Edit(rule.id.clone()));
        assert_eq!(act(&mut state, RulesCommand::Remove), []);
        let wish = Wish::Rule(RuleWish::Remove(camera, rule.id));
        assert_eq!(act(&mut state, RulesCommand::Remove), [Effect::Seat(wish)]);
    }

    #[test]
    fn it_is_tried_out_when_the_hand_rests_and_has_no_fault() {
        let mut state = state();
        act(&mut state, RulesCommand::New(Kind::Zone));
        let drawing = state.drawing.as_mut().expect("drawn");
        let now = clock::now();
        assert!(drawing.tried(now).is_none());
        drawing.rule.enabled = false;
        let later = now + RESTS * 2;
        let tried = drawing.tried(later).expect("tried");
        assert_eq!((tried.id.as_str(), tried.enabled), (TRIED, true));
        drawing.rule.least_score = f32::NAN;
        assert!(drawing.tried(later).is_none());
    }
}
