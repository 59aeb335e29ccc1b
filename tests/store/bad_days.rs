//! Bad days of a machine alone.

use std::fs;

use qyran::store::database::StoreError;

use crate::harness::{Place, Seat, file_of, new_key, put};

/// What happens to the bytes of a store's file.
type Harm = fn(&mut Vec<u8>);

#[test]
fn files_that_are_no_store_of_ours_are_told_and_left_alone() {
    let place = Place::alone();
    let seat = place.seat().settled();
    seat.must(&seat.act("made", vec![put(&new_key(), 0, "{}")]));
    let options = seat.close();
    let path = file_of(&options);
    let good = fs::read(&path).expect("the file");
    let harm: [(&str, Harm); 5] = [
        ("damaged", |bytes| bytes.truncate(5000)),
        ("damaged", |bytes| bytes[..16].fill(0)),
        ("damaged", |bytes| {
            *bytes = b"no database at all, but long enough to be one".repeat(90);
        }),
        ("newer", |bytes| {
            bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        }),
        ("no store of this program", |bytes| bytes[68..72].fill(7)),
    ];
    for (word, harm) in harm {
        let mut bytes = good.clone();
        harm(&mut bytes);
        fs::write(&path, &bytes).expect("written");
        let opened = Seat::try_open(options.clone());
        let said = match opened {
            Err(error) => error.to_string(),
            Ok(seat) => {
                seat.until("told", |known| known.trouble.is_some() || known.ready);
                let act = seat.act("made", Vec::new());
                seat.submit(&act).expect_err("it is damaged").to_string()
            }
        };
        assert!(said.contains(word), "{word}: {said}");
        if word != "damaged" {
            assert_eq!(fs::read(&path).expect("the file"), bytes, "{word}");
        }
    }
    fs::write(&path, good).expect("written");
    Seat::open(options).settled();
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let place = Place::alone();
    let mut options = place.options("seat");
    let file = place.folder.path().join("file");
    fs::write(&file, "").expect("written");
    options.folder = file.join("folder");
    let told = Seat::try_open(options).map(drop);
    assert!(
        matches!(told, Err(StoreError::NotWritable { .. })),
        "{told:?}"
    );
}
