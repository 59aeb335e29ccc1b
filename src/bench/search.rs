//! Finding the largest number that is still good, in few tries that each cost time.

/// Doubles while it is good, then halves the gap until it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    first: usize,
    most: usize,
    good: Option<usize>,
    bad: Option<usize>,
}

impl Search {
    /// Begins at `first` and never asks for more than `most`.
    pub(super) fn new(first: usize, most: usize) -> Self {
        let most = most.max(1);
        Self {
            first: first.clamp(1, most),
            most,
            good: None,
            bad: None,
        }
    }

    /// What to try next; `None` when it is known well enough: to an eighth, or to one.
    pub(super) fn next(&self) -> Option<usize> {
        match (self.good, self.bad) {
            (None, None) => Some(self.first),
            (Some(good), None) if good >= self.most => None,
            (Some(good), None) => Some((good * 2).min(self.most)),
            (good, Some(bad)) => {
                let good = good.unwrap_or(0);
                let close = (bad - good) <= (good / 8).max(1);
                (!close).then_some(usize::midpoint(good, bad))
            }
        }
    }

    /// A try was good or bad. What contradicts an earlier try is taken on the safe side.
    pub(super) fn tried(&mut self, number: usize, was_good: bool) {
        if was_good {
            self.good = Some(self.good.map_or(number, |good| good.max(number)));
        } else {
            self.bad = Some(self.bad.map_or(number, |bad| bad.min(number)));
            self.good = self.good.filter(|good| *good < number);
        }
    }

    /// The largest that was good; 0 when none was.
    pub(super) fn good(&self) -> usize {
        self.good.unwrap_or(0)
    }

    /// The smallest that was bad, if one was.
    pub(super) fn bad(&self) -> Option<usize> {
        self.bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_found_to_an_eighth_in_few_tries() {
        for limit in [0, 1, 2, 5, 17, 24, 31, 45, 63, 64, 100, 200, 255, 256, 900] {
            let mut search = Search::new(24, 256);
            let mut tries = 0;
            while let Some(number) = search.next() {
                assert!((1..=256).contains(&number));
                search.tried(number, number <= limit);
                tries += 1;
                assert!(tries <= 9, "limit {limit}: {search:?}");
            }
            let reach = limit.min(256);
            assert!(search.good() <= reach, "{limit}: {search:?}");
            match search.bad() {
                None => assert_eq!(search.good(), 256),
                Some(bad) => {
                    assert!(bad > limit, "{limit}: {search:?}");
                    assert!(bad - search.good() <= (search.good() / 8).max(1));
                }
            }
        }
    }

    #[test]
    fn a_contradiction_is_taken_on_the_safe_side() {
        let mut search = Search::new(32, 256);
        search.tried(32, true);
        search.tried(64, true);
        search.tried(48, false);
        assert_eq!((search.good(), search.bad()), (0, Some(48)));
        search.tried(24, true);
        assert_eq!((search.good(), search.next()), (24, Some(36)));
    }
}
