//! The screen as the operator meets it: found by label, clicked, typed at; and a dozen pictures of
//! it, drawn by whatever wgpu finds (Mesa's lavapipe here).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail, and say why they skip, as tests do"
)]

#[path = "wall/alarms.rs"]
mod alarms;
#[path = "wall/centre.rs"]
mod centre;
#[path = "wall/detectors.rs"]
mod detectors;
#[path = "wall/rules.rs"]
mod rules;
#[path = "wall/seat.rs"]
mod seat;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use qyran::app::camera_file::{Refused, Why};
use qyran::app::command::{Command, Side, Step};
use qyran::app::context::AppContext;
use qyran::app::state::{Notice, State, Stream, feed_id};
use qyran::base::clock::{self, MediaTime, WallTime};
use qyran::gpu;
use qyran::media::live::Minute;
use qyran::model::camera::{Camera, CameraId, Names, StreamKind};
use qyran::model::camera_clock::ClockOffset;
use qyran::model::condition::{
    Administration, Condition, Detour, Link, Load, Phase, Picture as Seen, Reason,
};
use qyran::model::frame::{Colour, Frame, Integrity, Layout, Memory, OwnedPlanes, Rotation};
use qyran::model::history::Trust;
use qyran::pixels::{self, Pool};
use qyran::store::cameras::{Encoding, Offer, Problem, RowError};
use qyran::store::settings::Settings;
use qyran::ui;
use qyran::words::{Language, Words};

const NOW: WallTime = WallTime(1_795_330_800_000_000_000);

/// A wall without cameras behind it: commands change the state as in the program.
struct TestWall {
    state: State,
    screen: ui::Screen,
    now: Instant,
    commands: Rc<RefCell<Vec<Command>>>,
}

impl TestWall {
    fn ui(&mut self, ui: &mut egui::Ui) {
        for command in ui::keys::commands(ui.ctx(), &self.state) {
            self.obey(command);
        }
        let context = AppContext {
            state: &self.state,
            words: Words::new(self.state.language()),
            now: self.now,
            wall: NOW,
            clock: "22.11.2026 12:00:00",
        };
        let drawn = ui::screen_ui(&context, ui, &mut self.screen);
        self.state.grid = drawn.grid.or(self.state.grid);
        for command in drawn.commands {
            self.obey(command);
            ui.ctx().request_repaint();
        }
    }

    fn obey(&mut self, command: Command) {
        self.commands.borrow_mut().push(command.clone());
        self.state.apply(command);
    }
}

fn camera(number: usize) -> Camera {
    let address = |stream| {
        format!("rtsp://127.0.0.1:8554/cam-{number:03}/{stream}")
            .parse()
            .unwrap()
    };
    let mut camera = Camera::from_url(
        CameraId::new(format!("cam-{number:03}")).unwrap(),
        address("main"),
    );
    camera.sub_url = Some(address("sub"));
    camera.name = Names {
        kk: format!("Әбілқайыр хан даңғылы {number}"),
        ru: format!("Проспект Абилкайыр хана {number}"),
        en: format!("Abilkaiyr Khan Avenue {number}"),
    };
    camera
}

fn wall(cameras: usize, language: Language) -> TestWall {
    let mut settings = Settings::default();
    settings.language = language;
    let mut state = State::new((1..=cameras).map(camera).collect(), settings);
    let now = clock::now();
    let list = state.cameras.clone();
    for (index, camera) in list.iter().enumerate() {
        let mut stream = Stream::new(index as u64 + 1, camera.service, now);
        stream.condition.link.set(Link::Live, now);
        stream.take(Arc::new(picture(index, now)), Duration::ZERO, now);
        state
            .streams
            .insert(feed_id(camera, StreamKind::Sub), stream);
    }
    TestWall {
        state,
        screen: ui::Screen::new(Arc::default()),
        now,
        commands: Rc::default(),
    }
}

/// A still of 160×90 with a grey wedge and a colour of its own.
fn picture(index: usize, now: Instant) -> pixels::Picture {
    let (width, height) = (160_usize, 90_usize);
    let luma = (0..width * height)
        .map(|i| 40 + ((i % width) * 150 / width) as u8)
        .collect();
    let chroma = |step: usize| vec![90 + ((index * step) % 80) as u8; width * height / 4];
    let planes = vec![
        (luma, width),
        (chroma(17), width / 2),
        (chroma(29), width / 2),
    ];
    let frame = Frame {
        serial: 1,
        pts: MediaTime(0),
        arrival: now,
        capture: None,
        width: width as u32,
        height: height as u32,
        layout: Layout::I420,
        colour: Colour::default(),
        rotation: Rotation::None,
        integrity: Integrity::Whole,
        memory: Memory::System(Box::new(OwnedPlanes(planes))),
    };
    pixels::reduce(&frame, 0, &Pool::new(4)).unwrap()
}

fn harness(test: TestWall, width: f32, height: f32) -> Harness<'static, TestWall> {
    let mut builder = Harness::builder().with_size(vec2(width, height));
    if let Ok(render_state) = gpu::headless() {
        gpu::install(&render_state);
        let renderer = egui_kittest::wgpu::WgpuTestRenderer::from_render_state(render_state);
        builder = builder.renderer(renderer);
    }
    let mut first = true;
    let mut harness = builder.build_ui_state(
        move |ui, test: &mut TestWall| {
            if std::mem::take(&mut first) {
                ui::theme::install(ui.ctx(), 1.0);
                ui.ctx().request_repaint();
                return;
            }
            ui.painter()
                .rect_filled(ui.max_rect(), 0.0, ui::theme::WALL);
            test.ui(ui);
        },
        test,
    );
    harness.run_steps(3);
    harness
}

/// Compares with the stored picture where there is an adapter to draw with.
fn snapshot(harness: &mut Harness<'_, TestWall>, results: &mut SnapshotResults, name: &str) {
    if gpu::headless().is_err() {
        qyran::base::skipped::skip(format_args!("the picture {name}: no graphics adapter"));
        return;
    }
    // Other drivers filter and smooth a little differently; a missing word or tile is far more.
    let options = SnapshotOptions::new().threshold(1.2).max_failed_pixels(400);
    harness.snapshot_options(name, &options);
    results.extend_harness(harness);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_none() {
        let shown = harness.render().expect("a picture");
        let (width, known) = stored(name);
        let (count, x, y) = worst_block(width, shown.as_raw(), &known);
        assert!(
            count <= MAX_IN_BLOCK,
            "{name}: {count} pixels differ at {x},{y}: a word or a sign is another"
        );
    }
}

/// A square of so many pixels is looked at by itself: a sign or a short word is lost in a whole picture.
const BLOCK: usize = 16;
/// So many pixels of it may differ, by rounding at the edges of letters.
const MAX_IN_BLOCK: usize = 20;

/// The stored picture: its width and its RGBA.
fn stored(name: &str) -> (usize, Vec<u8>) {
    let path = format!("{}/tests/snapshots/{name}.png", env!("CARGO_MANIFEST_DIR"));
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("a picture"));
    let mut reader = png::Decoder::new(file).read_info().expect("a picture");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("a picture");
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width as usize, bytes)
}

/// The block in which most pixels differ plainly: how many, and where it begins.
fn worst_block(width: usize, a: &[u8], b: &[u8]) -> (usize, usize, usize) {
    assert_eq!(a.len(), b.len(), "of one size");
    let across = width.div_ceil(BLOCK);
    let mut blocks = vec![0; across * (a.len() / 4 / width).div_ceil(BLOCK)];
    for (index, (a, b)) in a.chunks_exact(4).zip(b.chunks_exact(4)).enumerate() {
        let (x, y) = (index % width, index / width);
        if a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 48) {
            blocks[y / BLOCK * across + x / BLOCK] += 1;
        }
    }
    let worst = blocks
        .into_iter()
        .enumerate()
        .max_by_key(|(_, count)| *count);
    let (at, count) = worst.expect("a picture");
    (count, at % across * BLOCK, at / across * BLOCK)
}

/// A word of a button and the sign before a name, painted over with what is around them.
#[test]
fn a_word_or_a_sign_less_is_seen_in_a_picture() {
    let (width, whole) = stored("alarms_en");
    assert_eq!(worst_block(width, &whole, &whole).0, 0);
    let mut seen = 0;
    // Where anything is written, a block of it is taken away.
    for y in (0..whole.len() / 4 / width - BLOCK).step_by(BLOCK) {
        for x in (53 * BLOCK..width - BLOCK).step_by(BLOCK) {
            let mut less = whole.clone();
            let at = |x: usize, y: usize| (y * width + x) * 4;
            let ground = whole[at(x, y)..at(x, y) + 4].to_vec();
            let mut ink = 0;
            for y in y..y + BLOCK {
                for x in x..x + BLOCK {
                    let pixel = at(x, y)..at(x, y) + 4;
                    let is_ink = whole[pixel.clone()]
                        .iter()
                        .zip(&ground)
                        .any(|(a, b)| a.abs_diff(*b) > 90);
                    ink += usize::from(is_ink);
                    less[pixel].copy_from_slice(&ground);
                }
            }
            // About two letters.
            if (30..180).contains(&ink) {
                seen += 1;
                let (count, ..) = worst_block(width, &less, &whole);
                assert!(count > MAX_IN_BLOCK, "{count} at {x},{y}");
            }
        }
    }
    assert!(seen > 20, "{seen} places with something written");
}

fn commands(harness: &Harness<'_, TestWall>) -> Vec<Command> {
    harness.state().commands.borrow().clone()
}

fn set_link(test: &mut TestWall, index: usize, link: Link, since: Duration, has_picture: bool) {
    let camera = Arc::clone(&test.state.cameras[index]);
    let at = test.now.checked_sub(since).unwrap();
    if let Some(stream) = test
        .state
        .streams
        .get_mut(&feed_id(&camera, StreamKind::Sub))
    {
        stream.condition.link.value = link;
        stream.condition.link.since = at;
        stream.shown = has_picture.then_some(at);
    }
}

fn condition_of(test: &mut TestWall, index: usize) -> &mut Condition {
    let id = feed_id(&test.state.cameras[index], StreamKind::Sub);
    &mut test.state.streams.get_mut(&id).unwrap().condition
}

fn set_picture(test: &mut TestWall, index: usize, seen: Seen, since: Duration) {
    let camera = Arc::clone(&test.state.cameras[index]);
    let at = test.now.checked_sub(since).unwrap();
    let id = feed_id(&camera, StreamKind::Sub);
    if let Some(stream) = test.state.streams.get_mut(&id) {
        stream.condition.picture.set(seen, at);
    }
}

/// Pictures that go on coming are no life: the tile says what is wrong with them, and since when.
#[test]
fn a_picture_that_cannot_be_believed_is_not_live() {
    let mut test = wall(5, Language::En);
    set_picture(&mut test, 1, Seen::Frozen, Duration::from_secs(9));
    set_picture(&mut test, 2, Seen::Black, Duration::from_secs(5));
    set_picture(&mut test, 3, Seen::Blurred, Duration::from_secs(5));
    set_picture(&mut test, 4, Seen::Moved, Duration::from_secs(5));
    let harness = harness(test, 800.0, 400.0);
    harness.get_by_label("Abilkaiyr Khan Avenue 1: live");
    harness.get_by_label("Abilkaiyr Khan Avenue 2: frozen");
    harness.get_by_label("Abilkaiyr Khan Avenue 3: black picture");
    harness.get_by_label("Abilkaiyr Khan Avenue 4: blurred or covered");
    harness.get_by_label("Abilkaiyr Khan Avenue 5: camera moved");
    harness.get_by_label_contains("Live 1 of 5");
}

/// The state of tile `index` as an operator finds it on the card and in the list.
#[test]
fn the_card_and_the_list_tell_what_is_wrong_and_replace_it() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut test = wall(6, language);
        test.state.settings.tiles_per_page = 4;
        test.state.selected = 1;
        test.state.side = Some(Side::Troubles);
        set_picture(&mut test, 1, Seen::Blurred, Duration::from_secs(75));
        set_link(
            &mut test,
            2,
            Link::Lost(Reason::NoAnswer(Phase::Connect)),
            Duration::from_secs(700),
            true,
        );
        let id = feed_id(&test.state.cameras[3], StreamKind::Sub);
        let offset = ClockOffset {
            nanos: 3_600_400_000_000,
        };
        test.state.streams.get_mut(&id).unwrap().clock_offset = Some(offset);
        let day = [
            (20, Trust::Good),
            (15, Trust::Bad),
            (14, Trust::Good),
            (8, Trust::Unwatched),
            (6, Trust::Good),
            (2, Trust::Doubtful),
        ];
        for (hours_ago, trust) in day {
            let at = NOW.plus_nanos(-hours_ago * 3_600_000_000_000);
            let camera = test.state.cameras[1].id.clone();
            test.state.note_trust(camera, at, trust);
        }
        let mut harness = harness(test, 1280.0, 720.0);
        let name = |what: &str| format!("{what}_{}", language.tag());
        snapshot(&mut harness, &mut results, &name("troubles"));
        harness.state_mut().obey(Command::ToggleSide(Side::Card));
        harness.run_steps(3);
        snapshot(&mut harness, &mut results, &name("card"));
        // The most important of the other page comes in its place, and can be taken back.
        let before = harness.state().state.cameras[1].id.clone();
        harness.state_mut().obey(Command::ReplaceByNext);
        assert_ne!(harness.state().state.cameras[1].id, before);
        harness.state_mut().obey(Command::UndoReplace);
        assert_eq!(harness.state().state.cameras[1].id, before);
    }
}

/// The card says why a camera is not shown, where to look and what to do; the list says why.
#[test]
fn the_card_says_what_is_to_be_done() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut test = wall(6, language);
        test.state.settings.tiles_per_page = 6;
        let age = Duration::from_secs(95);
        let codecs = Reason::UnsupportedCodec("MPEG4, MP4V-ES".into());
        let links = [
            Link::Lost(Reason::NoAnswer(Phase::Describe)),
            Link::Refused(Reason::WrongPassword),
            Link::Refused(codecs),
            Link::Refused(Reason::Refused(400)),
            Link::Refused(Reason::MovedAway(Detour::Circle)),
            Link::Refused(Reason::NotPermitted),
        ];
        for (index, link) in links.into_iter().enumerate() {
            set_link(&mut test, index, link, age, false);
        }
        test.state.side = Some(Side::Card);
        test.state.selected = 0;
        let mut harness = harness(test, 1280.0, 720.0);
        if language == Language::En {
            let check = |harness: &Harness<'_, TestWall>, texts: [&str; 3]| {
                for text in texts {
                    harness.get_by_label(text);
                }
            };
            check(
                &harness,
                [
                    "no answer (while requesting the stream description)",
                    "the camera",
                    "The connection is there but the camera does not answer: restart it",
                ],
            );
            harness.state_mut().state.selected = 3;
            harness.run_steps(3);
            check(
                &harness,
                [
                    "request refused: RTSP 400",
                    "the camera",
                    "Tell the camera technician the code: settings or firmware of the camera do not fit",
                ],
            );
        }
        harness.state_mut().state.selected = 1;
        harness.run_steps(3);
        let name = |what: &str| format!("{what}_{}", language.tag());
        snapshot(&mut harness, &mut results, &name("reason"));
        harness
            .state_mut()
            .obey(Command::ToggleSide(Side::Troubles));
        harness.run_steps(3);
        snapshot(&mut harness, &mut results, &name("reasons"));
    }
}

#[test]
fn forty_five_tiles_are_there_by_name_and_state() {
    let mut harness = harness(wall(45, Language::Ru), 1920.0, 1080.0);
    for number in 1..=45 {
        harness.get_by_label(&format!("Проспект Абилкайыр хана {number}: онлайн"));
    }
    assert_eq!(
        harness.state().state.grid.map(|g| (g.columns, g.rows)),
        Some((7, 7))
    );
    harness
        .get_by_label(&format!("Проспект Абилкайыр хана {}: онлайн", 9))
        .click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.selected, 8);
}

#[test]
fn keys_move_enlarge_and_go_back() {
    let mut harness = harness(wall(9, Language::En), 960.0, 560.0);
    harness.key_press(Key::ArrowRight);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(2);
    assert_eq!(harness.state().state.selected, 4);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert!(harness.state().state.enlarged);
    assert!(
        harness.query_by_label_contains("Avenue 1:").is_none(),
        "the others are out of sight"
    );
    harness.get_by_label_contains("Avenue 5:");
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(!harness.state().state.enlarged);
    let seen = commands(&harness);
    assert!(seen.contains(&Command::MoveSelection(Step { right: 1, down: 0 })));
    assert!(seen.contains(&Command::Back));
}

#[test]
fn the_language_is_switched_by_its_button() {
    let mut harness = harness(wall(4, Language::Ru), 960.0, 560.0);
    harness.get_by_label("ҚАЗ").click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.language(), Language::Kk);
    harness.get_by_label_contains("Әбілқайыр хан даңғылы 1:");
    harness.get_by_label("ENG").click();
    harness.run_steps(2);
    harness.get_by_label("Abilkaiyr Khan Avenue 1: live");
}

#[test]
fn pages_turn() {
    let mut test = wall(5, Language::En);
    test.state.settings.tiles_per_page = 3;
    let mut harness = harness(test, 960.0, 560.0);
    assert!(harness.query_by_label_contains("Avenue 4:").is_none());
    harness.key_press(Key::PageDown);
    harness.run_steps(2);
    harness.get_by_label_contains("Avenue 4:");
    assert!(harness.query_by_label_contains("Avenue 1:").is_none());
}

#[test]
fn a_stale_tile_is_never_called_live() {
    let mut test = wall(4, Language::En);
    let age = Duration::from_secs(12);
    set_link(&mut test, 0, Link::Late, age, true);
    set_link(&mut test, 1, Link::Lost(Reason::Silent), age, true);
    set_link(
        &mut test,
        2,
        Link::Refused(Reason::WrongPassword),
        age,
        false,
    );
    set_link(&mut test, 3, Link::Connecting, age, false);
    let harness = harness(test, 960.0, 560.0);
    for (number, word) in [
        (1, "delayed"),
        (2, "connection lost"),
        (3, "refused"),
        (4, "connecting"),
    ] {
        harness.get_by_label(&format!("Abilkaiyr Khan Avenue {number}: {word}"));
    }
    harness.get_by_label_contains("Live 0 of 4");
}

#[test]
fn disturbed_waiting_and_slow_cameras_say_what_they_are() {
    let words = [
        (Language::En, "waiting for keyframe", "disturbed"),
        (Language::Ru, "ждёт опорный кадр", "искажено"),
        (Language::Kk, "тірек кадр күтілуде", "бұрмаланған"),
    ];
    for (language, waiting, disturbed) in words {
        let mut test = wall(4, language);
        let age = Duration::from_secs(12);
        set_link(&mut test, 0, Link::AwaitingKeyframe, age, true);
        set_picture(&mut test, 1, Seen::Disturbed, age);
        condition_of(&mut test, 2).is_slow = true;
        test.state.selected = 1;
        test.state.side = Some(Side::Card);
        let id = feed_id(&test.state.cameras[1], StreamKind::Sub);
        let report = &mut test.state.streams.get_mut(&id).unwrap().report;
        report.minute = Minute {
            pictures: 900,
            disturbed: 120,
            concealed: 7,
            lost_packets: 31,
            discontinuities: 2,
        };
        let now = test.now;
        let troubles = test.state.troubles(now);
        let told: Vec<_> = troubles.iter().map(|trouble| trouble.index).collect();
        assert_eq!(told, [1], "{language:?}: waiting and slow are no warning");
        assert_eq!(test.state.num_live(), 2, "{language:?}");
        let harness = harness(test, 1200.0, 700.0);
        harness.get_by_label_contains(&format!("1: {waiting}"));
        harness.get_by_label_contains(&format!("2: {disturbed}"));
        harness.get_by_label_contains("31,");
    }
}

#[test]
fn pictures_of_every_state_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut test = wall(16, language);
        set_picture(&mut test, 6, Seen::Frozen, Duration::from_secs(42));
        set_picture(&mut test, 7, Seen::Black, Duration::from_secs(190));
        set_link(&mut test, 1, Link::Late, Duration::from_secs(3), true);
        set_link(
            &mut test,
            2,
            Link::Lost(Reason::Silent),
            Duration::from_secs(75),
            true,
        );
        set_link(
            &mut test,
            3,
            Link::Lost(Reason::NoAnswer(Phase::Connect)),
            Duration::from_secs(700),
            false,
        );
        set_link(
            &mut test,
            4,
            Link::Refused(Reason::WrongPassword),
            Duration::from_mins(150),
            false,
        );
        set_link(
            &mut test,
            5,
            Link::Connecting,
            Duration::from_millis(300),
            false,
        );
        set_picture(&mut test, 8, Seen::Blurred, Duration::from_secs(15));
        set_picture(&mut test, 9, Seen::Moved, Duration::from_secs(500));
        for (index, load) in [
            (10, Load::Slowed),
            (11, Load::Keyframes),
            (12, Load::Paused),
        ] {
            condition_of(&mut test, index).load.value = load;
        }
        let orders = [
            Administration::InRepair,
            Administration::Masked,
            Administration::AccessClosed,
        ];
        for (index, order) in orders.into_iter().enumerate() {
            condition_of(&mut test, 13 + index).administration.value = order;
        }
        let mut harness = harness(test, 1180.0, 660.0);
        snapshot(
            &mut harness,
            &mut results,
            &format!("states_{}", language.tag()),
        );
    }
}

#[test]
fn pictures_of_help_notices_and_the_empty_wall() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut test = wall(0, language);
        test.state.help = true;
        let mut harness = harness(test, 640.0, 420.0);
        snapshot(
            &mut harness,
            &mut results,
            &format!("help_{}", language.tag()),
        );
    }
    let mut test = wall(1, Language::Kk);
    let row = |row, field: &str, problem| RowError {
        row,
        field: field.into(),
        problem,
    };
    test.state.notices.push(Notice::CameraRows(vec![
        row(
            3,
            "lat",
            Problem::OutOfRange {
                value: "500".into(),
                least: -90.0,
                most: 90.0,
            },
        ),
        row(7, "main_url", Problem::AddressHasPassword),
        row(
            9,
            "site_kind",
            Problem::UnknownWord {
                value: "мост".into(),
                known: "street, school".into(),
            },
        ),
    ]));
    let mut harness = harness(test, 700.0, 400.0);
    snapshot(&mut harness, &mut results, "notice_kk");
    harness.get_by_label("Жабу").click();
    harness.run_steps(2);
    assert!(harness.state().state.notices.is_empty());
}

#[test]
fn a_camera_file_that_is_refused_is_said_large_with_an_offer_to_read_it() {
    let mut test = wall(0, Language::En);
    test.state.refused = Some(Refused {
        file: "cameras.csv".into(),
        why: Why::Encoding(Offer {
            encoding: Encoding::Cp1251,
            sample: "Мост".into(),
        }),
    });
    let commands = Rc::clone(&test.commands);
    let mut harness = harness(test, 700.0, 400.0);
    harness.run_steps(2);
    harness.get_by_label_contains("cameras.csv");
    harness.get_by_label_contains("Мост");
    harness.get_by_label("Read it as Windows-1251").click();
    harness.run_steps(2);
    assert_eq!(
        *commands.borrow(),
        [Command::ReadCamerasAs(Encoding::Cp1251)]
    );
    let state = &mut harness.state_mut().state;
    state.refused = Some(Refused {
        file: "cameras.csv".into(),
        why: Why::Rows(vec![RowError {
            row: 3,
            field: String::new(),
            problem: Problem::OpenQuote,
        }]),
    });
    harness.run_steps(2);
    harness.get_by_label_contains("row 3: a quotation mark opens here");
    // A list that is taken in its place is shown from its first page on.
    let state = &mut harness.state_mut().state;
    state.refused = None;
    state.list((1..=3).map(camera).collect());
    harness.run_steps(2);
    assert_eq!(harness.state().state.wanted_streams().len(), 3);
}

#[test]
fn a_picture_of_the_wall_and_of_one_camera_large() {
    let mut results = SnapshotResults::new();
    let mut harness = harness(wall(45, Language::Kk), 1280.0, 720.0);
    snapshot(&mut harness, &mut results, "wall_45_kk");
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    snapshot(&mut harness, &mut results, "large_kk");
}

#[test]
fn sizes_told_to_the_feeds_are_those_of_the_screen() {
    let test = wall(4, Language::En);
    let sizes: Rc<RefCell<BTreeMap<_, _>>> = Rc::default();
    let seen = Rc::clone(&sizes);
    let mut first = true;
    let mut harness = Harness::builder()
        .with_size(vec2(800.0, 480.0))
        .with_pixels_per_point(2.0)
        .build_ui_state(
            move |ui, test: &mut TestWall| {
                if std::mem::take(&mut first) {
                    ui::theme::install(ui.ctx(), 1.0);
                    return;
                }
                let context = AppContext {
                    state: &test.state,
                    words: Words::new(Language::En),
                    now: test.now,
                    wall: NOW,
                    clock: "",
                };
                *seen.borrow_mut() = ui::screen_ui(&context, ui, &mut test.screen).sizes;
            },
            test,
        );
    harness.run_steps(2);
    let sizes = sizes.borrow();
    assert_eq!(sizes.len(), 4);
    for (width, height) in sizes.values() {
        assert!(
            (770..=800).contains(width) && *width * 9 / 16 == *height,
            "{width}×{height} pixels at two a point"
        );
    }
}
