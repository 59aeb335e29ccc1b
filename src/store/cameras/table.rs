//! The two written forms: a table with a header (CSV; comma, semicolon or tab) and `[[camera]]`
//! entries (TOML) with the same field names.

use std::collections::BTreeMap;

use super::fields::{COLUMNS, Problem, REQUIRED, camera_of, fields_of};
use super::{Loaded, RowError, without_doubles};
use crate::model::camera::Camera;

/// Parses CSV text. The first line names the columns, in any order.
pub fn parse_csv(text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    let whole = |field: &str, problem| RowError {
        row: 0,
        field: field.to_owned(),
        problem,
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header
            .iter()
            .map(|name| name.trim().to_ascii_lowercase())
            .collect(),
        Err(error) => {
            loaded
                .errors
                .push(whole("", Problem::Syntax(error.to_string())));
            return loaded;
        }
    };
    for required in REQUIRED {
        if !header.iter().any(|name| name == required) {
            loaded.errors.push(whole(required, Problem::MissingColumn));
            return loaded;
        }
    }
    for name in header
        .iter()
        .filter(|name| !COLUMNS.contains(&name.as_str()))
    {
        loaded.errors.push(whole(name, Problem::UnknownColumn));
    }
    let mut cameras = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let position = reader.position().line() as usize;
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let problem = Problem::Syntax(error.to_string());
                loaded.errors.push(RowError {
                    row: position,
                    field: String::new(),
                    problem,
                });
                continue;
            }
        }
        let row = record.position().map_or(position, |p| p.line() as usize);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let fields: BTreeMap<String, String> = header
            .iter()
            .cloned()
            .zip(record.iter().map(str::to_owned))
            .collect();
        match camera_of(&fields) {
            Ok(camera) => cameras.push((row, camera)),
            Err((field, problem)) => loaded.errors.push(RowError {
                row,
                field,
                problem,
            }),
        }
    }
    loaded.cameras = without_doubles(cameras, &mut loaded.errors);
    loaded
}

/// Parses TOML text: `[[camera]]` entries.
pub fn parse_toml(text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    let whole = |field: &str, problem| RowError {
        row: 0,
        field: field.to_owned(),
        problem,
    };
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(0, |s| {
                text[..s.start.min(text.len())].matches('\n').count() + 1
            });
            let problem = Problem::Syntax(error.message().to_owned());
            loaded.errors.push(RowError {
                row: line,
                field: String::new(),
                problem,
            });
            return loaded;
        }
    };
    let Some(entries) = table.get("camera").and_then(toml::Value::as_array) else {
        loaded.errors.push(whole("camera", Problem::MissingColumn));
        return loaded;
    };
    let mut cameras = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let row = index + 1;
        let Some(entry) = entry.as_table() else {
            let problem = Problem::Syntax("not a table".into());
            loaded.errors.push(RowError {
                row,
                field: String::new(),
                problem,
            });
            continue;
        };
        let mut fields = BTreeMap::new();
        for (key, value) in entry {
            if COLUMNS.contains(&key.as_str()) {
                let text = match value {
                    toml::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                fields.insert(key.clone(), text);
            } else {
                loaded.errors.push(RowError {
                    row,
                    field: key.clone(),
                    problem: Problem::UnknownColumn,
                });
            }
        }
        match camera_of(&fields) {
            Ok(camera) => cameras.push((row, camera)),
            Err((field, problem)) => loaded.errors.push(RowError {
                row,
                field,
                problem,
            }),
        }
    }
    loaded.cameras = without_doubles(cameras, &mut loaded.errors);
    loaded
}

/// Writes cameras as CSV with every column.
pub fn to_csv(cameras: &[Camera]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut failed = writer.write_record(COLUMNS).is_err();
    for camera in cameras {
        failed |= writer.write_record(fields_of(camera)).is_err();
    }
    debug_assert!(!failed, "writing into memory does not fail");
    writer.into_inner().unwrap_or_default()
}

/// Spreadsheets set to Russian or Kazakh write semicolons.
fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| header.bytes().filter(|b| b == d).count())
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problems(loaded: &Loaded) -> Vec<(usize, &str)> {
        loaded
            .errors
            .iter()
            .map(|e| (e.row, e.field.as_str()))
            .collect()
    }

    #[test]
    fn bad_rows_are_told_and_the_others_open() {
        let loaded = parse_csv(
            "id,name_ru,lat,lon,priority,sub_url\n\
             a,Первая,50.28,57.2,1,rtsp://10.0.0.1/sub\n\
             b,Вторая,500,57.2,1,rtsp://10.0.0.2/sub\n\
             c,Третья,50.28,57.2,9,rtsp://10.0.0.3/sub\n\
             ,Без имени,,,,rtsp://10.0.0.4/sub\n\
             d,Чужая,,,,http://10.0.0.5/\n\
             a,Дважды,,,,rtsp://10.0.0.6/sub\n\
             e,Последняя,\"50,28\",\"57,2\",,rtsp://10.0.0.7/sub\n",
        );
        let ids: Vec<&str> = loaded.cameras.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["a", "e"]);
        assert_eq!(
            problems(&loaded),
            [
                (3, "lat"),
                (4, "priority"),
                (5, "id"),
                (6, "sub_url"),
                (7, "id")
            ]
        );
        assert_eq!(loaded.cameras[1].position.unwrap().lat_deg, 50.28);
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let secret = ["rtsp://u", "hunter2@10.0.0.1/sub"].join(":");
        let loaded = parse_csv(&format!("id,sub_url\na,{secret}\nb,{secret}:notaport\n"));
        assert!(loaded.cameras.is_empty());
        assert_eq!(loaded.errors.len(), 2);
        assert!(
            loaded
                .errors
                .iter()
                .all(|e| e.problem == Problem::AddressHasPassword)
        );
        assert!(!format!("{loaded:?}").contains("hunter2"));
    }

    #[test]
    fn semicolons_and_unknown_columns() {
        let loaded = parse_csv("id;colour;main_url\na;red;rtsp://10.0.0.1/\n");
        assert_eq!(loaded.cameras.len(), 1);
        assert_eq!(problems(&loaded), [(0, "colour")]);
    }

    #[test]
    fn toml_has_the_same_fields() {
        let loaded = parse_toml(
            "[[camera]]\nid = \"a\"\nname_kk = \"Көпір\"\nlat = 50.28\nlon = 57.2\npriority = 2\n\
             main_url = \"rtsp://10.0.0.1/main\"\n[[camera]]\nid = \"b\"\nlat = 1.0\n",
        );
        assert_eq!(loaded.cameras.len(), 1);
        assert_eq!(loaded.cameras[0].priority.level(), 2);
        assert_eq!(loaded.cameras[0].name.kk, "Көпір");
        assert_eq!(problems(&loaded), [(2, "lon")]);
        assert_eq!(problems(&parse_toml("[[camera]\n")), [(1, "")]);
    }

    #[test]
    fn a_file_without_ids_is_no_camera_file() {
        assert_eq!(
            parse_csv("name\nx\n").errors[0].problem,
            Problem::MissingColumn
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}") {
            parse_csv(&text);
            parse_toml(&text);
        }

        #[test]
        fn cameras_round_trip(
            id in "[a-zа-яәіңғүұқөһ0-9_.-]{1,20}", name in "[^\\p{C}]{0,40}", lat in -90f64..90.0,
            lon in -180f64..180.0, heading in 0f32..360.0, level in 1u8..=5,
        ) {
            use crate::model::camera::{CameraId, Names, Position, Priority};
            let url = "rtsp://10.0.0.1/sub".parse().unwrap();
            let mut camera = Camera::from_url(CameraId::new(id).unwrap(), url);
            let name = name.trim();
            if !name.is_empty() {
                camera.name = Names::same(name);
            }
            camera.position = Some(Position { lat_deg: lat, lon_deg: lon });
            camera.heading_deg = Some(heading);
            camera.priority = Priority::new(level).unwrap();
            let text = String::from_utf8(to_csv(&[camera.clone()])).unwrap();
            let loaded = parse_csv(&text);
            prop_assert_eq!(loaded.errors, vec![]);
            prop_assert_eq!(loaded.cameras, vec![camera]);
        }
    }
}
