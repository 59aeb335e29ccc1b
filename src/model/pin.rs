//! Which PINs and passwords may be taken.
//!
//! The choices follow NIST SP 800-63B-4 (section 3.1.1.2) where a control room can: no rules of
//! composition and no change without a cause, at least eight characters, long ones welcome, common and
//! expected ones refused, Unicode normalised (NFKC). A PIN of at least six digits is allowed beside
//! that, which NIST allows only to open something that one has: here the guarded seat takes that place,
//! and the limit of tries in [`super::sign_in`] makes it hold.

use unicode_normalization::UnicodeNormalization as _;

use super::person::login_key;
use crate::words::Words;

/// The fewest digits of a PIN of digits only.
pub const LEAST_DIGITS: usize = 6;
/// The fewest characters of any other.
pub const LEAST_CHARACTERS: usize = 8;
/// The most characters of either.
pub const MOST_CHARACTERS: usize = 128;

/// Runs of keys and of signs; any part of one, in either direction, is expected.
const RUNS: [&str; 8] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "qwertyuiopasdfghjklzxcvbnm",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "147258369",
];

/// The commonest of six and more signs that no other rule finds, from the published lists of leaked
/// passwords, and the words of this house. Compared without digits and signs at the end.
const COMMON: [&str; 27] = [
    "159753",
    "142536",
    "password",
    "iloveyou",
    "welcome",
    "monkey",
    "dragon",
    "football",
    "sunshine",
    "princess",
    "letmein",
    "superman",
    "administrator",
    "admin",
    "inspector",
    "operator",
    "police",
    "qyran",
    "qazaqstan",
    "kazakhstan",
    "пароль",
    "құпиясөз",
    "полиция",
    "қазақстан",
    "казахстан",
    "инспектор",
    "қыран",
];

/// Why a PIN or a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinProblem {
    /// Fewer than six digits, or than eight characters.
    #[error("shorter than {LEAST_DIGITS} digits or {LEAST_CHARACTERS} characters")]
    TooShort,
    /// More than 128 characters.
    #[error("longer than {MOST_CHARACTERS} characters")]
    TooLong,
    /// A character that is not seen.
    #[error("it has a character that is not seen")]
    Character,
    /// One sign or one group over and over.
    #[error("it repeats itself")]
    Repeated,
    /// A row of keys, digits or letters.
    #[error("it is a row of digits, letters or keys")]
    Row,
    /// A date, as of a birthday.
    #[error("it is a date")]
    Date,
    /// One that many people take.
    #[error("many people take it")]
    Common,
    /// The login or the name is in it.
    #[error("the name or the login is in it")]
    Name,
    /// The same as before.
    #[error("it is the same as before")]
    Same,
}

impl PinProblem {
    /// In the operator's language.
    pub fn say(self, words: Words) -> String {
        match self {
            Self::TooShort => words.with(
                "pin-too-short",
                &[
                    ("digits", LEAST_DIGITS.into()),
                    ("characters", LEAST_CHARACTERS.into()),
                ],
            ),
            Self::TooLong => words.with("pin-too-long", &[("most", MOST_CHARACTERS.into())]),
            Self::Character => words.get("pin-character").into_owned(),
            Self::Repeated => words.get("pin-repeated").into_owned(),
            Self::Row => words.get("pin-row").into_owned(),
            Self::Date => words.get("pin-date").into_owned(),
            Self::Common => words.get("pin-common").into_owned(),
            Self::Name => words.get("pin-name").into_owned(),
            Self::Same => words.get("pin-same").into_owned(),
        }
    }
}

/// What is hashed: the text in NFKC, so that one keyboard's `й` is another's. A text too long to be a
/// PIN is cut after [`MOST_CHARACTERS`] and one more, which no PIN has.
pub fn normal(text: &str) -> String {
    text.chars()
        .take(MOST_CHARACTERS + 1)
        .collect::<String>()
        .nfkc()
        .collect()
}

/// Whether the person of `login` and `name` may take `text` as PIN or password.
///
/// # Errors
/// Why not.
pub fn check(text: &str, login: &str, name: &str) -> Result<(), PinProblem> {
    let text = normal(text);
    let length = text.chars().count();
    if length > MOST_CHARACTERS {
        return Err(PinProblem::TooLong);
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')) {
        return Err(PinProblem::Character);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if length
        < if digits {
            LEAST_DIGITS
        } else {
            LEAST_CHARACTERS
        }
    {
        return Err(PinProblem::TooShort);
    }
    let signs: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    if repeats(&signs) {
        return Err(PinProblem::Repeated);
    }
    if is_row(&signs) {
        return Err(PinProblem::Row);
    }
    if digits && is_date(&text) {
        return Err(PinProblem::Date);
    }
    let lower: String = signs.iter().collect();
    let bare = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    if COMMON
        .iter()
        .any(|common| lower == *common || bare == *common)
    {
        return Err(PinProblem::Common);
    }
    let key = login_key(&text);
    let names = name.split_whitespace().chain([login]).map(login_key);
    if names
        .into_iter()
        .any(|part| part.chars().count() >= 4 && key.contains(&part))
    {
        return Err(PinProblem::Name);
    }
    Ok(())
}

/// One group of at most four signs over and over, or only two different signs.
fn repeats(signs: &[char]) -> bool {
    let group = |size: usize| {
        signs.len() >= 2 * size
            && signs
                .iter()
                .zip(&signs[size..])
                .all(|(one, next)| one == next)
    };
    let mut different = signs.to_vec();
    different.sort_unstable();
    different.dedup();
    (1..=4).any(group) || different.len() <= 2
}

/// The whole of it is a row: of keys, or with one step from each digit to the next, or two rows.
fn is_row(signs: &[char]) -> bool {
    let run = |part: &[char]| {
        let text: String = part.iter().collect();
        let back: String = part.iter().rev().collect();
        RUNS.iter()
            .any(|run| run.contains(&text) || run.contains(&back))
    };
    let even = |part: &[char]| {
        part.iter().all(char::is_ascii_digit) && {
            let step = |pair: &[char]| (pair[1] as i32 - pair[0] as i32).rem_euclid(10);
            let first = part.windows(2).next().map(step);
            part.windows(2).all(|pair| Some(step(pair)) == first)
        }
    };
    run(signs)
        || even(signs)
        // 123321, 123789, qwer1234
        || (3..=signs.len().saturating_sub(3)).any(|at| run(&signs[..at]) && run(&signs[at..]))
}

/// Six or eight digits that a calendar has: day, month and year, or the year first.
fn is_date(digits: &str) -> bool {
    let part = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let fits = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    let year = |year: u32| (1920..=2039).contains(&year);
    match digits.len() {
        // Any two digits are a year.
        6 => {
            fits(part(0..2), part(2..4))
                || fits(part(2..4), part(0..2))
                || fits(part(4..6), part(2..4))
        }
        8 => {
            fits(part(0..2), part(2..4)) && year(part(4..8))
                || fits(part(2..4), part(0..2)) && year(part(4..8))
                || year(part(0..4)) && fits(part(6..8), part(4..6))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_pins_are_refused() {
        let check = |text: &str, expect: PinProblem| {
            let found = super::check(text, "inspector.7", "Аяулым Сейдахмет");
            assert_eq!(found, Err(expect), "{text:?}");
        };
        check("", PinProblem::TooShort);
        check("58203", PinProblem::TooShort);
        check("5820a7x", PinProblem::TooShort);
        check(&"7x".repeat(65), PinProblem::TooLong);
        check(&"a".repeat(1 << 20), PinProblem::TooLong);
        check("good\nword9", PinProblem::Character);
        check("good\u{202e}word9", PinProblem::Character);
        for repeated in [
            "000000",
            "111111",
            "121212",
            "123123",
            "787878",
            "абвгабвг",
            "aabbaaba",
        ] {
            check(repeated, PinProblem::Repeated);
        }
        for row in [
            "123456",
            "654321",
            "012345",
            "234567",
            "1234567890",
            "0987654321",
            "135791",
            "qwertyui",
            "йцукенгш",
            "фывапрол",
            "1q2w3e4r",
            "123321",
            "123789",
            "qwer1234",
            "asdf1234",
            "147258",
            "абвгдеёж",
        ] {
            check(row, PinProblem::Row);
        }
        for date in [
            "010190", "311299", "123185", "112233", "991231", "01011990", "20010531", "19850101",
        ] {
            check(date, PinProblem::Date);
        }
        for common in [
            "159753",
            "Password1!",
            "құпиясөз",
            "Құпиясөз2026",
            "iloveyou",
            "полиция102",
        ] {
            check(common, PinProblem::Common);
        }
        check("x-inspector.7", PinProblem::Name);
        check("аяулым99", PinProblem::Name);
        check("xxСЕЙДАХМЕТ", PinProblem::Name);
    }

    #[test]
    fn others_are_taken() {
        for text in [
            "580293",
            "739164",
            "4062957",
            "тас бұлақ 7",
            "correct horse battery",
            "Жел-тоқсан!",
        ] {
            assert_eq!(
                check(text, "inspector.7", "Инспектор 7"),
                Ok(()),
                "{text:?}"
            );
        }
        // Most of all PINs of six digits are left; a search over all of them is bounded by the limit
        // of tries, not by this list.
        let left = (0..1_000_000_u32)
            .step_by(17)
            .filter(|pin| check(&format!("{pin:06}"), "x1", "X").is_ok())
            .count();
        assert!(left > 880_000 / 17, "{left}");
    }

    #[test]
    fn one_text_is_one_pin_on_every_keyboard() {
        assert_eq!(normal("и\u{306}"), "й");
        assert_eq!(normal("１２３"), "123");
        assert!(normal(&"a".repeat(1 << 20)).len() <= 129);
    }
}
