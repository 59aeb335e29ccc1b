//! What one crate does not hold by itself: arrows between modules, who may name whom, licences,
//! links, and things that must stand in no file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Module → modules of this crate that it may name besides itself.
///
/// Layers: base ← words ← model ← pixels ← {media, gpu, detect, alert, case, link, sound, store} ← app ← ui;
/// the commands hang on main and take what they need.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("words", &["base"]),
    ("model", &["base", "words"]),
    ("pixels", &["base", "words", "model"]),
    ("media", &["base", "words", "model", "pixels"]),
    ("gpu", &["base", "words", "model", "pixels"]),
    ("detect", &["base", "words", "model", "pixels"]),
    ("alert", &["base", "words", "model", "pixels"]),
    ("case", &["base", "words", "model", "pixels"]),
    ("link", &["base", "words", "model", "pixels"]),
    ("sound", &["base", "words", "model"]),
    ("store", &["base", "words", "model", "pixels"]),
    (
        "app",
        &[
            "base", "words", "model", "pixels", "media", "gpu", "detect", "alert", "case", "link",
            "sound", "store",
            // eframe wants the function that draws when the app is made; that one name goes up.
            "ui",
        ],
    ),
    (
        "ui",
        &[
            "base", "words", "model", "pixels", "media", "gpu", "detect", "app", "store",
        ],
    ),
    ("city", &["base", "words", "model", "store", "link"]),
    ("desk", &["base", "words", "model", "store", "link"]),
    (
        "doctor",
        &[
            "base", "words", "model", "store", "link", "media", "gpu", "detect", "city",
        ],
    ),
    ("passwords", &["base", "words", "model", "store"]),
    ("certificates", &["base", "words", "model", "store"]),
    ("probe", &["base", "words", "model", "media", "store"]),
    ("emit", &["base", "words", "model", "store", "link"]),
    (
        "bench",
        &[
            "base", "words", "model", "pixels", "store", "link", "media", "gpu", "detect", "sound",
            "app", "ui", "city", "demo", "trial",
        ],
    ),
    ("demo", &["base", "words", "store", "app", "city"]),
    ("people", &["base", "words", "model", "store"]),
    ("audit", &["base", "words", "model", "store"]),
    ("keeping", &["base", "words", "model", "store"]),
    (
        "trial",
        &[
            "base", "words", "model", "pixels", "media", "detect", "store", "app",
        ],
    ),
];

/// A foreign crate → the places that may name it.
const NAMES: &[(&str, &[&str])] = &[
    ("gstreamer", &["src/media/"]),
    ("gstreamer_app", &["src/media/"]),
    ("gstreamer_video", &["src/media/"]),
    ("qyran_rtsp", &["src/media/", "src/city/tests/"]),
    ("landlock", &["src/base/"]),
    ("ort", &["src/detect/"]),
    ("wgpu", &["src/gpu/", "src/app/", "src/ui/"]),
    ("egui_wgpu", &["src/gpu/", "src/app/", "src/ui/"]),
    ("reqwest", &["src/link/"]),
    ("rodio", &["src/doctor/", "src/sound/"]),
    (
        "egui",
        &["src/ui/", "src/app/", "src/gpu/", "src/words/checks.rs"],
    ),
    ("axum", &["src/city/", "src/desk/", "src/link/intake/"]),
    ("secret_service", &["src/store/secrets/"]),
    ("rpassword", &["src/passwords/", "src/probe/"]),
];

/// Where printing is the output of a command.
const MAY_PRINT: &[&str] = &[
    // To whoever runs tests.
    "src/base/skipped.rs",
    "src/main.rs",
    "src/doctor/",
    "src/bench/",
    "src/city/",
    "src/demo/",
    "src/people/",
    "src/audit/",
    "src/keeping/",
    "src/trial/",
    "src/passwords/",
    "src/certificates/",
    "src/probe/",
    "src/emit/",
    "src/app/start.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the project with one of the endings, as (path from the root, text).
fn files(endings: &[&str]) -> Vec<(String, String)> {
    const NOT_OURS: [&str; 3] = ["target", ".git", "shared"];
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)
            .expect("a folder of the project")
            .flatten()
        {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().expect("a kind").is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending))
                && let Ok(text) = fs::read_to_string(&path)
            {
                let from_root = path.strip_prefix(root()).expect("inside");
                found.push((from_root.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "files ending in {endings:?} are found");
    found
}

fn sources() -> Vec<(String, String)> {
    let mut found = files(&[".rs"]);
    found.retain(|(path, _)| path.starts_with("src/"));
    found
}

/// A source without comments and without the contents of strings, so that words in prose do not
/// count. Line breaks stay.
fn code(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let next = |at: usize| bytes.get(at + 1).copied();
    while at < bytes.len() {
        match bytes[at] {
            '/' if next(at) == Some('/') => {
                while at < bytes.len() && bytes[at] != '\n' {
                    at += 1;
                }
            }
            '/' if next(at) == Some('*') => {
                while at < bytes.len() && !(bytes[at] == '*' && next(at) == Some('/')) {
                    at += 1;
                }
                at += 2;
            }
            // A raw string: as many marks behind as before.
            'r' if matches!(next(at), Some('"' | '#'))
                && !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') =>
            {
                let marks = bytes[at + 1..].iter().take_while(|c| **c == '#').count();
                if bytes.get(at + 1 + marks) != Some(&'"') {
                    out.push('r');
                    at += 1;
                    continue;
                }
                at += marks + 2;
                while at < bytes.len()
                    && !(bytes[at] == '"'
                        && bytes[at + 1..]
                            .iter()
                            .take(marks)
                            .filter(|c| **c == '#')
                            .count()
                            == marks)
                {
                    if bytes[at] == '\n' {
                        out.push('\n');
                    }
                    at += 1;
                }
                at += marks + 1;
                out.push_str("\"\"");
            }
            '"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != '"' {
                    at += if bytes[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
                out.push_str("\"\"");
            }
            // A character, not a lifetime.
            '\'' if next(at) == Some('\\') => {
                at += 3;
                while at < bytes.len() && bytes[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if bytes.get(at + 2) == Some(&'\'') => at += 3,
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    out
}

/// The names in `crate::NAME` and `crate::{NAME, NAME::…}`.
fn named_modules(code: &str) -> BTreeSet<String> {
    let dense: String = code
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" ::", "::");
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut found = BTreeSet::new();
    for (at, _) in dense.match_indices("crate::") {
        if dense[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &dense[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut part = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(word(&part));
                        part.clear();
                        continue;
                    }
                    _ => {}
                }
                part.push(c);
            }
            found.insert(word(&part));
        } else {
            found.insert(word(rest));
        }
    }
    found.remove("");
    found
}

/// Whether `name` stands in `code` as a path's first part (`name::`) or in a `use`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
        whole
            && (after.starts_with("::")
                || code[..at].trim_end().ends_with("use") && after.starts_with([';', ' '])
                || code[..at].ends_with("eframe::") && after.starts_with("::"))
    })
}

#[test]
fn arrows_between_modules_point_down() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("src/media/rtsp/") {
            continue; // a crate of its own: the compiler holds its arrows
        }
        let inner = path.trim_start_matches("src/");
        let Some((module, _)) = inner.split_once('/') else {
            continue; // lib.rs and main.rs may name everything
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!(
                "{path}: the module {module} has no arrows in tests/tidy.rs"
            ));
            continue;
        };
        for named in named_modules(&code(&text)) {
            let known = ARROWS.iter().any(|(name, _)| *name == named);
            if known && named != module && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{path}: {module} must not name {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn foreign_crates_are_named_in_their_places_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for (name, places) in NAMES {
            let allowed = places.iter().any(|place| path.starts_with(place));
            if !allowed && names_crate(&code, name) {
                wrong.push(format!("{path}: names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_prints_starts_a_thread_or_postpones_by_itself() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        let product = code.split("#[cfg(test)]").next().unwrap_or_default();
        for macro_name in ["println!", "print!", "eprintln!", "eprint!"] {
            let prints = product
                .match_indices(macro_name)
                .any(|(at, _)| !product[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if prints && !MAY_PRINT.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{path}: {macro_name}"));
            }
        }
        if code.contains("thread::spawn(") && !path.starts_with("src/base/") {
            wrong.push(format!("{path}: a thread without a name"));
        }
    }
    for (path, text) in files(&[".rs", ".wgsl", ".sh", "Makefile"]) {
        for (index, line) in text.lines().enumerate() {
            for mark in ["TODO", "FIXME", "XXX"] {
                let bare = line.match_indices(mark).any(|(at, _)| {
                    let after = &line[at + mark.len()..];
                    let whole = !line[..at].ends_with(char::is_alphanumeric);
                    whole && after.starts_with([':', ' ', '(']) && !after.starts_with("(#")
                });
                if bare && path != "tests/tidy.rs" {
                    wrong.push(format!("{path}:{}: {mark} without an issue", index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_begins_with_its_text() {
    for (path, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//!"), "{path} begins without //!");
    }
}

/// The licences of `deny.toml`.
fn allowed_licences() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    let table: toml::Table = text.parse().expect("TOML");
    let list = table["licenses"]["allow"].as_array().expect("a list");
    list.iter()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

/// Whether an SPDX expression can be met with allowed licences; `/` is an old way to say OR.
fn licence_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    fn either(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
        let mut good = both(tokens, at, allowed);
        while tokens.get(*at) == Some(&"OR") {
            *at += 1;
            good |= both(tokens, at, allowed);
        }
        good
    }
    fn both(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
        let mut good = one(tokens, at, allowed);
        while tokens.get(*at) == Some(&"AND") {
            *at += 1;
            good &= one(tokens, at, allowed);
        }
        good
    }
    fn one(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
        let Some(token) = tokens.get(*at) else {
            return false;
        };
        *at += 1;
        if *token == "(" {
            let good = either(tokens, at, allowed);
            *at += 1; // the closing one
            return good;
        }
        if tokens.get(*at) == Some(&"WITH") {
            let whole = format!(
                "{token} WITH {}",
                tokens.get(*at + 1).copied().unwrap_or_default()
            );
            *at += 2;
            return allowed.contains(&whole);
        }
        allowed.contains(*token)
    }
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&tokens, &mut at, allowed) && at == tokens.len()
}

#[test]
fn licence_expressions_are_understood() {
    let allowed: BTreeSet<String> = [
        "MIT",
        "Apache-2.0",
        "Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ]
    .map(str::to_owned)
    .into();
    let check = |expression: &str, expect: bool| {
        assert_eq!(
            licence_allowed(expression, &allowed),
            expect,
            "{expression}"
        );
    };
    check("MIT", true);
    check("MIT OR Apache-2.0", true);
    check("GPL-3.0 OR MIT", true);
    check("GPL-3.0", false);
    check("MIT AND GPL-3.0", false);
    check("MIT/Apache-2.0", true);
    check("MIT / Apache-2.0", true);
    check("(MIT OR GPL-3.0) AND Unicode-3.0", true);
    check("(MIT OR Apache-2.0) AND GPL-3.0", false);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("GPL-2.0 WITH Classpath-exception-2.0", false);
    check("", false);
}

/// What `cargo metadata` says of every package, without the network.
///
/// Where the packages of other systems were never fetched, those of this system are asked for.
fn metadata() -> serde_json::Value {
    let cargo = |args: &[&str]| {
        Command::new(env!("CARGO"))
            .args(["metadata", "--offline", "--locked", "--format-version", "1"])
            .args(args)
            .current_dir(root())
            .output()
            .expect("cargo")
    };
    let mut output = cargo(&[]);
    if !output.status.success() {
        let rustc = Command::new("rustc").arg("-vV").output().expect("rustc");
        let said = String::from_utf8_lossy(&rustc.stdout).into_owned();
        let host = said
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .expect("a host");
        output = cargo(&["--filter-platform", host]);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let read = metadata();
    let packages = read["packages"].as_array().expect("a list");
    assert!(packages.len() > 100, "all packages are listed");
    let allowed = allowed_licences();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| {
            !licence_allowed(package["license"].as_str().unwrap_or_default(), &allowed)
        })
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The anchor a heading gets: lower case, spaces to hyphens, punctuation dropped.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_')
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for (path, text) in files(&[".md"]) {
        let folder = root().join(&path);
        let folder = folder.parent().expect("a folder");
        let mut inside_code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                inside_code = !inside_code;
            }
            if inside_code {
                continue;
            }
            for (at, _) in line.match_indices("](") {
                let rest = &line[at + 2..];
                let target = rest.split(')').next().unwrap_or_default();
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let page = if file.is_empty() {
                    root().join(&path)
                } else {
                    folder.join(file)
                };
                if !page.exists() {
                    wrong.push(format!("{path}: {target}"));
                } else if !heading.is_empty() {
                    let text = fs::read_to_string(&page).unwrap_or_default();
                    let found = text
                        .lines()
                        .filter(|line| line.starts_with('#'))
                        .any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
                    if !found {
                        wrong.push(format!("{path}: no heading {target}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_camera_reference_names_every_field_and_word() {
    let page = fs::read_to_string(root().join("docs/ref/cameras.md")).expect("the page");
    let mut wanted: Vec<&str> = qyran::store::cameras::COLUMNS.to_vec();
    wanted.extend(
        qyran::model::camera::SiteKind::ALL
            .iter()
            .map(|(_, word)| *word),
    );
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|word| !page.contains(&format!("`{word}`")))
        .collect();
    assert!(missing.is_empty(), "docs/ref/cameras.md lacks {missing:?}");
    // The examples on the page are read without a fault.
    let block = |kind: &str| {
        let start = page.find(&format!("```{kind}\n")).expect("an example") + kind.len() + 4;
        page[start..].split("```").next().unwrap_or_default()
    };
    let csv = qyran::store::cameras::parse_csv(block("csv"));
    assert_eq!((csv.cameras.len(), csv.errors), (2, vec![]));
    let toml = qyran::store::cameras::parse_toml(block("toml"));
    assert_eq!((toml.cameras.len(), toml.errors), (1, vec![]));
}

/// What is wrong with a line, if anything. Marked test vectors are left alone.
fn unfit(line: &str) -> Option<&'static str> {
    // Written apart, so that this file does not hold what it looks for.
    let registries = [
        ["crates", ".io"],
        ["static.rust", "-lang.org"],
        ["pypi", ".org"],
        ["deb.debian", ".org"],
    ];
    let machines = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
    ];
    let has = |parts: &[&str; 2]| line.contains(&parts.concat());
    if line.contains("tidy: a test vector") {
        return None;
    }
    if registries.iter().any(has) {
        return Some("names a registry host");
    }
    if machines.iter().any(has) {
        return Some("names a path of one machine");
    }
    line.match_indices("rtsp://").find_map(|(at, scheme)| {
        let authority = line[at + scheme.len()..]
            .split(|c: char| c == '/' || c.is_whitespace() || "\"'`<>)".contains(c))
            .next()?;
        let (user, _) = authority.split_once('@')?;
        // `{user}:{password}` is made at run time.
        (user.contains(':') && !user.contains('{')).then_some("an address with a password in it")
    })
}

#[test]
fn no_file_names_machines_registries_or_passwords() {
    let endings = [
        ".rs", ".md", ".toml", ".ftl", ".sh", ".wgsl", ".txt", ".xml", ".desktop", ".svg", ".csv",
        ".yml", "Makefile",
    ];
    let mut wrong = Vec::new();
    for (path, text) in files(&endings) {
        for (index, line) in text.lines().enumerate() {
            if let Some(problem) = unfit(line) {
                wrong.push(format!("{path}:{}: {problem}", index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scans_see_what_they_look_for() {
    let source = "// crate::ui in prose\nuse crate::{base::clock, model::{camera, frame}};\n\
        fn f<'a>(x: &'a str) { crate::media::live(); let c = '\"'; let s = \"crate::gpu\"; \
        let r = r#\"crate::app \"quoted\" \"#; $crate::words; }";
    let named = named_modules(&code(source));
    let expect = ["base", "media", "model"].map(str::to_owned);
    assert_eq!(named, expect.into());

    assert!(names_crate("use wgpu::Device;", "wgpu"));
    assert!(names_crate("eframe::wgpu::Device", "wgpu"));
    assert!(names_crate("use gstreamer as gst;", "gstreamer"));
    assert!(!names_crate("egui_wgpu::Device", "wgpu"));
    assert!(!names_crate("let wgpu = 1;", "wgpu"));

    let with_password = ["rtsp://me:", "secret", "@10.0.0.1/x"].concat();
    assert!(unfit(&with_password).is_some());
    assert!(unfit(&format!("{with_password} // tidy: a test vector")).is_none());
    assert!(unfit("rtsp://10.0.0.1:554/x").is_none());
    assert!(unfit("rtsp://{user}:{password}@host").is_none());
    assert!(unfit(&["see /wo", "rk/x"].concat()).is_some());

    assert_eq!(
        anchor("Your first wall in five minutes"),
        "your-first-wall-in-five-minutes"
    );
}
