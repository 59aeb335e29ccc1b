//! JSON in one form only, so that a line of the log has one text: no spaces, the names of an object
//! in the order of their bytes and each once, and only those characters escaped that must be, in the
//! shortest way.

use serde_json::{Map, Value};

/// The deepest nesting that is read.
const DEEPEST: usize = 100;

/// Appends `value` to `out`.
pub(super) fn write(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => write_map(out, map),
        Value::String(text) => write_text(out, text),
        // Numbers and the three words have one form.
        plain => out.push_str(&plain.to_string()),
    }
}

/// Appends an object.
pub(super) fn write_map(out: &mut String, map: &Map<String, Value>) {
    // Sorted here, since another crate may ask serde_json to keep the order of insertion.
    let mut sorted: Vec<(&String, &Value)> = map.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    out.push('{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(out, name);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

/// Appends a text in quotation marks.
pub(super) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether `text` is a value in this form and nothing else.
pub(super) fn is_canonical(text: &str) -> bool {
    let mut scan = Scan { text, at: 0 };
    scan.value(0).is_some() && scan.at == text.len()
}

/// Goes over a text; each function answers nothing where the text is not in the form.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: &str) -> Option<()> {
        self.text[self.at..].starts_with(expected).then(|| {
            self.at += expected.len();
        })
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(|_text| ()),
            b't' => self.take("true"),
            b'f' => self.take("false"),
            b'n' => self.take("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take("{")?;
        let mut last: Option<String> = None;
        while self.take("}").is_none() {
            if last.is_some() {
                self.take(",")?;
            }
            let name = self.string()?;
            if last.is_some_and(|last| last >= name) {
                return None;
            }
            last = Some(name);
            self.take(":")?;
            self.value(depth + 1)?;
        }
        Some(())
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.take("[")?;
        let mut first = true;
        while self.take("]").is_none() {
            if !first {
                self.take(",")?;
            }
            first = false;
            self.value(depth + 1)?;
        }
        Some(())
    }

    /// A text; what it says.
    fn string(&mut self) -> Option<String> {
        let rest: &'a str = &self.text[self.at..];
        let mut escaped = false;
        let inside = rest.strip_prefix('"')?;
        let end = inside.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        let quoted = &rest[..end + 2];
        let says: String = serde_json::from_str(quoted).ok()?;
        // What it says is written in one way only.
        let mut again = String::with_capacity(quoted.len());
        write_text(&mut again, &says);
        if again != quoted {
            return None;
        }
        self.at += quoted.len();
        Some(says)
    }

    fn digits(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// A number as JSON has them; which of several ways to write a fraction is left open, since the
    /// text is what counts.
    fn number(&mut self) -> Option<()> {
        self.take("-");
        let leading_zero = self.peek()? == b'0';
        match self.digits() {
            0 => return None,
            1 => {}
            _ if leading_zero => return None,
            _ => {}
        }
        if self.take(".").is_some() && self.digits() == 0 {
            return None;
        }
        if self.take("e").is_some() {
            if self.take("+").is_none() {
                self.take("-");
            }
            if self.digits() == 0 {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{1f}\"\\\\a]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"\u{e9}]{0,2}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_in_the_form(value in value()) {
            let mut text = String::new();
            write(&mut text, &value);
            prop_assert!(is_canonical(&text), "{text}");
            // The same as serde_json's, but for the order of names.
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.to_string().len(), text.len());
        }

        #[test]
        fn hostile_texts_never_panic(text in "[\\[\\]{}\",:0-9a-f\\\\.eun\u{e9}-]{0,30}") {
            if is_canonical(&text) {
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn other_forms_are_not_it() {
        for good in [
            "0",
            "-1",
            "1.5",
            "1e+30",
            "\"\\u001f\\n\"",
            "[]",
            "{}",
            "{\"a\":[1,{}],\"b\":null}",
            "\"é\"",
        ] {
            assert!(is_canonical(good), "{good}");
        }
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "-",
            "1.",
            "1e",
            "+1",
            "nul",
            "[1,]",
            "[,1]",
            "[1 ]",
            "{\"a\" :1}",
            "{\"b\":1,\"a\":1}",
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,}",
            "{,}",
            "\"\\u0041\"",
            "\"\\u001F\"",
            "\"\\/\"",
            "\"\\u000a\"",
            "\"\n\"",
            "\"",
            "\"\\\"",
            "1]",
            "[",
            "{\"a\"",
            "\"\\ud800\"",
        ] {
            assert!(!is_canonical(bad), "{bad}");
        }
        assert!(!is_canonical(&"[".repeat(10_000)));
    }
}
