//! Numbers as people of each language write them.

use super::Language;

/// U+00A0: groups digits in Kazakh and Russian, as in CLDR.
const NO_BREAK_SPACE: char = '\u{a0}';

/// A number with exactly `digits` digits after the decimal mark, its whole part in groups of three.
///
/// Kazakh and Russian: decimal comma, no-break space between groups. English: point and comma.
/// What is not a number is written as a dash.
pub fn number(language: Language, value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{value:.digits$}");
    let (sign, plain) = match plain.strip_prefix('-') {
        // Minus nought is nought.
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => ("", rest),
        Some(rest) => ("-", rest),
        None => ("", plain.as_str()),
    };
    let (group, mark) = match language {
        Language::Kk | Language::Ru => (NO_BREAK_SPACE, ','),
        Language::En => (',', '.'),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3 + 1);
    text.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(mark);
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_marks() {
        let check = |value: f64, digits: usize, kk_ru: &str, en: &str| {
            assert_eq!(number(Language::Kk, value, digits), kk_ru);
            assert_eq!(number(Language::Ru, value, digits), kk_ru);
            assert_eq!(number(Language::En, value, digits), en);
        };
        check(0.0, 0, "0", "0");
        check(999.0, 0, "999", "999");
        check(1303.0, 0, "1\u{a0}303", "1,303");
        check(57_000.0, 0, "57\u{a0}000", "57,000");
        check(1_234_567.891, 2, "1\u{a0}234\u{a0}567,89", "1,234,567.89");
        check(0.625, 1, "0,6", "0.6");
        check(-1500.5, 1, "-1\u{a0}500,5", "-1,500.5");
        check(-0.01, 1, "0,0", "0.0");
        check(f64::NAN, 1, "–", "–");
    }
}
