//! Names that somebody may have meant.

/// The most names that are proposed.
const MOST: usize = 5;

/// Those of `known` that are most like `name`, the nearest first; of the same family (before the
/// point) or within three letters.
pub(super) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let family = |name: &str| name.split_once('.').map(|(family, _)| family.to_owned());
    let own = family(name);
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|other| {
            let apart = letters_apart(name, other);
            let related = own.is_some() && family(other) == own;
            (related || apart <= 3).then_some((apart, other))
        })
        .collect();
    found.sort_unstable();
    found.truncate(MOST);
    found.into_iter().map(|(_, name)| name).collect()
}

/// How many letters have to be put in, taken out or changed (Levenshtein's distance); the first 64
/// letters of each count.
fn letters_apart(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let changed = corner + usize::from(ca != *cb);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_found() {
        assert_eq!(letters_apart("kitten", "sitting"), 3);
        assert_eq!(letters_apart("", "abc"), 3);
        let known = ["bracelet.strap", "bracelet.zone", "plate.hit", "sos.call"];
        assert_eq!(near("bracelet.strp", known), known[..2]);
        assert_eq!(near("plate.hits", known), ["plate.hit"]);
        assert_eq!(near("soscall", known), ["sos.call"]);
        assert!(near("fire", known).is_empty());
    }
}
