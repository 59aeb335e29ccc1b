//! A handover on one A4 page, as HTML that needs nothing else.
//!
//! What does not fit is counted by kind, but critical items are never left out: when there are very
//! many they are set small and close, and only beyond that does a second page begin.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::handover::Handover;
use super::items::{Item, ItemKind};
use super::{after_secs, one_line};
use crate::base::clock::WallTime;
use crate::model::id::Id;
use crate::words::{Words, date_time, time};

/// Lines of items at the usual size: 65 lines of A4 less the head, the signatures and a margin for
/// letters that are wider than most.
const LINES: usize = 42;
/// Letters in a line at the usual size (9.5 points on 186 mm; a Cyrillic letter is 0.55 of its size).
const LETTERS: usize = 92;
/// Letters of items set small and close that take the place of one line.
const SMALL_LETTERS: usize = 190;
/// The most letters of an item that is not critical.
const MOST_LETTERS: usize = 2 * LETTERS - 10;
/// The most letters of a name.
const NAME_LETTERS: usize = 48;
/// The most kinds of acts in the summary of the day.
const MOST_COUNTS: usize = 12;
/// The most posts named.
const MOST_POSTS: usize = 6;

/// What happened in the 24 hours before a handover, counted by the kind of act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// How many of each kind.
    pub counts: BTreeMap<String, u32>,
}

impl Day {
    /// Counts the acts of the 24 hours before `until`.
    pub fn of<'a>(acts: impl IntoIterator<Item = (WallTime, &'a str)>, until: WallTime) -> Self {
        let mut counts = BTreeMap::new();
        for (at, kind) in acts {
            if at <= until && until < after_secs(at, 24 * 3600) {
                *counts.entry(kind.to_owned()).or_default() += 1;
            }
        }
        Self { counts }
    }
}

/// What the page needs besides the handover.
#[derive(Clone, Copy)]
pub struct Paper<'a> {
    /// In which words.
    pub words: Words,
    /// In which time zone times are written.
    pub zone: &'a TimeZone,
    /// The name of a person or a post.
    pub named: &'a dyn Fn(Id) -> String,
    /// What happened in the last 24 hours.
    pub day: &'a Day,
    /// When it is printed.
    pub printed: WallTime,
}

/// The page.
pub fn page(handover: &Handover, paper: &Paper<'_>) -> String {
    let words = paper.words;
    let title = escaped(&words.get("handover-title"));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        words.language().tag(),
    );
    head(&mut out, handover, paper);
    let holds = |item: &&Item| item.over.is_none();
    let (critical, usual): (Vec<&Item>, Vec<&Item>) = handover
        .items
        .iter()
        .filter(holds)
        .partition(|i| i.critical);
    let critical: Vec<String> = critical
        .iter()
        .map(|item| told(item, paper, None))
        .collect();
    let left = write_critical(&mut out, &critical, words);
    write_usual(&mut out, &usual, left, paper);
    feet(&mut out, handover, paper);
    out.push_str("</body>\n</html>\n");
    out
}

const STYLE: &str = "@page{size:A4;margin:12mm}\
    html{background:#fff;color:#000}\
    body{font:9.5pt/1.25 'Noto Sans','DejaVu Sans',Arial,sans-serif;margin:0;overflow-wrap:anywhere}\
    h1{font-size:14pt;margin:0 0 2mm}h2{font-size:10pt;margin:1.5mm 0 .5mm}\
    p{margin:.5mm 0}ul{margin:0;padding:0;list-style:none}\
    .critical li,.small{font-weight:600}.small{font-size:6.5pt;line-height:1.15}\
    .sign{margin-top:5mm}.sign span{display:inline-block;min-width:55mm;border-bottom:.3mm solid #000}";

fn head(out: &mut String, handover: &Handover, paper: &Paper<'_>) {
    let words = paper.words;
    let at =
        |at: Option<WallTime>| at.map_or_else(|| "–".to_owned(), |at| date_time(at, paper.zone));
    let line = |out: &mut String, key: &str, said: &str| {
        let key = escaped(&words.get(key));
        writeln!(out, "<p><b>{key}</b> {}</p>", escaped(said)).ok(); // A string takes all.
    };
    let person = |person: Option<Id>, seat: &str| match person {
        Some(person) => {
            let seat = clipped(&one_line(seat), NAME_LETTERS);
            format!("{} · {seat}", name(person, paper))
        }
        None => "–".to_owned(),
    };
    line(
        out,
        "handover-from",
        &person(Some(handover.from), &handover.from_seat),
    );
    line(out, "handover-to", &person(handover.to, &handover.to_seat));
    let mut posts: Vec<String> = handover
        .posts
        .iter()
        .take(MOST_POSTS)
        .map(|post| name(*post, paper))
        .collect();
    if handover.posts.len() > MOST_POSTS {
        posts.push("…".to_owned());
    }
    line(out, "handover-posts", &posts.join(", "));
    let state = format!(
        "{} · {} – {}",
        words.get(handover.state.key()),
        at(handover.offered),
        at(handover.ended)
    );
    line(out, "handover-state", &state);
    let mut counts: Vec<(&String, &u32)> = paper.day.counts.iter().collect();
    counts.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), (*kind).clone()));
    let counts: Vec<String> = counts
        .into_iter()
        .filter_map(|(kind, count)| {
            let key = format!("act-{kind}");
            words
                .has(&key)
                .then(|| format!("{}: {count}", words.get(&key)))
        })
        .take(MOST_COUNTS)
        .collect();
    if !counts.is_empty() {
        line(out, "handover-day", &counts.join("; "));
    }
}

/// Writes the critical items, all of them; answers how many lines are left.
fn write_critical(out: &mut String, items: &[String], words: Words) -> usize {
    if items.is_empty() {
        return LINES;
    }
    let lines: usize = items.iter().map(|item| lines_of(item)).sum::<usize>() + 2;
    let title = escaped(&words.get("handover-critical"));
    writeln!(out, "<h2>‼ {title}: {}</h2>", items.len()).ok(); // A string takes all.
    if lines <= LINES {
        out.push_str("<ul class=\"critical\">\n");
        for item in items {
            writeln!(out, "<li>‼ {}</li>", escaped(item)).ok(); // A string takes all.
        }
        out.push_str("</ul>\n");
        return LINES - lines;
    }
    let all = items.join("  ‼ ");
    writeln!(out, "<p class=\"small\">‼ {}</p>", escaped(&all)).ok(); // A string takes all.
    LINES.saturating_sub(2 + all.chars().count().div_ceil(SMALL_LETTERS))
}

/// Writes what fits of the others, some of each kind, and how many of each kind do not fit.
fn write_usual(out: &mut String, items: &[&Item], lines: usize, paper: &Paper<'_>) {
    let words = paper.words;
    let mut kinds: Vec<(ItemKind, Vec<&Item>)> = ItemKind::ALL
        .iter()
        .map(|kind| {
            let of_kind = items.iter().filter(|item| item.kind == *kind);
            (*kind, of_kind.copied().collect())
        })
        .filter(|(_, items): &(_, Vec<&Item>)| !items.is_empty())
        .collect();
    for (_, items) in &mut kinds {
        items.sort_by_key(|item| !item.is_unread());
    }
    // What counts the rest is two lines at most; a heading takes two.
    let mut left = lines.saturating_sub(2);
    let mut shown: Vec<Vec<String>> = vec![Vec::new(); kinds.len()];
    let mut open: Vec<bool> = vec![true; kinds.len()];
    while open.contains(&true) {
        for (place, (_, items)) in kinds.iter().enumerate() {
            let Some(item) = items.get(shown[place].len()).filter(|_| open[place]) else {
                open[place] = false;
                continue;
            };
            let said = told(item, paper, Some(MOST_LETTERS));
            let needs = lines_of(&said) + if shown[place].is_empty() { 2 } else { 0 };
            if needs > left {
                open[place] = false;
                continue;
            }
            left -= needs;
            shown[place].push(said);
        }
    }
    let mut rest = Vec::new();
    for ((kind, items), shown) in kinds.iter().zip(&shown) {
        let kind_words = words.get(kind.key());
        let total: u32 = items.iter().map(|item| item.count).sum();
        let more: u32 = items[shown.len()..].iter().map(|item| item.count).sum();
        if !shown.is_empty() {
            let title = escaped(&kind_words);
            writeln!(out, "<h2>{title}: {total}</h2>\n<ul>").ok(); // A string takes all.
            for item in shown {
                writeln!(out, "<li>• {}</li>", escaped(item)).ok(); // A string takes all.
            }
            out.push_str("</ul>\n");
        }
        if more > 0 {
            rest.push(format!("{kind_words} {more}"));
        }
    }
    if !rest.is_empty() {
        let said = words.with("handover-more", &[("kinds", rest.join(", ").into())]);
        writeln!(out, "<p><b>{}</b></p>", escaped(&said)).ok(); // A string takes all.
    }
}

fn feet(out: &mut String, handover: &Handover, paper: &Paper<'_>) {
    let words = paper.words;
    let sign = |key: &str, person: Option<Id>| {
        let who = person.map_or_else(String::new, |person| name(person, paper));
        format!(
            "<p class=\"sign\">{}: {} <span></span></p>\n",
            escaped(&words.get(key)),
            escaped(&who)
        )
    };
    out.push_str(&sign("handover-signed-from", Some(handover.from)));
    out.push_str(&sign("handover-signed-to", handover.to));
    let printed = date_time(paper.printed, paper.zone);
    let said = words.with("handover-printed", &[("at", printed.into())]);
    writeln!(out, "<p>{}</p>", escaped(&said)).ok(); // A string takes all.
}

/// An item in words: what it is, whether it was read, at most `most` letters of it.
fn told(item: &Item, paper: &Paper<'_>, most: Option<usize>) -> String {
    let words = paper.words;
    let said = item.said(words, paper.named);
    let kind = words.get(item.kind.key());
    let said = match (item.critical, said.is_empty()) {
        (true, false) => format!("{kind}: {said}"),
        (false, false) => said,
        (_, true) => kind.into_owned(),
    };
    let said = match most {
        Some(most) => clipped(&said, most),
        None => said,
    };
    match item.read_at {
        Some(at) if item.read_by.is_some() => format!("{said} (✓ {})", time(at, paper.zone)),
        _ => format!("{said} ({})", words.get("handover-unread")),
    }
}

fn name(id: Id, paper: &Paper<'_>) -> String {
    clipped(&one_line(&(paper.named)(id)), NAME_LETTERS)
}

fn lines_of(text: &str) -> usize {
    (text.chars().count() + 2).div_ceil(LETTERS)
}

/// At most `most` letters, the last of them “…” when some were cut.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A text as it stands in HTML, in an element or an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::handover::HandoverState;
    use super::super::world::id;
    use super::*;
    use crate::model::camera::Names;
    use crate::words::Language;

    fn handover(items: Vec<Item>) -> Handover {
        let at = WallTime::from_micros(1_800_000_000_000_000);
        Handover {
            from: id(1),
            from_seat: "seat-1".to_owned(),
            to: Some(id(2)),
            to_seat: "seat-2".to_owned(),
            posts: vec![id(100)],
            state: HandoverState::Finished,
            items,
            drafted: at,
            offered: Some(at),
            opened: Some(at),
            ended: Some(after_secs(at, 300)),
        }
    }

    fn printed(handover: &Handover, language: Language, day: &Day) -> String {
        let named = |person: Id| format!("Inspector {person:?}");
        page(
            handover,
            &Paper {
                words: Words::new(language),
                zone: &TimeZone::fixed(jiff::tz::offset(5)),
                named: &named,
                day,
                printed: WallTime::from_micros(1_800_000_400_000_000),
            },
        )
    }

    fn item(kind: ItemKind, number: usize, critical: bool) -> Item {
        Item {
            critical,
            text: format!("№{number} of {kind:?}"),
            ..Item::new(kind, number.to_string(), Names::default())
        }
    }

    /// Lines that the body takes by the page's own measure.
    fn lines(page: &str) -> usize {
        page.lines()
            .filter(|line| line.starts_with("<li>") || line.starts_with("<h2>"))
            .map(|line| {
                if line.starts_with("<h2>") {
                    2
                } else {
                    lines_of(&line.replace("<li>", "").replace("</li>", ""))
                }
            })
            .sum()
    }

    #[test]
    fn a_page_names_both_and_says_what_happened_in_every_language() {
        let noon = WallTime::from_micros(1_800_000_000_000_000);
        let day = Day::of(
            [
                (noon, "cover-accepted"),
                (noon, "cover-accepted"),
                (noon, "no-such-kind"),
                (WallTime(0), "post-taken"),
                (after_secs(noon, 1), "post-taken"),
            ],
            noon,
        );
        assert_eq!(day.counts["cover-accepted"], 2);
        assert_eq!(day.counts.len(), 2);
        let handover = handover(vec![item(ItemKind::Note, 1, true)]);
        for language in Language::ALL {
            let page = printed(&handover, language, &day);
            assert!(page.contains(&format!("lang=\"{}\"", language.tag())));
            for person in [1, 2] {
                assert!(page.contains(&format!("{:?}", id(person))));
            }
            assert!(page.contains(": 2</p>"), "the day: {page}");
            assert!(page.contains("№1"));
            assert!(!page.contains('[') && !page.contains("{$"), "{page}");
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_by_kind() {
        let mut items: Vec<Item> = (0..500)
            .map(|number| item(ItemKind::DeadCamera, number, false))
            .collect();
        items.push(Item {
            count: 7000,
            ..item(ItemKind::DeadCamera, 500, false)
        });
        items.extend((0..40).map(|number| item(ItemKind::Note, number, false)));
        items.extend((0..5).map(|number| item(ItemKind::OpenCase, number, true)));
        let page = printed(&handover(items), Language::En, &Day::default());
        assert!(lines(&page) <= LINES, "{} lines", lines(&page));
        for number in 0..5 {
            assert!(page.contains(&format!("№{number} of OpenCase")));
        }
        let shown = |kind: &str| page.matches(&format!("of {kind} (")).count();
        let (cameras, notes) = (shown("DeadCamera"), shown("Note"));
        assert!(cameras >= 5 && notes >= 5, "{cameras} and {notes}");
        let words = Words::new(Language::En);
        for (kind, more) in [
            (ItemKind::DeadCamera, 7500 - cameras),
            (ItemKind::Note, 40 - notes),
        ] {
            let said = format!("{} {more}", words.get(kind.key()));
            assert!(page.contains(&said), "{said} in {page}");
        }
    }

    #[test]
    fn critical_items_are_never_cut() {
        for count in [30, 60, 200] {
            let items: Vec<Item> = (0..count)
                .map(|number| item(ItemKind::DeadCamera, number, true))
                .collect();
            let page = printed(&handover(items), Language::Ru, &Day::default());
            for number in 0..count {
                assert!(page.contains(&format!("№{number} of ")));
            }
            assert!(lines(&page) <= LINES);
        }
        let long = Item {
            text: "ж".repeat(400),
            ..item(ItemKind::Note, 0, true)
        };
        let page = printed(&handover(vec![long]), Language::Kk, &Day::default());
        assert!(page.contains(&"ж".repeat(400)));
    }

    #[test]
    fn hostile_text_stays_text() {
        let evil = "</li><script>alert('x')</script>\u{202e}<img src=x onerror=\"y\">&amp;\u{0}";
        let mut handover = handover(vec![Item {
            text: evil.to_owned(),
            word: evil.to_owned(),
            name: Names::same(evil),
            about: evil.to_owned(),
            ..item(ItemKind::Note, 0, false)
        }]);
        handover.from_seat = evil.to_owned();
        let named = |_: Id| evil.to_owned();
        let mut day = Day::default();
        day.counts.insert(evil.to_owned(), 1);
        let page = page(
            &handover,
            &Paper {
                words: Words::new(Language::En),
                zone: &TimeZone::UTC,
                named: &named,
                day: &day,
                printed: WallTime(0),
            },
        );
        for part in ["<script", "<img", "\"y\"", "\u{202e}", "\u{0}"] {
            assert!(!page.contains(part), "{part:?} in {page}");
        }
        assert!(page.contains("&lt;script&gt;"));
    }
}
