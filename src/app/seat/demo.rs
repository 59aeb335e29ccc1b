//! The people and posts of a demonstration, named by their work.

use crate::base::clock::WallTime;
use crate::model::act::Draft;
use crate::model::camera::{Camera, Names};
use crate::model::id::Id;
use crate::model::person::Credential;
use crate::model::roles::Role;
use crate::model::shift::post::{self, Post, Watched};
use crate::model::shift::{By, Known, Rules};
use crate::model::staff::{self, NewPerson, Refusal, Staff};
use crate::store::database::new_id;
use crate::words::{Language, Words};

/// The PIN of all of them; it protects nothing.
pub(super) const PIN: &str = "450450";
/// Cameras of one post.
const CAMERAS: usize = 15;
/// Posts.
const POSTS: usize = 3;

/// Login and role of each.
const PEOPLE: [(&str, Role); 7] = [
    ("inspector1", Role::Inspector),
    ("inspector2", Role::Inspector),
    ("senior", Role::Senior),
    ("chief", Role::Chief),
    ("auditor", Role::Auditor),
    ("guest", Role::Guest),
    ("admin", Role::Administrator),
];

/// What to type to sign in as one of them.
pub(super) fn logins() -> Vec<String> {
    PEOPLE
        .iter()
        .map(|(login, _)| (*login).to_owned())
        .collect()
}

/// The people.
///
/// # Errors
/// When somebody is there already.
pub(super) fn people(
    staff: &Staff,
    language: Language,
    credential: &Credential,
) -> Result<Draft, Refusal> {
    let words = Words::new(language);
    let people = PEOPLE.iter().map(|(login, role)| {
        let number: String = login.chars().filter(char::is_ascii_digit).collect();
        let role_word = role.word(words);
        let mut letters = role_word.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        let name = format!("{first}{} {number}", letters.as_str())
            .trim()
            .to_owned();
        let new = NewPerson {
            name,
            login: (*login).to_owned(),
            roles: [*role].into(),
            language,
            credential: Some(credential.clone()),
            ..NewPerson::default()
        };
        (new_id(), new)
    });
    staff::found(staff, people.collect())
}

/// The posts: the first cameras, in sets.
pub(super) fn posts<'c>(
    cameras: impl Iterator<Item = &'c Camera>,
    (seat, centre): (&str, &str),
    now: WallTime,
) -> Vec<Draft> {
    let known = Known {
        posts: &[],
        covers: &[],
        duties: &[],
        presences: &[],
        now,
        rules: Rules::default(),
    };
    let by = By {
        person: Id::from_bytes([0; 16]),
        seat,
        centre,
    };
    let cameras: Vec<&Camera> = cameras.take(CAMERAS * POSTS).collect();
    let named = |language, number: usize| {
        Words::new(language).with("demo-post", &[("number", number.into())])
    };
    cameras
        .chunks(CAMERAS)
        .enumerate()
        .filter_map(|(index, set)| {
            let watched = set.iter().map(|camera| Watched {
                camera: camera.id.clone(),
                shared: false,
            });
            let post = Post {
                name: Names {
                    kk: named(Language::Kk, index + 1),
                    ru: named(Language::Ru, index + 1),
                    en: named(Language::En, index + 1),
                },
                cameras: watched.collect(),
                ..Post::default()
            };
            post::save(&known, by, new_id(), &post).ok()
        })
        .collect()
}
