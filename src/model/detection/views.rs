//! Which parts of a camera's picture are looked at, and in which of its streams.

use super::Region;
use super::rule::{Kind, Rule, Source, kind};
use super::track::Track;

/// Parts of one picture at most; what a rule asks for beyond is looked at with the whole only.
const MOST_PARTS: usize = 17;
/// Neighbouring tiles share so much of their width and height, so that somebody on the edge between
/// them is whole in one of them.
const OVERLAP: f32 = 0.2;

/// So many people are looked at close up in one look: the largest.
const MOST_PEOPLE: usize = 3;
/// Who fills so much of the picture's height is seen as well in the whole.
const ALREADY_LARGE: f32 = 0.6;
/// A close-up is so much higher than its person.
const AROUND: f32 = 1.3;

/// What of a camera is looked at in one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Views {
    /// In its large stream, where it has one.
    pub large: bool,
    /// The whole picture first, then the parts that rules ask for.
    pub parts: Vec<Region>,
    /// People close up too: a rule looks for what they hold.
    pub people: bool,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            large: false,
            parts: vec![Region::WHOLE],
            people: false,
        }
    }
}

impl Views {
    /// What all these rules ask for together.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let mut views = Self::default();
        for rule in rules {
            views.people |= rule.kind() == Kind::Blade;
            match rule.source {
                Source::Sub => {}
                Source::Main => views.large = true,
                Source::Crop(part) => {
                    views.large = true;
                    views.add(part.within_picture());
                }
                Source::Tiles([columns, rows]) => {
                    views.large = true;
                    for row in 0..rows {
                        for column in 0..columns {
                            views.add(tile([column, row], [columns, rows]));
                        }
                    }
                }
            }
        }
        views
    }

    fn add(&mut self, part: Region) {
        let is_new = !self.parts.contains(&part);
        if is_new && part.is_sound() && self.parts.len() < MOST_PARTS {
            self.parts.push(part);
        }
    }
}

/// Parts around the largest people, for what they hold in their hands: each about two and a half times
/// as wide as the person, in the shape of most models' pictures.
pub fn close_up(tracks: &[Track]) -> Vec<Region> {
    let mut people: Vec<&Region> = tracks
        .iter()
        .filter(|track| track.class.as_str() == kind::PERSON)
        .map(|track| &track.region)
        .filter(|region| region.height() < ALREADY_LARGE)
        .collect();
    people.sort_by(|a, b| b.height().total_cmp(&a.height()));
    let around = |person: &Region| {
        let centre = person.centre();
        // In shares of the picture, as wide as high is the picture's own shape.
        let half = (person.height() * AROUND / 2.0).max(person.width());
        Region {
            left: centre.x - half,
            top: centre.y - half,
            right: centre.x + half,
            bottom: centre.y + half,
        }
        .within_picture()
    };
    people.into_iter().take(MOST_PEOPLE).map(around).collect()
}

/// One of so many columns and rows, a little larger than its share.
fn tile([column, row]: [u8; 2], [columns, rows]: [u8; 2]) -> Region {
    let span = |at: u8, of: u8| {
        let size = 1.0 / f32::from(of);
        let spare = if of > 1 { OVERLAP * size / 2.0 } else { 0.0 };
        let begin = f32::from(at) * size;
        ((begin - spare).max(0.0), (begin + size + spare).min(1.0))
    };
    let ((left, right), (top, bottom)) = (span(column, columns), span(row, rows));
    Region {
        left,
        top,
        right,
        bottom,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::camera::CameraId;
    use crate::model::detection::Detection;
    use crate::model::detection::rule::{RuleId, What, Zone};
    use crate::model::detection::track::Tracker;

    fn rule(source: Source) -> Rule {
        let zone = Zone::whole();
        let camera = CameraId::new("c").expect("an id");
        let mut rule = Rule::new(RuleId::new("r"), camera, What::Zone { zone });
        rule.source = source;
        rule
    }

    #[test]
    fn without_a_wish_the_small_stream_is_looked_at_as_a_whole() {
        assert_eq!(Views::of(&[]), Views::default());
        assert_eq!(Views::of(&[rule(Source::Sub)]), Views::default());
        let main = Views::of(&[rule(Source::Main)]);
        assert_eq!((main.large, main.parts.len()), (true, 1));
    }

    #[test]
    fn tiles_cover_the_picture_and_each_other() {
        let views = Views::of(&[rule(Source::Tiles([3, 2])), rule(Source::Tiles([3, 2]))]);
        assert_eq!((views.large, views.parts.len()), (true, 7), "no part twice");
        let holds = |x: f32, y: f32| {
            let inside = |r: &&Region| r.left <= x && x <= r.right && r.top <= y && y <= r.bottom;
            views.parts[1..].iter().filter(inside).count()
        };
        for x in 0..=20_u8 {
            for y in 0..=20_u8 {
                assert!(holds(f32::from(x) / 20.0, f32::from(y) / 20.0) >= 1);
            }
        }
        assert_eq!(holds(1.0 / 3.0, 0.25), 2, "an edge lies in both");
        assert_eq!(holds(1.0 / 3.0, 0.5), 4);
    }

    #[test]
    fn the_largest_people_are_looked_at_close_up() {
        let mut tracker = Tracker::default();
        let one = |class: &str, left: f32, height: f32| Detection {
            class: class.into(),
            score: 0.9,
            region: Region::from([
                left,
                0.5 - height / 2.0,
                left + height / 4.0,
                0.5 + height / 2.0,
            ]),
        };
        let people = [0.1, 0.3, 0.2, 0.25, 0.7].map(|height| one("person", height, height));
        let mut all = people.to_vec();
        all.push(one("car", 0.8, 0.4));
        tracker.step(&all, Duration::ZERO);
        let parts = close_up(tracker.tracks());
        let heights: Vec<f32> = parts
            .iter()
            .map(|part| (part.height() * 100.0).round())
            .collect();
        assert_eq!(heights, [39.0, 33.0, 26.0]);
        assert!(
            parts
                .iter()
                .all(|part| part.is_sound() && part.share_in(&Region::WHOLE) > 0.99)
        );
        let mut rule = rule(Source::Sub);
        assert!(!Views::of([&rule]).people);
        rule.what = What::Blade {
            zone: Zone::whole(),
        };
        assert!(Views::of([&rule]).people);
    }

    #[test]
    fn crops_are_held_to_the_picture_and_bounded() {
        let crop = |left: f32| rule(Source::Crop(Region::from([left, 0.1, left + 0.2, 0.4])));
        let rules: Vec<Rule> = (0..60_u8).map(|n| crop(f32::from(n) / 50.0)).collect();
        let views = Views::of(&rules);
        assert_eq!(views.parts.len(), MOST_PARTS);
        assert!(views.parts.iter().all(|part| part.right <= 1.0));
        let none = Views::of(&[rule(Source::Tiles([0, 3])), crop(2.0)]);
        assert_eq!(none.parts, [Region::WHOLE]);
    }
}
