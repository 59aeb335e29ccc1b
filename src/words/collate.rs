//! The order of names: by the Kazakh alphabet, not by code point, and numbers by their value.

/// The Kazakh Cyrillic alphabet. It holds every Russian letter, in Russian order.
const ALPHABET: &str = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";

/// Orders names as a Kazakh (or Russian) dictionary does: compare keys instead of texts.
///
/// Case does not count, runs of digits count by their value ("камера 2" before "камера 10"),
/// Latin stands before Cyrillic, spaces and punctuation before both. Names that differ in nothing
/// but case or leading noughts are ordered by their code points, so that the order is total.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey {
    weights: Vec<u32>,
    text: String,
}

/// The key of `text`.
pub fn sort_key(text: &str) -> SortKey {
    const DIGITS: u32 = 0x1_0000;
    const LATIN: u32 = 0x2_0000;
    const CYRILLIC: u32 = 0x3_0000;
    const OTHER: u32 = 0x100_0000;

    let mut weights = Vec::with_capacity(text.len());
    let mut rest = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(letter) = rest.next() {
        if letter.is_ascii_digit() {
            let mut digits = vec![letter];
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let noughts = digits.iter().take_while(|d| **d == '0').count();
            let value = &digits[noughts..];
            // A longer number is a larger one; numbers of one length compare digit by digit.
            weights.push(DIGITS + value.len().min(0xffff) as u32);
            weights.extend(value.iter().map(|d| DIGITS + *d as u32));
        } else if let Some(place) = ALPHABET.chars().position(|known| known == letter) {
            weights.push(CYRILLIC + place as u32);
        } else if letter.is_ascii_alphabetic() {
            weights.push(LATIN + letter as u32);
        } else if letter.is_alphabetic() {
            weights.push(OTHER + letter as u32);
        } else {
            weights.push(letter as u32 & 0xffff);
        }
    }
    SortKey {
        weights,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_kazakh_alphabet() {
        let check = |sorted: &[&str]| {
            let mut names = sorted.to_vec();
            names.reverse();
            names.sort_by_cached_key(|name| sort_key(name));
            assert_eq!(names, sorted);
        };
        check(&["Абай", "Әбілқайыр", "Бөкенбай", "Ғани", "Дала"]);
        check(&[
            "Кеме",
            "Қала",
            "Лашын",
            "Наурыз",
            "Ңа",
            "Орал",
            "Өзен",
            "Парк",
        ]);
        check(&[
            "Сад",
            "Тау",
            "Уақыт",
            "Ұлы",
            "Үй",
            "Фонтан",
            "Хан",
            "Һә",
            "Цирк",
        ]);
        check(&["ыдыс", "ірі", "эра", "Юрта", "Яблоко"]);
        check(&["Ел", "Ёлка", "Жар"]);
        check(&["Камера 2", "Камера 10", "камера 100", "Камера А"]);
        check(&["102", "Aqtobe", "Ақтөбе"]);
    }

    #[test]
    fn the_order_is_total_and_case_counts_least() {
        assert!(sort_key("Абай") < sort_key("абай"), "by code point at last");
        assert!(sort_key("абай") < sort_key("Абайка"));
        assert_ne!(sort_key("камера 7"), sort_key("камера 07"));
    }

    #[test]
    fn the_alphabet_is_whole() {
        assert_eq!(ALPHABET.chars().count(), 42);
    }
}
