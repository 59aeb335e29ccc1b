//! The schema in `docs/ref/event.schema.json` and the parser take and refuse the same messages.

use serde_json::{Map, Value, json};

use super::super::OutsideEvent;
use super::validator::Validator;
use super::{FULL, LEAST};

struct Both(Validator);

impl Both {
    fn new() -> Self {
        let text = include_str!("../../../../docs/ref/event.schema.json");
        Self(Validator::new(serde_json::from_str(text).expect("JSON")))
    }

    /// Whether both take `message`; panics where they differ.
    fn take(&self, message: &Value) -> bool {
        let by_schema = self.0.check(message);
        let by_parser = OutsideEvent::parse(message.to_string().as_bytes());
        match (&by_parser, &by_schema) {
            (Ok(_), Ok(())) => true,
            (Err(_), Err(_)) => false,
            _ => panic!("{message}\nparser: {by_parser:?}\nschema: {by_schema:?}"),
        }
    }
}

/// What stands in the place of each value in turn. No text is base64 of anything but a JPEG: what a
/// picture is, the schema cannot say.
fn others() -> Vec<Value> {
    let mut all = vec![
        Value::Null,
        json!(true),
        json!([]),
        json!([1]),
        json!({}),
        json!({"a": 1}),
    ];
    for number in [
        0.0,
        1.0,
        -1.0,
        0.5,
        0.001,
        0.0009,
        0.999,
        0.9991,
        1.001,
        90.0,
        90.1,
        180.0,
        -180.5,
        1e6,
        1e6 + 1.0,
        1e15,
        1e15 + 1.0,
        -1e15,
        1e300,
        2.0,
        1.5,
        -0.0,
    ] {
        all.push(json!(number));
    }
    all.extend([json!(1), json!(u64::MAX), json!(i64::MIN)]);
    for text in [
        "",
        " ",
        "a",
        "A",
        "a.b",
        "a.b.c",
        ".a",
        "a.",
        "a..b",
        "1.b",
        "a.1",
        "a_b.c-d",
        "A.b",
        "a b",
        " a",
        "a ",
        "a  b",
        "a\tb",
        "a\nb",
        "\n",
        "\u{0}",
        "a\u{202e}b",
        "\u{200b}",
        "\u{a0}",
        "a\u{a0}b",
        "ә",
        "Ә-1:2",
        "é",
        "e\u{301}",
        "№",
        "«a»",
        "🚨",
        "漢",
        "٣",
        "½",
        "ⅷ",
        "a/b",
        "..",
        "-",
        "_",
        ":",
        "~",
        "\u{7f}",
        "once",
        "begun",
        "updated",
        "ended",
        "Once",
        "7",
        "2026-03-01T08:00:00Z",
        "2026-03-01T08:00:00+05:00",
        "2026-03-01T08:00:00-23:59",
        "2026-03-01T08:00:00+24:00",
        "2026-03-01T08:00:00+5:00",
        "2026-03-01T08:00:00+0500",
        "2026-03-01T08:00:00",
        "2026-03-01 08:00:00Z",
        "2026-03-01t08:00:00z",
        "2026-03-01T08:00Z",
        "2026-03-01T08:00:00.Z",
        "2026-03-01T08:00:00.123456789Z",
        "2026-03-01T08:00:00.1234567890Z",
        "2026-03-01T08:00:00,5Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:59:60Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2028-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+23:59",
        "2259-12-31T23:59:59-23:59",
        "2260-01-01T00:00:00Z",
        "02026-03-01T08:00:00Z",
        "2026-3-1T8:0:0Z",
        "２０２６-03-01T08:00:00Z",
        "2026-03-01T08:00:00Z ",
        "2026-03-01T08:00:00Z\n",
        "2026-03-01T08:00:00−05:00",
        "*",
        "/9j/wAALCAAIABABAREA/9k=",
        "/9j/wAALCAAIABABAREA/9l=",
        "/9j/wAALCAAIABABAREA/9k",
    ] {
        all.push(json!(text));
    }
    for length in [47, 48, 49, 64, 65, 128, 129, 200, 201, 1000, 1001] {
        all.push(json!("a".repeat(length)));
        all.push(json!("ә".repeat(length)));
        all.push(json!(format!("a.{}", "b".repeat(length - 2))));
    }
    all
}

/// The JSON pointers of all values within `value`.
fn places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Value::Object(members) = value {
        for (name, member) in members {
            let inner = places(member)
                .into_iter()
                .map(|place| format!("/{name}{place}"));
            found.push(format!("/{name}"));
            found.extend(inner);
        }
    }
    found
}

fn object_at<'a>(message: &'a mut Value, place: &str) -> &'a mut Map<String, Value> {
    let object = message.pointer_mut(place).expect("there");
    object.as_object_mut().expect("an object")
}

#[test]
fn examples_and_everything_that_differs_from_them_in_one_place() {
    let both = Both::new();
    let others = others();
    let (mut taken, mut refused) = (0, 0);
    let mut try_one = |message: &Value| {
        if both.take(message) {
            taken += 1;
        } else {
            refused += 1;
        }
    };
    for example in [FULL, LEAST] {
        let example: Value = serde_json::from_str(example).expect("JSON");
        assert!(both.take(&example));
        for place in places(&example) {
            for other in &others {
                // Short texts of base64 letters are base64 of no JPEG, which only the parser sees.
                if place == "/still" && other.as_str().is_some_and(|text| text.len() % 4 == 0) {
                    continue;
                }
                let mut message = example.clone();
                *message.pointer_mut(&place).expect("there") = other.clone();
                try_one(&message);
            }
            let (parent, name) = place.rsplit_once('/').expect("a pointer");
            let mut without = example.clone();
            let own = object_at(&mut without, parent).remove(name).expect("there");
            try_one(&without);
            // Two members less, and one under another name.
            for second in places(&without) {
                let mut less = without.clone();
                let (parent, name) = second.rsplit_once('/').expect("a pointer");
                object_at(&mut less, parent).remove(name);
                try_one(&less);
            }
            for other in [
                "a",
                "A",
                "",
                "a-b",
                "ә",
                "form ",
                &"k".repeat(48),
                &"k".repeat(49),
            ] {
                let mut renamed = without.clone();
                object_at(&mut renamed, parent).insert(other.to_owned(), own.clone());
                try_one(&renamed);
            }
        }
        for stage in ["once", "begun", "updated", "ended"] {
            for thing in [None, Some(json!("x")), Some(json!(1))] {
                let mut message = example.clone();
                let members = object_at(&mut message, "");
                members.remove("thing");
                members.insert("stage".to_owned(), json!(stage));
                members.extend(thing.map(|thing| ("thing".to_owned(), thing)));
                try_one(&message);
                object_at(&mut message, "").remove("stage");
                try_one(&message);
            }
        }
        for count in [0, 1, 32, 33] {
            let details: Map<String, Value> =
                (0..count).map(|n| (format!("d{n}"), json!(n))).collect();
            let mut message = example.clone();
            object_at(&mut message, "").insert("details".to_owned(), details.into());
            try_one(&message);
        }
    }
    for whole in &others {
        try_one(whole);
    }
    assert!(
        taken > 300 && refused > 1000,
        "{taken} taken, {refused} refused"
    );
}
