//! What a message says, and what makes two the same.

use proptest::prelude::*;

use super::super::fields::shown;
use super::super::*;
use super::{FULL, JPEG, LEAST, NOW, full, told};

#[test]
fn every_field_is_read() {
    let event = full();
    assert_eq!(event.source, "probation.pavlodar");
    assert_eq!(
        (event.id.as_str(), event.class.as_str()),
        ("EV-2026-000123", "bracelet.strap")
    );
    assert_eq!(NOW.nanos_since(event.at), 29_750_000_000);
    let thing = "BR-0042/strap".to_owned();
    assert_eq!(event.stage, Stage::Begun { thing });
    assert_eq!(event.camera.as_ref().map(CameraId::as_str), Some("ak-017"));
    let place = event.place.as_ref().expect("a place");
    let position = place.position.expect("a position");
    assert_eq!((position.lat_deg, position.lon_deg), (52.2873, 76.9674));
    assert_eq!(
        (place.text.as_deref(), place.accuracy_m),
        (Some("Ақтоғай көшесі, 12"), Some(15.0))
    );
    assert_eq!(event.site.as_deref(), Some("№ 12 мектеп «Алтын ұя»"));
    let subject = event.subject.as_ref().expect("a subject");
    assert_eq!(
        (subject.kind.as_str(), subject.text.as_str()),
        ("bracelet", "BR 0042")
    );
    assert_eq!(event.text.kk.as_deref(), Some("Белдік ашылды"));
    assert_eq!(event.text.ru.as_deref(), Some("Ремень вскрыт"));
    assert_eq!(event.text.en.as_deref(), Some("Strap open"));
    assert_eq!(event.score, Some(0.93));
    let region = event.region.expect("a region").region();
    assert_eq!(<[f32; 4]>::from(region), [0.25, 0.5, 0.375, 0.75]);
    assert_eq!(event.details["battery_percent"], Detail::Number(64.0));
    assert_eq!(event.details["firmware"], Detail::Text("2.1.7".to_owned()));
    let still = event.still.as_ref().expect("a still");
    assert_eq!(
        (still.width(), still.height(), still.jpeg()),
        (16, 8, &JPEG[..])
    );

    let least = OutsideEvent::parse(LEAST.as_bytes()).expect("of the form");
    assert_eq!((least.at, &least.stage), (NOW, &Stage::Once));
    assert!(least.camera.is_none() && least.place.is_none() && least.text.is_empty());
    assert_eq!(least.thing_id(), None);
}

#[test]
fn the_canonical_text_reads_back_and_is_one_for_one_content() {
    let event = full();
    let json = event.to_json();
    assert_eq!(OutsideEvent::parse(json.as_bytes()).as_ref(), Ok(&event));
    // Another order, another offset, other ways to write the same numbers and letters, a mark before.
    let same = FULL
        .replace("12:59:30.25+05:00", "07:59:30.250Z")
        .replace("\"score\": 0.93,", "")
        .replace(
            "{\n  \"form\": 1,",
            "\u{feff}{\"score\": 93e-2, \"form\": 1.0,",
        )
        .replace("Strap open", "Strap\\u0020open")
        .replace("-0.0", "0");
    assert_ne!(same, FULL);
    let same = OutsideEvent::parse(same.as_bytes()).expect("of the form");
    assert_eq!(same.to_json(), json);
    assert_eq!(same.content(), event.content());
    // Every other content is another.
    for (from, to) in [
        ("12:59:30.25", "12:59:30.26"),
        ("bracelet.strap", "bracelet.zone"),
        ("begun", "updated"),
        ("BR-0042/strap", "BR-0043/strap"),
        ("ak-017", "ak-018"),
        ("52.2873", "52.2873000000001"),
        ("\"accuracy_m\": 15", "\"accuracy_m\": 16"),
        ("№ 12", "№ 13"),
        ("BR 0042", "BR 0043"),
        ("\"ru\"", "\"en\""),
        ("0.93", "0.94"),
        ("0.125", "0.126"),
        ("battery_percent", "battery"),
        ("\"2.1.7\"", "217"),
        ("CAAIAB", "CAAJAB"),
    ] {
        let mut other = FULL.replacen(from, to, 1);
        if from == "\"ru\"" {
            other = other.replace(", \"en\": \"Strap open\"", "");
        }
        let read = OutsideEvent::parse(other.as_bytes());
        let read = read.unwrap_or_else(|refusal| panic!("{from} → {to}: {refusal}"));
        assert_ne!(read.content(), event.content(), "{from} → {to}");
        assert_eq!(read.alarm_id(), event.alarm_id(), "{from} → {to}");
    }
}

#[test]
fn the_reference_is_read_and_names_every_field_and_class() {
    let page = include_str!("../../../../docs/ref/events.md");
    let examples: Vec<&str> = page
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let read = OutsideEvent::parse(example.as_bytes());
        assert!(read.is_ok(), "{example}: {read:?}");
    }
    let names = full().members();
    let names = names.keys().map(String::as_str).chain(class::ALL);
    let missing: Vec<&str> = names
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .collect();
    assert!(missing.is_empty(), "docs/ref/events.md lacks {missing:?}");
}

#[test]
fn identities_come_of_source_and_id_alone() {
    let event = full();
    assert_eq!(event.alarm_id(), full().alarm_id());
    let with = |change: &dyn Fn(&mut OutsideEvent)| {
        let mut other = full();
        change(&mut other);
        other
    };
    assert_ne!(with(&|e| e.id.push('x')).alarm_id(), event.alarm_id());
    assert_ne!(with(&|e| e.source.push('x')).alarm_id(), event.alarm_id());
    assert_ne!(with(&|e| e.class.push('x')).thing_id(), event.thing_id());
    assert_ne!(with(&|e| e.source.push('x')).thing_id(), event.thing_id());
    assert_eq!(with(&|e| e.id.push('x')).thing_id(), event.thing_id());
    // A pair whose parts run into each other is another pair.
    let moved = with(&|e| {
        e.source = "probation.pavloda".to_owned();
        e.id = format!("r{}", e.id);
    });
    assert_ne!(moved.alarm_id(), event.alarm_id());
}

#[test]
fn what_lasts_ends_by_its_thing_and_not_before_it_began() {
    let stage =
        |stage: &str, more: &str| LEAST.replace('}', &format!(",\"stage\":\"{stage}\"{more}}}"));
    let read = |text: &str| OutsideEvent::parse(text.as_bytes()).expect("of the form");
    let begun = read(&stage("begun", ""));
    let thing = "7".to_owned();
    assert_eq!(begun.stage, Stage::Begun { thing }, "its id names it");
    let later = |text: &str| read(&text.replace("\"id\":\"7\"", "\"id\":\"8\""));
    let ended = later(&stage("ended", ",\"thing\":\"7\""));
    assert!(ended.ends(&begun));
    assert_ne!(ended.alarm_id(), begun.alarm_id());
    assert!(!later(&stage("updated", ",\"thing\":\"7\"")).ends(&begun));
    assert!(!later(&stage("ended", ",\"thing\":\"6\"")).ends(&begun));
    let other_class = stage("ended", ",\"thing\":\"7\"").replace("plate.hit", "sos.call");
    assert!(!later(&other_class).ends(&begun));
    let earlier = stage("ended", ",\"thing\":\"7\"").replace("08:00:00Z", "07:59:59.9Z");
    assert!(!later(&earlier).ends(&begun), "it ended what was before");
    assert!(!begun.ends(&begun));

    let missing = told(&stage("ended", ""));
    assert!(
        missing.starts_with("/thing: expected with the stage `ended`"),
        "{missing}"
    );
    assert!(told(&stage("updated", "")).starts_with("/thing: "));
    let alone = told(&LEAST.replace('}', ",\"thing\":\"7\"}"));
    assert!(alone.starts_with("/thing: expected only with"), "{alone}");
    assert!(told(&stage("over", "")).starts_with("/stage: expected `once`"));
}

#[test]
fn texts_are_made_harmless_and_names_are_not_bent() {
    let hostile = "a\\u0000b\\u001b[31m\\u202egpj.exe\\u2066\\u200f\\ufeff\\nc\\td\u{e0041}";
    let message = FULL.replace("Strap open", hostile);
    let event = OutsideEvent::parse(message.as_bytes()).expect("of the form");
    let text = event.text.en.as_deref().expect("a text");
    let bad = '\u{fffd}';
    assert_eq!(
        text,
        format!("a{bad}b{bad}[31m{bad}gpj.exe{bad}{bad}{bad} c d{bad}")
    );
    assert_eq!(OutsideEvent::parse(event.to_json().as_bytes()), Ok(event));
    // Kazakh, Russian, emoji and combining marks stay as they are.
    let plain = "Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі — «№ 5», 100 % 🚨 e\u{301}";
    assert!(plain.chars().all(|c| shown(c) == c));
    for (field, hostile) in [
        ("EV-2026-000123", "EV 123"),
        ("EV-2026-000123", "EV\\u0000"),
        ("EV-2026-000123", "EV\\u202e1"),
        ("EV-2026-000123", "EV\\u200b1"),
        ("BR-0042/strap", "a\\u00a0b"),
        ("BR 0042", "BR  0042"),
        ("BR 0042", " BR"),
        ("BR 0042", "BR\\t0042"),
        ("probation.pavlodar", "Probation"),
        ("probation.pavlodar", "рrobation"),
        ("ak-017", "ak 017"),
        ("ak-017", "../ak"),
        ("bracelet.strap", "bracelet"),
        ("bracelet.strap", "bracelet..strap"),
        ("\"kind\": \"bracelet\"", "\"kind\": \"Bracelet\""),
    ] {
        told(&FULL.replacen(field, hostile, 1));
    }
}

#[test]
fn refusals_say_where_and_what() {
    let check = |from: &str, to: &str, expect: &str| {
        let message = FULL.replacen(from, to, 1);
        assert_ne!(message, FULL, "{from}");
        let told = told(&message);
        assert!(told.contains(expect), "{from} → {to}: {told}");
        assert!(told.len() < 400, "{told}");
    };
    check(
        "\"form\": 1",
        "\"form\": 2",
        "/form: expected 1; the message is of a later form",
    );
    check("\"form\": 1", "\"form\": 2, \"glow\": 1", "later form");
    check(
        "\"form\": 1",
        "\"form\": 0.5",
        "/form: expected 1, found the number 0.5",
    );
    check(
        "\"form\": 1",
        "\"form\": \"1\"",
        "/form: expected 1, found a text of 1",
    );
    check("\"form\": 1, ", "", "/form: expected, and missing");
    check(
        "\"source\": \"probation.pavlodar\", ",
        "",
        "/source: expected, and missing",
    );
    check(
        "\"score\"",
        "\"scor\"",
        "/scor: expected no field of this name; `score` is one",
    );
    check("\"lat\"", "\"latt\"", "/place");
    check(
        "52.2873",
        "91",
        "/place/lat: expected a number from -90 to 90, found the number 91",
    );
    check(
        "52.2873",
        "null",
        "/place/lat: expected a number from -90 to 90, found null",
    );
    check(
        "\"lat\": 52.2873, ",
        "",
        "/place: expected `lat` and `lon` together",
    );
    check("0.93", "1.01", "/score: expected a number from 0 to 1");
    check("0.93", "\"0.93\"", "/score: expected a number");
    check(
        "\"kk\": \"Белдік ашылды\"",
        "\"kk\": \"\"",
        "/text/kk: expected a text",
    );
    check(
        "Белдік ашылды",
        " \\n ",
        "/text/kk: expected a text that is not empty",
    );
    check("0.125", "0", "/region/width: expected a number from 0.001");
    check(
        "\"left\": 0.25, ",
        "",
        "/region/left: expected, and missing",
    );
    check("64", "[1]", "/details/battery_percent: expected a number");
    check("64", "1e16", "/details/battery_percent: expected a number");
    check(
        "battery_percent",
        "Battery",
        "/details/Battery: expected a name",
    );
    check(
        "battery_percent",
        "a~/b",
        "/details/a~0~1b: expected a name",
    );
    check(
        "64",
        "64, \"firmware\": 1",
        "/details/firmware: expected each name once",
    );
    check(
        "12:59:30.25+05:00",
        "12:59:30",
        "/at: expected a time with an offset",
    );
    check("2026-03-01T12", "2026-02-29T12", "/at: expected a time");
    check("12:59:30.25", "23:59:60", "/at: expected a time");
    check("2026-03-01T", "2026-03-01 ", "/at: expected a time");
    check(
        "/9j/wAAL",
        "AAAA",
        "/still: expected a JPEG: it does not begin",
    );
    check(
        "/9j/wAAL",
        "/9j/wAA*",
        "/still: expected a JPEG: it is no base64",
    );
    check(
        "CAAIAB",
        "CP//AB",
        "/still: expected a JPEG: it has 16 × 65535 pixels",
    );
    // What a text says is not repeated: it may name somebody.
    let secret = FULL.replace("BR 0042", "Somebody\\u0007");
    assert!(!told(&secret).contains("Somebody"));
}

#[test]
fn limits_are_where_they_are_stated() {
    let check = |from: &str, make: &dyn Fn(usize) -> String, most: usize| {
        let message = |n| FULL.replacen(from, &make(n), 1);
        let good = OutsideEvent::parse(message(most).as_bytes());
        assert!(good.is_ok(), "{from}: {most}: {good:?}");
        told(&message(most + 1));
    };
    let long = |n: usize| "ә".repeat(n);
    check("EV-2026-000123", &long, LONGEST_ID);
    check("BR-0042/strap", &long, LONGEST_ID);
    check("ak-017", &long, CameraId::MAX_CHARS);
    check("Белдік ашылды", &long, LONGEST_TEXT);
    check("Ақтоғай көшесі, 12", &long, LONGEST_PLACE);
    check("2.1.7", &long, LONGEST_PLACE);
    check("BR 0042", &long, LONGEST_SUBJECT);
    check("№ 12 мектеп «Алтын ұя»", &long, LONGEST_SITE);
    check("probation.pavlodar", &|n| "a".repeat(n), LONGEST_SOURCE);
    check(
        "bracelet.strap",
        &|n| format!("a.{}", "b".repeat(n - 2)),
        LONGEST_CLASS,
    );
    check("battery_percent", &|n| "a".repeat(n), LONGEST_KEY);
    let many = |n: usize| {
        let all: Vec<String> = (0..n).map(|n| format!("\"d{n}\": {n}")).collect();
        format!("\"details\": {{{}}}", all.join(","))
    };
    let own = &FULL[FULL.find("\"details\"").expect("there")..];
    let own = &own[..=own.find('}').expect("an end")];
    check(own, &many, MOST_DETAILS);

    let mut jpeg = JPEG.to_vec();
    jpeg.splice(15..15, vec![0; MOST_STILL_BYTES - JPEG.len()]);
    assert!(Still::new(&jpeg).is_ok());
    let text = Still::new(&jpeg).expect("a still").to_base64();
    assert_eq!(text.len(), 349_528, "as the schema says");
    assert!(Still::from_base64(&text).is_ok());
    jpeg.insert(15, 0);
    assert!(Still::new(&jpeg).is_err());
}

#[test]
fn numbers_keep_fifteen_digits() {
    let number = |text: &str| {
        let message = FULL.replacen("64", text, 1);
        let event = OutsideEvent::parse(message.as_bytes()).expect("of the form");
        let again = OutsideEvent::parse(event.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&event), "{text}");
        match event.details["battery_percent"] {
            Detail::Number(number) => number.to_string(),
            Detail::Text(_) => panic!("a number"),
        }
    };
    // The first was read as …394.52 the second time.
    assert_eq!(number("125680997340394.53"), "125680997340395");
    assert_eq!(number("0.123456789012345"), "0.123456789012345");
    assert_eq!(number("-999999999999999"), "-999999999999999");
    assert_eq!(number("1e-300"), number("0.1e-299"));
    assert_eq!(number("-0"), "0");
}

proptest! {
    /// Whatever is read is read again from its own text, and every number keeps 15 digits.
    #[test]
    fn what_is_read_reads_back(
        id in "[!-~ә]{1,128}", text in "\\PC{1,60}[a-z]", lat in -90.0..=90.0f64,
        score in 0.0..=1.0f64, number in -1e15..=1e15f64, left in 0.0..=0.999f64,
        width in 0.001..=1.0f64, nanos in 0i64..9_000_000_000_000_000_000,
    ) {
        let at = jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("a time").to_string();
        let message = serde_json::json!({
            "form": 1, "source": "s", "id": id, "class": "a.b", "at": at,
            "place": {"lat": lat, "lon": lat}, "text": {"ru": text}, "score": score,
            "details": {"n": number, "t": text.chars().take(200).collect::<String>()},
            "region": {"left": left, "top": left, "width": width, "height": width},
        });
        let event = OutsideEvent::parse(message.to_string().as_bytes()).expect("of the form");
        prop_assert_eq!(event.at, WallTime(nanos));
        let Detail::Number(read) = event.details["n"] else { panic!("a number") };
        prop_assert!((read - number).abs() <= number.abs() * 1e-14, "{} is {}", number, read);
        prop_assert!(event.region.expect("a region").region().is_sound());
        let again = OutsideEvent::parse(event.to_json().as_bytes()).expect("of the form");
        prop_assert_eq!(again.content(), event.content());
        prop_assert_eq!(again, event);
    }
}
