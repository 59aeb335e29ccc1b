//! The two written forms: a table with a header (CSV; comma, semicolon or tab) and `[[camera]]`
//! entries (TOML) with the same field names.

use std::borrow::Cow;

use super::fields::{COLUMNS, Cells, Problem, REQUIRED, camera_of, fields_of};
use super::rows::Rows;
use super::{Loaded, without_doubles};
use crate::model::camera::Camera;
use crate::model::redact;

/// Parses CSV text. Its first line that is not empty names the columns, in any order; `sep=;` may stand
/// before it.
pub fn parse_csv(text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    let mut rows = Rows::of(text);
    let header_line = rows.line();
    let header: Vec<String> = match rows.next() {
        Some(Ok(row)) => row.cells.iter().map(|name| column_of(name)).collect(),
        Some(Err(open)) => {
            loaded.tell(open.line, "", Problem::OpenQuote);
            return loaded;
        }
        None => Vec::new(),
    };
    for required in REQUIRED {
        if !header.iter().any(|name| name == required) {
            loaded.tell(header_line, required, Problem::MissingColumn);
            return loaded;
        }
    }
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && header[..index].contains(name) {
            loaded.tell(header_line, &redact::text(name), Problem::DoubledColumn);
        } else if !name.is_empty() && !COLUMNS.contains(&name.as_str()) {
            loaded.tell(header_line, &redact::text(name), Problem::UnknownColumn);
        }
    }
    // Of two columns with one name the first counts.
    let columns: Vec<(usize, &str)> = header
        .iter()
        .enumerate()
        .filter(|(index, name)| {
            COLUMNS.contains(&name.as_str()) && !header[..*index].contains(*name)
        })
        .map(|(index, name)| (index, name.as_str()))
        .collect();
    let mut cameras = Vec::new();
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(open) => {
                loaded.tell(open.line, "", Problem::OpenQuote);
                continue;
            }
        };
        if row.cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let surplus = row.cells.iter().skip(header.len());
        if surplus.into_iter().any(|cell| !cell.trim().is_empty()) {
            let most = header.len();
            loaded.tell(row.line, "", Problem::TooManyCells { most });
            continue;
        }
        let mut fields = Cells::new();
        for (index, name) in &columns {
            if let Some(cell) = row.cells.get(*index) {
                fields.insert(name, Cow::Borrowed(cell));
            }
        }
        match camera_of(&fields) {
            Ok(camera) => cameras.push((row.line, camera)),
            Err((field, problem)) => loaded.tell(row.line, &field, problem),
        }
    }
    loaded.cameras = without_doubles(cameras, &mut loaded.errors);
    loaded
}

/// The name of a column, however it was typed.
fn column_of(cell: &str) -> String {
    let is_around = |c: char| c.is_whitespace() || "\u{feff}\u{200b}\"'".contains(c);
    cell.trim_matches(is_around).to_lowercase()
}

/// Parses TOML text: `[[camera]]` entries.
pub fn parse_toml(text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(0, |s| {
                text[..s.start.min(text.len())].matches('\n').count() + 1
            });
            let problem = Problem::Syntax(redact::text(error.message()));
            loaded.tell(line, "", problem);
            return loaded;
        }
    };
    let Some(entries) = table.get("camera").and_then(toml::Value::as_array) else {
        loaded.tell(0, "camera", Problem::MissingColumn);
        return loaded;
    };
    let mut cameras = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let row = index + 1;
        let Some(entry) = entry.as_table() else {
            loaded.tell(row, "", Problem::Syntax("not a table".into()));
            continue;
        };
        let mut fields = Cells::new();
        for (key, value) in entry {
            if COLUMNS.contains(&key.as_str()) {
                let text = match value {
                    toml::Value::String(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.to_string()),
                };
                fields.insert(key, text);
            } else {
                loaded.tell(row, &redact::text(key), Problem::UnknownColumn);
            }
        }
        match camera_of(&fields) {
            Ok(camera) => cameras.push((row, camera)),
            Err((field, problem)) => loaded.tell(row, &field, problem),
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
        assert_eq!(problems(&loaded), [(1, "colour")]);
    }

    #[test]
    fn tables_as_spreadsheets_and_people_write_them_open() {
        let check = |text: &str, told: &[(usize, &str)]| {
            let loaded = parse_csv(text);
            let ids: Vec<&str> = loaded.cameras.iter().map(|c| c.id.as_str()).collect();
            assert_eq!(ids, ["a", "b"], "{text:?}: {:?}", loaded.errors);
            assert_eq!(problems(&loaded), told, "{text:?}");
        };
        let two = "a;Вход;test:smpte\r\nb;Юг;test:ball\r\n";
        let head = "id;name_ru;sub_url\r\n";
        check(&format!("{head}{two}"), &[]);
        check(&format!("sep=;\r\n{head}{two}"), &[]);
        check(&format!("\u{feff}sep=;\r\n\r\n{head}{two}"), &[]);
        check(&format!("\r\n;;\r\n{head}{two}"), &[]);
        check(&format!(" ID ;Name_RU;\u{a0}\"sub_url\" \r\n{two}"), &[]);
        check(&format!("{head}{two};;\r\n;;\r\n"), &[]);
        check(
            &format!("id;name_ru;sub_url;;\r\n{}", two.replace("\r\n", ";;\r\n")),
            &[],
        );
        check(&format!("{head}{two}").replace("\r\n", "\r"), &[]);
        check(
            &format!("{head}{two}c;x;y\r\n").replace("\r\n", "\r"),
            &[(4, "sub_url")],
        );
        check(
            &format!("id;name_ru;sub_url;NAME_ru\r\n{two}"),
            &[(1, "name_ru")],
        );
    }

    #[test]
    fn rows_are_told_by_the_lines_of_the_file() {
        let loaded = parse_csv(
            "\nid,name_ru,sub_url\na,\"Вход\nсевер\",test:smpte\nx,\"Юг,test:ball\nb,Мост,test:ball\n\
             y,Парк, север,test:ball\nz,Двор,\"rtsp://10.0.0.1/a\nb\"\nw,Сад,rtsp://10.0.0.1:x/T0ken\n",
        );
        let ids: Vec<&str> = loaded.cameras.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(loaded.cameras[0].name.ru, "Вход север");
        assert_eq!(
            problems(&loaded),
            [(5, ""), (7, ""), (8, "sub_url"), (10, "sub_url")]
        );
        let told: Vec<&Problem> = loaded.errors.iter().map(|error| &error.problem).collect();
        assert_eq!(told[0], &Problem::OpenQuote);
        assert_eq!(told[1], &Problem::TooManyCells { most: 3 });
        assert_eq!(told[3], &Problem::BadAddress("rtsp://10.0.0.1:x/…".into()));
        assert_eq!(loaded.rows_left_out(), 4);
    }

    #[test]
    fn of_two_columns_with_one_name_the_first_counts_and_it_is_told() {
        let loaded = parse_csv("id,sub_url,Sub_URL\na,test:ball,test:snow\n");
        assert_eq!(
            loaded.cameras[0].sub_url,
            Some("test:ball".parse().unwrap())
        );
        assert_eq!(loaded.errors[0].problem, Problem::DoubledColumn);
        assert_eq!((loaded.errors[0].row, loaded.rows_left_out()), (1, 0));
        let twice = parse_csv("id,sub_url\n\"a,test:ball\n");
        assert_eq!((problems(&twice), twice.cameras.len()), (vec![(2, "")], 0));
        let open = parse_csv("\"id,sub_url\na,test:ball\n");
        assert_eq!((problems(&open), open.cameras.len()), (vec![(1, "")], 0));
    }

    #[test]
    fn no_cell_of_a_table_tells_an_address() {
        // Columns that are shifted, a header that is missing, an address that is none.
        let secret = "rtsp://10.0.0.1/T0ken?auth=T0ken";
        for text in [
            format!(
                "id,lat,lon,site_kind,priority,sub_url\na,{secret},1,,,test:ball\nb,,,{secret},,test:ball\nc,,,,{secret},test:ball\n"
            ),
            format!("a,{secret}\nb,{secret}\n"),
            format!("id,{secret},{secret}\na,x,y\n"),
            format!("id,sub_url\na,rtsp:T0ken\nb,x{secret}\nc,rtsp:///T0ken\n"),
            format!("{secret},sub_url\na,test:ball\n"),
        ] {
            let loaded = parse_csv(&text);
            assert!(!loaded.errors.is_empty());
            assert!(!format!("{loaded:?}").contains("T0ken"), "{loaded:?}");
        }
        let toml = parse_toml("[[camera]]\nid = \"a\"\nsub_url = \"rtsp://10.0.0.1/T0ken\"\n");
        assert!(!format!("{toml:?}").contains("T0ken"));
        assert_eq!(toml.cameras.len(), 1);
        // Where it is kept it is kept whole.
        let kept = String::from_utf8(to_csv(&toml.cameras)).unwrap();
        assert!(kept.contains("rtsp://10.0.0.1/T0ken"));
    }

    #[test]
    fn a_city_s_table_with_quotes_left_open_is_read_in_one_go() {
        // Each of these marks is looked after for a few thousand bytes, not to the end of the file.
        let mut text = String::from("id,name_ru,sub_url\n");
        for n in 0..57_000 {
            let mark = if n % 2 == 0 { "\"" } else { "" };
            text += &format!("cam-{n:05},{mark}Камера {n},rtsp://10.9.0.1/{n}\n");
        }
        let loaded = parse_csv(&text);
        assert_eq!(
            (loaded.cameras.len(), loaded.rows_left_out()),
            (28_500, 28_500)
        );
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
