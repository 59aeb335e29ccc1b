//! Looking for alarms that are over.

use super::Priority;
use super::alarm::{Alarm, Past};
use super::class::{Class, ClassKey};
use super::verdict::Judgement;
use crate::base::clock::WallTime;
use crate::model::camera::CameraId;

/// The most words that are looked for.
const MOST_WORDS: usize = 8;

/// Which alarms are wanted; the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Raised at this time or later.
    pub from: Option<WallTime>,
    /// Raised before this time.
    pub before: Option<WallTime>,
    /// Of this class.
    pub class: Option<ClassKey>,
    /// On this camera.
    pub camera: Option<CameraId>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Found to be this.
    pub found: Option<Judgement>,
    /// With all of these words, in any spelling of their case.
    pub words: String,
    /// At most so many.
    pub most: usize,
    /// Why somebody looks; it changes nothing of what is found, and stands in the log.
    pub purpose: String,
}

impl Query {
    /// The words as they stand in [`Past::find`].
    pub fn folded_words(&self) -> Vec<String> {
        let words = self.words.split_whitespace().take(MOST_WORDS);
        words.map(fold).collect()
    }
}

/// Without case, and with the letters of Kazakh as they are typed on a Russian keyboard.
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            'ә' => 'а',
            'ғ' => 'г',
            'қ' => 'к',
            'ң' => 'н',
            'ө' => 'о',
            'ұ' | 'ү' => 'у',
            'һ' => 'х',
            'і' => 'и',
            'ё' => 'е',
            other => other,
        })
        .collect()
}

impl Past {
    /// An alarm that is over, with the words to find it by.
    pub fn new(alarm: Alarm, ended: WallTime, class: Option<&Class>) -> Self {
        let mut all = vec![alarm.class.to_string(), alarm.place.clone()];
        all.extend(alarm.camera.as_ref().map(ToString::to_string));
        all.extend(alarm.subject.clone());
        let names = class.map(|class| &class.name).into_iter();
        for texts in names.chain(&alarm.text) {
            all.extend([texts.kk.clone(), texts.ru.clone(), texts.en.clone()]);
        }
        all.extend(alarm.verdicts.iter().map(|verdict| verdict.note.clone()));
        all.extend(alarm.passed.as_ref().map(|passed| passed.to.clone()));
        all.retain(|text| !text.is_empty());
        Self {
            find: fold(&all.join(" ")),
            alarm,
            ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_any_spelling() {
        assert_eq!(fold("Қалдырылған ЗАТ Ёлка"), "калдырылган зат елка");
        let query = Query {
            words: "  Көк  САК ".into(),
            ..Query::default()
        };
        assert_eq!(query.folded_words(), ["кок", "сак"]);
    }
}
