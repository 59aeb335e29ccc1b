//! Tests over the three files of messages and over the sources that use them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Language, Value, Words, faults, font, source};

/// Messages that no source names yet. Take a key off when the program begins to speak it.
const NOT_SPOKEN_YET: &[&str] = &[
    "app-name",
    "app-tagline",
    "link-backoff",
    "reason-waiting-keyframe",
    "reason-retry-in",
    "status-clock",
    "count-cameras",
    "command-layout",
    "command-layout-automatic",
    "command-layout-columns",
    "command-quit",
    "help-arrows",
    "help-click",
    "error-passwords-open",
];

/// Latin words that may stand in Kazakh and Russian text.
const LATIN_ALLOWED: &[&str] = &[
    "RTSP",
    "UTF",
    "GPU",
    "GStreamer",
    "Vulkan",
    "OpenGL",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "HOME",
    "XDG",
    "config",
    "doctor",
    "fetch",
    "models",
    "py",
    "qyran",
    "data",
    "PgUp",
    "PgDn",
    "Shift",
    "Ins",
    "Del",
    "Ctrl",
    "Enter",
    "SOS",
    "CSV",
    "UTC",
    "TLS",
    "HTTP",
    "DNS",
    "IP",
    "H",
    "MJPEG",
    "Digest",
    "Basic",
    "rtsp",
    "rtspu",
    "passwords",
    "camera_certificates",
    "JPEG",
    "SDP",
    "SHA",
    "Qyran",
    "seconds",
    "csv",
    "toml",
    "certificates",
    "forget",
];

/// Key → text of one language's file.
fn messages(language: Language) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut last = None;
    for line in source(language).lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        if line.starts_with(' ') {
            let key: &String = last.as_ref().expect("a continuation follows a message");
            let text: &mut String = found.get_mut(key).expect("the message before");
            text.push('\n');
            text.push_str(line);
            continue;
        }
        let (key, text) = line.split_once(" = ").expect("key = text");
        let before = found.insert(key.to_owned(), text.to_owned());
        assert!(before.is_none(), "{key} stands twice in {}", language.tag());
        last = Some(key.to_owned());
    }
    assert!(found.len() > 80, "the file of {} is read", language.tag());
    found
}

/// The `$variables` in a text.
fn variables(text: &str) -> BTreeSet<&str> {
    text.match_indices('$')
        .map(|(at, _)| {
            let rest = &text[at + 1..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

/// The text without `{ … }` variables and without the names of plural forms.
fn spoken(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        let line = match line.find(']') {
            Some(end) if line.starts_with('[') || line.starts_with("*[") => &line[end + 1..],
            _ => line,
        };
        let mut depth = 0_u32;
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ if depth == 0 => out.push(c),
                _ => {}
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_three_files_say_the_same_things() {
    let english = messages(Language::En);
    for language in [Language::Kk, Language::Ru] {
        let other = messages(language);
        let keys = |m: &BTreeMap<String, String>| m.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&other), keys(&english), "keys of {}", language.tag());
        for (key, text) in &other {
            assert_eq!(
                variables(text),
                variables(&english[key]),
                "variables of {key} in {}",
                language.tag()
            );
        }
    }
}

#[test]
fn every_message_can_be_spoken() {
    for language in Language::ALL {
        let words = Words::new(language);
        for (key, text) in messages(language) {
            let names = variables(&text);
            let values: Vec<(&str, Value<'_>)> =
                names.iter().map(|name| (*name, Value::Whole(5))).collect();
            let said = words.with(&key, &values);
            assert!(
                !said.trim().is_empty(),
                "{key} is empty in {}",
                language.tag()
            );
            assert!(
                !said.contains(['{', '}', '\u{2068}', '\u{2069}']),
                "{key} in {}: {said:?}",
                language.tag()
            );
        }
    }
}

#[test]
fn kazakh_and_russian_hold_no_stray_latin() {
    for language in [Language::Kk, Language::Ru] {
        for (key, text) in messages(language) {
            let said = spoken(&text);
            let strays: Vec<&str> = said
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()))
                .filter(|word| !LATIN_ALLOWED.contains(word))
                .collect();
            assert!(strays.is_empty(), "{key} in {}: {strays:?}", language.tag());
        }
    }
    assert_eq!(
        spoken("{ $a ->\n    [one] x { $b } y\n  }")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["x", "y"],
        "the scan sees text and nothing else"
    );
}

#[test]
fn words_on_a_tile_are_short() {
    for language in Language::ALL {
        for (key, text) in messages(language) {
            let on_a_tile = ["link-", "picture-", "admin-", "load-"];
            if on_a_tile.iter().any(|prefix| key.starts_with(prefix)) {
                let length = text.chars().count();
                assert!(length <= 20, "{key} in {} has {length}", language.tag());
            }
        }
    }
}

#[test]
fn plural_forms_follow_the_number() {
    let check = |language: Language, count: u32, expect: &str| {
        let words = Words::new(language);
        let said = words.with("count-cameras", &[("count", count.into())]);
        assert_eq!(said, expect, "{}", language.tag());
    };
    check(Language::Ru, 1, "1 камера");
    check(Language::Ru, 2, "2 камеры");
    check(Language::Ru, 5, "5 камер");
    check(Language::Ru, 11, "11 камер");
    check(Language::Ru, 21, "21 камера");
    check(Language::Ru, 0, "0 камер");
    check(Language::Ru, 1303, "1\u{a0}303 камеры");
    check(Language::Kk, 1, "1 камера");
    check(Language::Kk, 45, "45 камера");
    check(Language::En, 1, "1 camera");
    check(Language::En, 9000, "9,000 cameras");
}

#[test]
fn numbers_in_messages_follow_the_language() {
    let cores = Value::Decimal {
        value: 0.625,
        digits: 1,
    };
    let said =
        |language| Words::new(language).with("status-processor", &[("cores", cores.clone())]);
    assert_eq!(said(Language::Ru), "Процессор 0,6 ядра");
    assert_eq!(said(Language::Kk), "Процессор 0,6 ядро");
    assert_eq!(said(Language::En), "Processor 0.6 cores");
}

#[test]
fn a_missing_message_shows_its_key_and_is_counted_once() {
    let words = Words::new(Language::Kk);
    let before = faults();
    assert_eq!(words.get("no-such-message"), "[no-such-message]");
    assert_eq!(words.with("no-such-message", &[]), "[no-such-message]");
    assert_eq!(words.get("age-seconds"), "{$seconds} с");
    let added = faults() - before;
    assert!(
        (2..=4).contains(&added),
        "{added}: each fault once, other tests beside this one"
    );
}

#[test]
fn words_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + Copy>() {}
    shared::<Words>();
}

/// All Rust sources below `folder`, without this module's own.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("src/words") {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The keys that `words.get("…")` and `words.with("…")` ask for in a source.
fn asked_for(text: &str) -> Vec<String> {
    let dense: String = text.split_whitespace().collect();
    [
        "words.get(\"",
        "words.with(\"",
        "words().get(\"",
        "words().with(\"",
    ]
    .iter()
    .flat_map(|call| {
        dense
            .match_indices(call)
            .map(move |(at, _)| at + call.len())
    })
    .filter_map(|start| dense[start..].split('"').next().map(str::to_owned))
    .collect()
}

#[test]
fn sources_and_messages_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known = messages(Language::En);
    let texts: Vec<(PathBuf, String)> = sources(&root)
        .into_iter()
        .filter(|path| !path.ends_with("words/checks.rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source");
            (path, text)
        })
        .collect();
    for (path, text) in &texts {
        for key in asked_for(text) {
            assert!(
                known.contains_key(&key),
                "{} asks for {key:?}",
                path.display()
            );
        }
    }
    for key in known.keys() {
        let quoted = format!("\"{key}\"");
        // What is overlooked has its names in the client, which knows no words.
        let name = key.strip_prefix("leniency-");
        let named = name.map(|name| format!("\"{name}\""));
        let spoken = texts.iter().any(|(_, text)| {
            text.contains(&quoted) || named.as_ref().is_some_and(|named| text.contains(named))
        });
        let listed = NOT_SPOKEN_YET.contains(&key.as_str());
        assert!(spoken || listed, "nothing speaks {key}");
        assert!(!(spoken && listed), "{key} is spoken: take it off the list");
    }
    for key in NOT_SPOKEN_YET {
        assert!(known.contains_key(*key), "{key} is no message");
    }
    assert_eq!(
        asked_for("words\n  .get(\n \"a-b\")"),
        ["a-b"],
        "the scan sees calls"
    );
}

/// The fonts as the program sets them up: text first, shapes and arrows behind.
fn fonts(text: &'static [u8]) -> egui::epaint::text::Fonts {
    use egui::{FontData, FontDefinitions, FontFamily};
    let mut definitions = FontDefinitions::empty();
    let faces = [
        ("text", text),
        ("shapes", font::SHAPES),
        ("arrows", font::ARROWS),
    ];
    for (name, bytes) in faces {
        let data = std::sync::Arc::new(FontData::from_static(bytes));
        definitions.font_data.insert(name.to_owned(), data);
        for family in [FontFamily::Proportional, FontFamily::Monospace] {
            definitions
                .families
                .entry(family)
                .or_default()
                .push(name.to_owned());
        }
    }
    egui::epaint::text::Fonts::new(egui::epaint::TextOptions::default(), definitions)
}

#[test]
fn every_letter_and_sign_has_a_glyph() {
    let id = egui::FontId::proportional(16.0);
    let mut wanted: BTreeSet<char> = "ӘәҒғҚқҢңӨөҰұҮүҺһІі".chars().collect();
    wanted.extend(font::SIGNS.chars());
    wanted.extend("\u{a0}0123456789".chars());
    for language in Language::ALL {
        wanted.extend(source(language).chars().filter(|c| *c != '\n'));
        wanted.extend(language.own_name().chars());
    }
    for face in [font::REGULAR, font::SEMIBOLD] {
        let mut fonts = fonts(face);
        let missing: String = wanted
            .iter()
            .filter(|c| !fonts.has_glyph(&id, **c))
            .collect();
        assert_eq!(missing, "");
        assert!(!fonts.has_glyph(&id, '漢'), "the check can fail");
        let mut view = fonts.with_pixels_per_point(1.0);
        let widths: BTreeSet<u32> = ('0'..='9')
            .map(|digit| view.glyph_width(&id, digit).to_bits())
            .collect();
        assert_eq!(widths.len(), 1, "digits have one width");
    }
}
