//! What is to be noticed on cameras, as acts.

use super::super::super::state::State;
use super::super::RuleWish;
use super::{Desk, Then, tell};
use crate::model::detection::rule::acts;
use crate::words::Words;

impl Desk {
    pub(super) fn rule(&mut self, state: &mut State, wish: RuleWish, words: Words) {
        if state.drawn_over_another() {
            tell(state, words.get("rules-changed-elsewhere").into_owned());
            state.rule_settled(false);
            return;
        }
        let known = |camera: &_, id: &_| {
            let rules = &state.seat.records.rules;
            rules
                .iter()
                .find(|kept| kept.value.camera == *camera && kept.value.id == *id)
                .cloned()
        };
        let draft = match wish {
            RuleWish::Save(rule) => {
                let before = known(&rule.camera, &rule.id);
                match acts::save(&rule, before.as_ref()) {
                    Ok(draft) => draft,
                    Err(faults) => {
                        let said: Vec<String> =
                            faults.iter().map(|fault| fault.say(words)).collect();
                        tell(state, said.join("; "));
                        state.rule_settled(false);
                        return;
                    }
                }
            }
            RuleWish::Remove(camera, id) => {
                if let Some(kept) = known(&camera, &id) {
                    acts::remove(&kept)
                } else {
                    // Of a file, or of the kind of place: it can be switched off, not removed.
                    tell(state, words.get("rules-not-of-the-store").into_owned());
                    state.rule_settled(false);
                    return;
                }
            }
        };
        self.submit(state, draft, Then::Rule);
    }
}
