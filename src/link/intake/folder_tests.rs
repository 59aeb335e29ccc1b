//! A folder of files, looked at when the test says so.

use std::sync::Arc;

use super::*;
use crate::base::clock::{SimulatedClock, WallTime};
use crate::link::intake::tests::{App, event};
use crate::link::intake::{Intake, Offers};

struct Seat {
    _place: tempfile::TempDir,
    path: PathBuf,
    folder: Folder,
    app: App,
    intake: Intake,
}

fn seat() -> Seat {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("events");
    let (intake, offers) = intake();
    let folder = Folder::open(&path, Arc::clone(&intake.desk)).expect("opened");
    Seat {
        _place: place,
        path,
        folder,
        app: App::new(offers),
        intake,
    }
}

fn intake() -> (Intake, Offers) {
    Intake::new(Arc::new(SimulatedClock::new(WallTime(0))), None, || {})
}

impl Seat {
    /// Looks `looks` times; the app answers meanwhile.
    async fn look(&mut self, looks: u32) {
        for _ in 0..looks {
            tokio::select! {
                () = self.folder.round() => {}
                () = self.app.answer_all() => {}
            }
        }
    }

    /// As a writer should do it.
    fn drop_file(&self, name: impl AsRef<OsStr>, text: &str) {
        let new = self.path.join("being-written");
        fs::write(&new, text).expect("written");
        fs::rename(new, self.path.join(name.as_ref())).expect("renamed");
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path.join(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort();
        names
    }

    fn why(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(REFUSED).join(name)).expect("reasons")
    }
}

#[tokio::test]
async fn files_are_taken_in_the_order_of_their_names_and_moved() {
    let mut seat = seat();
    seat.drop_file("b.json", &format!("{}\n{}\n", event("3"), event("4")));
    seat.drop_file("a.json", &format!("[{},{}]", event("1"), event("2")));
    seat.drop_file("c.txt", &event("9"));
    seat.drop_file(".d.json", &event("9"));
    seat.look(1).await;
    assert!(seat.app.ids().is_empty(), "it may be being written");
    seat.look(1).await;
    assert_eq!(seat.app.ids(), ["1", "2", "3", "4"]);
    assert_eq!(seat.names(DONE), ["a.json", "b.json"]);
    assert_eq!(seat.names(""), [".d.json", "c.txt", "done", "refused"]);
    // The same name again, with a repeat and something new in it.
    seat.drop_file("a.json", &format!("[{},{}]", event("1"), event("5")));
    seat.look(2).await;
    assert_eq!(seat.names(DONE), ["a.2.json", "a.json", "b.json"]);
    assert_eq!(seat.app.ids(), ["1", "2", "3", "4", "5"]);
    let tally = seat.intake.tally();
    assert_eq!((tally.kept, tally.repeats, tally.refused), (5, 1, 0));
}

#[tokio::test]
async fn what_is_not_of_the_form_is_refused_with_reasons_and_the_rest_is_kept() {
    let mut seat = seat();
    let bad = event("2").replace("plate.hit", "Plate");
    seat.drop_file("a.json", &format!("{}\n{bad}\n{}", event("1"), event("3")));
    let other = event("1").replace("08:00:00", "09:00:00");
    seat.drop_file("b.json", &other);
    let own = event("4").replace("plate.hit", "seen.crowd");
    seat.drop_file("c.json", &own);
    seat.drop_file("d.json", &"x".repeat(LONGEST_MESSAGE + 10));
    seat.drop_file("e.json", "");
    seat.look(LOOKS_TO_REFUSE - 1).await;
    // What cannot be half of something is answered at once.
    assert_eq!(seat.names(REFUSED), ["c.json", "c.json.why.txt"]);
    seat.look(1).await;
    assert_eq!(
        seat.app.ids(),
        ["1", "3"],
        "b came before a was ready, and is the first 1"
    );
    assert_eq!(seat.names(DONE), ["b.json"]);
    let told = seat.why("a.json.why.txt");
    assert!(told.contains("line 2, /class: expected a class"), "{told}");
    assert!(told.contains("1: another event was told"), "{told}");
    assert!(seat.why("c.json.why.txt").contains("own detectors"));
    assert!(seat.why("d.json.why.txt").contains("at most 1048576 bytes"));
    assert!(seat.why("e.json.why.txt").contains("expected JSON"));
    assert_eq!(seat.names(""), ["done", "refused"]);
}

#[tokio::test]
async fn a_file_that_is_being_written_is_waited_for() {
    let mut seat = seat();
    let all = format!("{}\n{}", event("1"), event("2"));
    let path = seat.path.join("a.json");
    for end in [10, 60, all.len() - 20] {
        fs::write(&path, &all[..end]).expect("written");
        seat.look(LOOKS_TO_REFUSE - 1).await;
        assert!(seat.app.ids().is_empty(), "cut at {end}");
        assert_eq!(seat.names(""), ["a.json", "done", "refused"]);
    }
    fs::write(&path, &all).expect("written");
    seat.look(2).await;
    assert_eq!(seat.app.ids(), ["1", "2"]);
    assert_eq!(seat.names(DONE), ["a.json"]);
}

#[tokio::test]
async fn a_program_killed_between_keeping_and_moving_loses_and_doubles_nothing() {
    let mut seat = seat();
    seat.drop_file("a.json", &format!("[{},{}]", event("1"), event("2")));
    seat.drop_file("b.json", &event("3"));
    seat.look(1).await;
    {
        // Killed when one event was kept and the answer to it was on its way.
        let round = seat.folder.round();
        tokio::pin!(round);
        tokio::select! {
            biased;
            () = &mut round => panic!("nobody answers"),
            () = std::future::ready(()) => {}
        }
        assert!(seat.app.answer_one());
    }
    assert_eq!(seat.app.ids(), ["1"]);
    assert_eq!(seat.names(""), ["a.json", "b.json", "done", "refused"]);
    // The next program, with the same store.
    let (intake, offers) = intake();
    seat.app.offers = offers;
    seat.folder = Folder::open(&seat.path, Arc::clone(&intake.desk)).expect("opened");
    seat.look(2).await;
    assert_eq!(seat.app.ids(), ["1", "2", "3"]);
    assert_eq!(seat.names(DONE), ["a.json", "b.json"]);
    let tally = intake.tally();
    assert_eq!((tally.kept, tally.repeats), (2, 1));
}

#[tokio::test]
async fn a_busy_app_makes_files_wait_in_their_order() {
    let mut seat = seat();
    for name in 1..=3 {
        seat.drop_file(format!("{name}.json"), &event(&name.to_string()));
    }
    seat.app.busy_from = Some(2);
    seat.look(2).await;
    assert_eq!(seat.app.ids(), ["1"]);
    assert_eq!(seat.names(""), ["2.json", "3.json", "done", "refused"]);
    seat.app.busy_from = None;
    seat.look(1).await;
    assert_eq!(seat.app.ids(), ["1", "2", "3"]);
}

#[cfg(unix)]
#[tokio::test]
async fn links_folders_pipes_and_hostile_names() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut seat = seat();
    let outside = seat.path.with_file_name("outside.json");
    fs::write(&outside, event("9")).expect("written");
    std::os::unix::fs::symlink(&outside, seat.path.join("a.json")).expect("linked");
    fs::create_dir(seat.path.join("b.json")).expect("made");
    let pipe = seat.path.join("c.json");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("made");
    let longest = format!("{}.json", "ә".repeat(125));
    let hostile = [
        &b"\n\x1b[31m.json"[..],
        b"\xff\xfe.json",
        b"$(reboot);'\".json",
        longest.as_bytes(),
    ];
    for (index, name) in hostile.iter().enumerate() {
        seat.drop_file(OsStr::from_bytes(name), &event(&index.to_string()));
    }
    seat.look(2).await;
    let mut ids = seat.app.ids();
    ids.sort();
    assert_eq!(ids, ["0", "1", "2", "3"]);
    assert_eq!(seat.names(DONE).len(), 4);
    assert_eq!(
        seat.names(""),
        ["a.json", "b.json", "c.json", "done", "refused"]
    );
    // Refused under such names, and under the same name twice.
    for _ in 0..2 {
        for name in hostile {
            seat.drop_file(OsStr::from_bytes(name), "{}");
        }
        seat.look(LOOKS_TO_REFUSE).await;
    }
    assert_eq!(seat.names(REFUSED).len(), 16);
    let why = |name: &String| name.ends_with(".why.txt");
    assert_eq!(
        seat.names(REFUSED).iter().filter(|name| why(name)).count(),
        8
    );
    assert_eq!(seat.app.ids().len(), 4);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_everybody_may_write_to_or_that_is_none_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let seat = seat();
    let open = |path: &Path| Folder::open(path, Arc::clone(&seat.intake.desk)).err();
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&seat.path), 0o700);
    fs::set_permissions(&seat.path, fs::Permissions::from_mode(0o777)).expect("set");
    assert!(matches!(open(&seat.path), Some(IntakeError::OpenFolder(_))));
    let file = seat.path.join("file");
    fs::write(&file, "").expect("written");
    assert!(matches!(open(&file), Some(IntakeError::Folder { .. })));
}

#[tokio::test]
async fn ten_thousand_files_and_a_folder_that_goes_and_comes() {
    let mut seat = seat();
    for number in 0..MOST_FILES + 50 {
        let name = seat.path.join(format!("{number:06}.json"));
        fs::write(name, event(&number.to_string())).expect("written");
    }
    seat.look(2).await;
    assert_eq!(seat.app.ids().len(), MOST_FILES);
    assert_eq!(seat.app.ids().last().map(String::as_str), Some("9999"));
    seat.look(2).await;
    assert_eq!(seat.app.ids().len(), MOST_FILES + 50);
    let away = seat.path.with_file_name("away");
    fs::rename(&seat.path, &away).expect("renamed");
    seat.look(2).await;
    fs::create_dir(&seat.path).expect("made");
    seat.drop_file("z.json", &event("z"));
    seat.look(2).await;
    assert_eq!(seat.app.ids().last().map(String::as_str), Some("z"));
    assert_eq!(seat.names(DONE), ["z.json"]);
}

#[tokio::test]
async fn what_was_done_is_bounded_and_what_was_refused_stays() {
    let mut seat = seat();
    let now = clock::wall_now();
    let dated = std::time::UNIX_EPOCH + Duration::from_nanos(now.0 as u64);
    let old = dated - DONE_STAY.age - Duration::from_secs(60);
    for (folder, name) in [
        (DONE, "old.json"),
        (DONE, "new.json"),
        (DONE, "old.txt"),
        (REFUSED, "old.json"),
    ] {
        let path = seat.path.join(folder).join(name);
        fs::write(&path, "{}").expect("written");
        if name.starts_with("old") {
            let file = File::options().write(true).open(&path).expect("opened");
            file.set_modified(old).expect("dated");
        }
    }
    seat.folder.sweep(now);
    assert_eq!(seat.names(DONE), ["new.json", "old.txt"]);
    assert_eq!(seat.names(REFUSED), ["old.json"]);
    for n in 0..=DONE_STAY.files {
        fs::write(seat.path.join(DONE).join(format!("{n}.json")), "").expect("written");
    }
    let count = |seat: &Seat| seat.names(DONE).len();
    seat.folder.sweep(now.plus_nanos(SWEEPS_APART_NS - 1));
    assert!(count(&seat) > DONE_STAY.files, "not so soon again");
    seat.folder.sweep(now.plus_nanos(SWEEPS_APART_NS));
    assert_eq!(count(&seat), DONE_STAY.files + 1, "one is none of ours");
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_removed_where_a_link_leads() {
    let mut seat = seat();
    let elsewhere = seat.path.with_file_name("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    let file = elsewhere.join("old.json");
    fs::write(&file, "{}").expect("written");
    let opened = File::options().write(true).open(&file).expect("opened");
    opened.set_modified(std::time::UNIX_EPOCH).expect("dated");
    fs::remove_dir(seat.path.join(DONE)).expect("removed");
    std::os::unix::fs::symlink(&elsewhere, seat.path.join(DONE)).expect("a link");
    seat.folder.sweep(clock::wall_now());
    assert!(file.exists());
    // Nor is anything put there.
    seat.drop_file("a.json", &event("1"));
    seat.look(2).await;
    assert_eq!(seat.app.ids(), ["1"]);
    assert!(seat.path.join("a.json").exists(), "it stays where it is");
    assert_eq!(fs::read_dir(&elsewhere).expect("read").count(), 1);
}

#[tokio::test]
async fn a_file_that_was_written_anew_before_it_is_moved_is_read_again() {
    let mut seat = seat();
    seat.drop_file("a.json", &event("1"));
    seat.look(1).await;
    {
        let round = seat.folder.round();
        tokio::pin!(round);
        tokio::select! {
            biased;
            () = &mut round => panic!("nobody answers"),
            () = std::future::ready(()) => {}
        }
        // The next event under the same name, before the first is answered.
        let new = seat.path.join("being-written");
        fs::write(&new, event("second")).expect("written");
        fs::rename(new, seat.path.join("a.json")).expect("renamed");
        assert!(seat.app.answer_one());
        round.await;
    }
    assert!(seat.names(DONE).is_empty(), "it was not taken in");
    seat.look(3).await;
    assert_eq!(seat.app.ids(), ["1", "second"]);
    assert_eq!(seat.names(DONE), ["a.json"]);
}

#[cfg(unix)]
#[tokio::test]
async fn reasons_are_written_through_no_link() {
    let mut seat = seat();
    let elsewhere = seat.path.join("elsewhere");
    fs::write(&elsewhere, "as it was").expect("written");
    let why = seat.path.join(REFUSED).join("a.json.why.txt");
    std::os::unix::fs::symlink(&elsewhere, &why).expect("a link");
    seat.drop_file("a.json", "no JSON");
    seat.look(LOOKS_TO_REFUSE + 1).await;
    assert_eq!(seat.names(REFUSED), ["a.json", "a.json.why.txt"]);
    assert_eq!(fs::read_to_string(&elsewhere).expect("read"), "as it was");
    assert!(!fs::symlink_metadata(&why).expect("there").is_symlink());
    // Nor is a link taken for the folder.
    let stolen = seat.path.join("stolen");
    fs::create_dir(&stolen).expect("a folder");
    fs::remove_dir_all(seat.path.join(REFUSED)).expect("removed");
    std::os::unix::fs::symlink(&stolen, seat.path.join(REFUSED)).expect("a link");
    seat.drop_file("b.json", "no JSON");
    seat.look(LOOKS_TO_REFUSE + 1).await;
    assert_eq!(fs::read_dir(&stolen).expect("read").count(), 0);
    assert!(seat.path.join("b.json").exists(), "it stays where it is");
}
