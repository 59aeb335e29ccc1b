//! What each clip shows, as data: twenty-six views made from few sources, sixty-four cameras on
//! them.
//!
//! A camera's main stream is one of the [`VIEWS`]; its sub stream shows the same place in the same
//! light, the whole of it or a part, at another moment. Cameras that would sit next to each other on
//! a wall never share a view (a test holds that).

use std::fmt;

/// Cameras of the city.
pub const CAMERAS: usize = 64;
/// Width and height of every sub stream, in pixels.
pub const SUB_SIZE: (u32, u32) = (640, 360);
/// Pictures a second of every sub stream.
pub const SUB_FPS: (u32, u32) = (15, 1);

/// How a clip is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264 Main profile, Annex B, with access unit delimiters.
    H264,
    /// H.265 Main profile, Annex B, with access unit delimiters.
    H265,
    /// Baseline JPEG pictures one after another, with the standard Huffman tables.
    Jpeg,
}

impl Codec {
    /// The ending of a clip's file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "mjpeg",
        }
    }

    /// The word in a clip's description.
    pub fn word(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "jpeg",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How the colours of a clip are coded; the stream says so, and is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// BT.709, 16..235.
    Bt709,
    /// BT.709, 0..255.
    Bt709Full,
    /// SMPTE 170M (BT.601 of 525 lines), 16..235.
    Smpte170m,
    /// What JFIF prescribes: BT.601, 0..255.
    Jfif,
}

/// A still picture that serves as ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Still {
    /// A cobbled street with brick houses, 751×563 (opencv-doc).
    Leuven,
    /// An office building behind a lawn, 868×600 (opencv-doc).
    Building,
    /// A bridge over a wide river mouth, 4352×2448 (Sander Klootwijk, CC BY-SA 4.0).
    Bridge,
    /// A meadow before autumn woods and mountains, 3088×2056 (Aitzol Berasategi, CC BY 4.0).
    Meadow,
    /// A trail below cliffs, 3264×2448 (Aitzol Berasategi, CC BY 4.0).
    Trail,
    /// A hill at sunset, 4272×2848 (Aitzol Berasategi, CC BY 4.0).
    Hill,
}

/// One uncut shot of bikes.mp4, 640×272 at 25 pictures a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shot {
    /// A van and a cyclist before a shop.
    Cyclist,
    /// A street with traffic behind a railing.
    Traffic,
    /// A bicycle parked at a wall, people pass.
    Bicycle,
}

impl Shot {
    /// First second and number of pictures (inside the shot, away from its cuts).
    pub fn span(self) -> (f64, u32) {
        match self {
            Self::Cyclist => (3.08, 58),
            Self::Traffic => (5.52, 47),
            Self::Bicycle => (7.52, 52),
        }
    }
}

/// People cut out of the street clip, walking over a still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walkers {
    /// Where the left edge of the 768 pixels wide strip comes, in pixels of the still.
    pub x: i32,
    /// Where the top edge of the 320 pixels high strip comes, in pixels of the still.
    pub y: i32,
    /// Their size as a share of the original's, 1.0 being pixel for pixel.
    pub scale: f64,
    /// Walking the other way.
    pub mirror: bool,
    /// Seconds into the strip, beyond the view's own moment.
    pub later: f64,
    /// Their brightness as a share of the original's, for ground in another light.
    pub gain: f64,
}

/// Where pictures come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scene {
    /// vtest.avi: a street seen from a pole, 768×576, played at 12.5 pictures a second.
    Street,
    /// tree.avi: a tree in the wind, 320×240 at 15 pictures a second.
    Tree,
    /// A shot of bikes.mp4, played at 15 pictures a second.
    Passing(Shot),
    /// A still with people walking over it, swaying by a pixel as a pole does.
    Ground(Still, &'static [Walkers]),
    /// Six streets on one picture of 1920×1080, as a recorder gives them out.
    Six,
    /// Nothing but faint noise.
    Black,
}

impl Scene {
    /// Width and height of the scene's own pictures, in pixels.
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Street => (768, 576),
            Self::Tree => (320, 240),
            Self::Passing(_) => (640, 272),
            Self::Ground(still, _) => match still {
                Still::Leuven => (750, 562),
                Still::Building => (868, 600),
                Still::Bridge => (1284, 724),
                Still::Meadow | Still::Trail | Still::Hill => (1924, 1084),
            },
            Self::Six => (1920, 1080),
            Self::Black => SUB_SIZE,
        }
    }
}

/// The light a view is seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Light {
    /// As it was filmed.
    Day,
    /// Low, warm sun.
    Evening,
    /// Flat and cool.
    Overcast,
    /// Blue hour.
    Dusk,
    /// Sodium lamps at night, a noisy sensor.
    Sodium,
    /// Infra-red lamp at night: black and white, noisy.
    Infrared,
}

/// The weather before the lens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weather {
    /// Nothing in the air.
    Clear,
    /// Grey veil.
    Fog,
    /// Streaks.
    Rain,
    /// Flakes.
    Snow,
}

/// A rectangle in pixels of the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
}

/// A place in its light: one main stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    /// Name of the clip.
    pub name: &'static str,
    /// Where the pictures come from.
    pub scene: Scene,
    /// The part of the scene that the main stream shows, pixel for pixel.
    pub area: Area,
    /// Left and right exchanged.
    pub mirror: bool,
    /// Light.
    pub light: Light,
    /// Weather.
    pub weather: Weather,
    /// The main stream's codec.
    pub codec: Codec,
    /// The main stream's pictures a second.
    pub fps: (u32, u32),
}

/// What a sub stream shows of its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Five sixths of its width, on the left.
    Left,
    /// Five sixths of its width, on the right.
    Right,
}

/// Text burned into the picture by the camera itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Osd {
    /// None.
    None,
    /// A running clock at the top left.
    Clock,
    /// The camera's number and a running clock at the top left.
    Number(usize),
    /// The camera's number and a running clock at the bottom right.
    NumberBelow(usize),
}

/// Everything that decides one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Name of the clip, and of its files.
    pub name: String,
    /// How it is compressed.
    pub codec: Codec,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Pictures a second, as a fraction.
    pub fps: (u32, u32),
    /// Pictures in the clip.
    pub frames: u32,
    /// Pictures from one keyframe to the next.
    pub gop: u32,
    /// Colour coding.
    pub colour: Colour,
    /// Where the pictures come from.
    pub scene: Scene,
    /// The part of the scene shown.
    pub area: Area,
    /// Left and right exchanged.
    pub mirror: bool,
    /// Light.
    pub light: Light,
    /// Weather.
    pub weather: Weather,
    /// Burned-in text.
    pub osd: Osd,
    /// Where in the source it begins, in seconds.
    pub from_secs: f64,
}

impl Recipe {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        f64::from(self.frames) * f64::from(self.fps.1) / f64::from(self.fps.0)
    }

    /// How much work encoding this is, in arbitrary units (pixels, weighed by codec).
    pub fn work(&self) -> f64 {
        let pixels = f64::from(self.size.0) * f64::from(self.size.1) * f64::from(self.frames);
        let weight = match self.codec {
            Codec::H264 => 1.0,
            Codec::H265 => 3.0,
            Codec::Jpeg => 0.8,
        };
        pixels * weight
    }
}

const fn area(x: u32, y: u32, w: u32, h: u32) -> Area {
    Area { x, y, w, h }
}

const TOP: Area = area(0, 0, 768, 432);
const MIDDLE: Area = area(0, 72, 768, 432);
const LOW: Area = area(0, 144, 768, 432);
const SHOT: Area = area(0, 0, 640, 272);
const FULL_HD: Area = area(0, 0, 1920, 1080);
/// The same inside a still that leaves room to sway.
const GROUND_HD: Area = area(2, 2, 1920, 1080);

/// Shorthand of the layers below, all pixel for pixel.
const fn walkers(x: i32, y: i32, mirror: bool, later: f64, gain: f64) -> Walkers {
    Walkers {
        x,
        y,
        scale: 1.0,
        mirror,
        later,
        gain,
    }
}

const STREET_WALK: &[Walkers] = &[walkers(-10, 330, false, 0.0, 0.8)];
const LAWN_WALK: &[Walkers] = &[walkers(60, 388, true, 3.0, 1.0)];
const MEADOW_WALK: &[Walkers] = &[
    walkers(120, 640, false, 2.0, 1.0),
    walkers(1040, 700, true, 7.0, 1.0),
];
const TRAIL_WALK: &[Walkers] = &[
    walkers(160, 560, true, 0.0, 0.9),
    walkers(980, 640, false, 9.0, 0.9),
];
const HILL_WALK: &[Walkers] = &[walkers(300, 690, false, 5.0, 0.5)];

const NATIVE: (u32, u32) = (25, 2);
const SLOW: (u32, u32) = (15, 1);
const FULL: (u32, u32) = (25, 1);

/// Shorthand of the table below.
#[expect(
    clippy::too_many_arguments,
    reason = "a row of a table has as many columns"
)]
const fn view(
    name: &'static str,
    scene: Scene,
    area: Area,
    mirror: bool,
    light: Light,
    weather: Weather,
    codec: Codec,
    fps: (u32, u32),
) -> View {
    View {
        name,
        scene,
        area,
        mirror,
        light,
        weather,
        codec,
        fps,
    }
}

use Codec::{H264, H265};
use Light::{Day, Dusk, Evening, Infrared, Overcast, Sodium};
use Scene::{Ground, Passing, Six, Street, Tree};
use Weather::{Clear, Fog, Rain, Snow};

/// The views, in the order that [`view_of`] deals them out: like ones far apart.
#[rustfmt::skip]
const VIEWS: [View; 26] = [
    view("main-01", Ground(Still::Hill, HILL_WALK), GROUND_HD, false, Day, Clear, H264, FULL),
    view("main-02", Street, LOW, false, Overcast, Rain, H264, NATIVE),
    view("main-03", Ground(Still::Building, LAWN_WALK), area(2, 110, 864, 486), false, Day, Clear, H264, NATIVE),
    view("main-04", Six, FULL_HD, false, Day, Clear, H264, FULL),
    view("main-05", Passing(Shot::Traffic), SHOT, true, Dusk, Rain, H264, SLOW),
    view("main-06", Street, TOP, false, Day, Clear, H264, NATIVE),
    view("main-07", Passing(Shot::Bicycle), SHOT, false, Day, Clear, H264, SLOW),
    view("main-08", Ground(Still::Meadow, MEADOW_WALK), GROUND_HD, false, Day, Clear, H264, FULL),
    view("main-09", Ground(Still::Leuven, STREET_WALK), area(2, 138, 746, 420), true, Overcast, Snow, H264, NATIVE),
    view("main-10", Street, TOP, true, Sodium, Clear, H264, NATIVE),
    view("main-11", Passing(Shot::Cyclist), SHOT, false, Day, Clear, H264, SLOW),
    view("main-12", Street, TOP, true, Overcast, Fog, H265, NATIVE),
    view("main-13", Ground(Still::Leuven, STREET_WALK), area(2, 138, 746, 420), true, Sodium, Clear, H264, NATIVE),
    view("main-14", Street, MIDDLE, true, Day, Clear, H264, NATIVE),
    view("main-15", Tree, area(0, 30, 320, 180), true, Infrared, Clear, H264, SLOW),
    view("main-16", Passing(Shot::Traffic), SHOT, false, Day, Clear, H264, SLOW),
    view("main-17", Ground(Still::Leuven, STREET_WALK), area(2, 138, 746, 420), false, Day, Clear, H264, NATIVE),
    view("main-18", Tree, area(0, 30, 320, 180), false, Day, Clear, H264, SLOW),
    view("main-19", Ground(Still::Trail, TRAIL_WALK), GROUND_HD, false, Day, Clear, H264, FULL),
    view("main-20", Street, LOW, true, Dusk, Clear, H264, NATIVE),
    view("main-21", Ground(Still::Bridge, &[]), area(2, 2, 1280, 720), false, Day, Clear, H264, NATIVE),
    view("main-22", Street, TOP, false, Overcast, Snow, H264, NATIVE),
    view("main-23", Ground(Still::Building, LAWN_WALK), area(2, 110, 864, 486), true, Infrared, Clear, H264, NATIVE),
    view("main-24", Street, MIDDLE, false, Evening, Clear, H264, NATIVE),
    view("main-25", Passing(Shot::Bicycle), SHOT, true, Infrared, Clear, H264, SLOW),
    view("main-26", Street, MIDDLE, true, Infrared, Clear, H265, NATIVE),
];

/// The view that camera `number` (from 1) looks at.
///
/// Five is coprime to the number of views, so that cameras one, seven, eight or nine apart (side by
/// side, or one above the other on walls of seven to nine columns) never share a view.
pub(super) fn view_of(number: usize) -> &'static View {
    &VIEWS[(number * 5) % VIEWS.len()]
}

/// The main stream's clip of camera `number` (from 1).
pub fn main_clip_of(number: usize) -> &'static str {
    view_of(number).name
}

/// The sub stream's clip of camera `number` (from 1).
pub fn sub_clip_of(number: usize) -> String {
    format!("sub-{number:02}")
}

/// Sub streams in H.265: eight among the first forty-five, ten in all.
const SUBS_H265: [usize; 10] = [3, 8, 14, 19, 25, 30, 36, 41, 52, 60];
/// Sub streams in Motion JPEG: four among the first forty-five, five in all.
const SUBS_JPEG: [usize; 5] = [11, 22, 33, 44, 58];

fn codec_of(number: usize) -> Codec {
    if SUBS_H265.contains(&number) {
        H265
    } else if SUBS_JPEG.contains(&number) {
        Codec::Jpeg
    } else {
        H264
    }
}

/// A part of `whole` in 16:9, even on all sides.
fn part_of(whole: Area, part: Part) -> Area {
    let share = match part {
        Part::Whole => 1.0,
        Part::Left | Part::Right => 5.0 / 6.0,
    };
    // The widest 16:9 rectangle that fits, then its share.
    let w = f64::from(whole.w).min(f64::from(whole.h) * 16.0 / 9.0) * share;
    let h = w * 9.0 / 16.0;
    let even = |v: f64| (v / 2.0).floor() as u32 * 2;
    let (w, h) = (even(w).min(whole.w), even(h).min(whole.h));
    let x = match part {
        Part::Whole => (whole.w - w) / 2,
        Part::Left => 0,
        Part::Right => whole.w - w,
    };
    Area {
        x: whole.x + x / 2 * 2,
        y: whole.y + (whole.h - h) / 4 * 2,
        w,
        h,
    }
}

fn sub(number: usize) -> Recipe {
    let view = view_of(number);
    // The first, second and third camera on a view.
    let turn = (number - 1) / VIEWS.len();
    let part = [Part::Whole, Part::Left, Part::Right][turn % 3];
    let codec = codec_of(number);
    let colour = match (codec, number % 8) {
        (Codec::Jpeg, _) => Colour::Jfif,
        (_, 2) => Colour::Smpte170m,
        (_, 5) => Colour::Bt709Full,
        _ => Colour::Bt709,
    };
    let gop = [30, 30, 45, 30, 60][number % 5];
    let osd = match number % 4 {
        0 => Osd::None,
        1 => Osd::Number(number),
        2 => Osd::Clock,
        _ => Osd::NumberBelow(number),
    };
    Recipe {
        name: sub_clip_of(number),
        codec,
        size: SUB_SIZE,
        fps: SUB_FPS,
        frames: 16 * SUB_FPS.0,
        gop,
        colour,
        scene: view.scene,
        area: part_of(view.area, part),
        mirror: view.mirror,
        light: view.light,
        weather: view.weather,
        osd,
        from_secs: begin(view.scene, number),
    }
}

/// Where in its source a clip begins, in seconds: spread over what the source has.
fn begin(scene: Scene, number: usize) -> f64 {
    let spread = (number * 7 % 23) as f64 / 23.0;
    match scene {
        // 79 s, of which a clip of 16 s at 1.25 times the speed takes 20.
        Scene::Street => spread * 53.0,
        Scene::Six => spread * 30.0,
        Scene::Tree => spread * 8.0,
        // The strip of people is 40 s long, each layer begins up to 9 s later.
        Scene::Ground(..) => spread * 5.0,
        Scene::Passing(_) | Scene::Black => 0.0,
    }
}

fn main_stream(index: usize, view: &View) -> Recipe {
    let fps = view.fps;
    let seconds = 16;
    Recipe {
        name: view.name.to_owned(),
        codec: view.codec,
        size: (view.area.w, view.area.h),
        fps,
        frames: seconds * fps.0 / fps.1,
        gop: (2 * fps.0).div_ceil(fps.1),
        colour: if index == 10 || index == 13 {
            Colour::Smpte170m
        } else {
            Colour::Bt709
        },
        scene: view.scene,
        area: view.area,
        mirror: view.mirror,
        light: view.light,
        weather: view.weather,
        osd: Osd::Clock,
        from_secs: begin(view.scene, index + 3),
    }
}

/// What a camera sends when it shows nothing, and when its picture changes size.
fn faults() -> [Recipe; 2] {
    let black = Recipe {
        name: "fault-black".to_owned(),
        codec: H264,
        size: SUB_SIZE,
        fps: SUB_FPS,
        frames: 60,
        gop: 30,
        colour: Colour::Bt709,
        scene: Scene::Black,
        area: area(0, 0, 640, 360),
        mirror: false,
        light: Day,
        weather: Clear,
        osd: Osd::None,
        from_secs: 0.0,
    };
    let size = Recipe {
        name: "fault-size".to_owned(),
        size: (352, 288),
        scene: Street,
        area: area(64, 0, 704, 576),
        from_secs: 40.0,
        ..black.clone()
    };
    [black, size]
}

/// Every clip of the city, in the order in which they are made: the first eight sub streams, then
/// what a fault needs, then the other sub streams, then the main streams.
pub fn recipes() -> Vec<Recipe> {
    let mut all: Vec<Recipe> = (1..=8).map(sub).collect();
    all.extend(faults());
    all.extend((9..=CAMERAS).map(sub));
    all.extend(VIEWS.iter().enumerate().map(|(i, v)| main_stream(i, v)));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn subs() -> Vec<Recipe> {
        (1..=CAMERAS).map(sub).collect()
    }

    #[test]
    fn every_clip_that_a_camera_names_is_made_once() {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for recipe in recipes() {
            *names.entry(recipe.name).or_default() += 1;
        }
        assert!(names.values().all(|count| *count == 1), "{names:?}");
        for number in 1..=CAMERAS {
            assert!(names.contains_key(&sub_clip_of(number)), "{number}");
            assert!(names.contains_key(main_clip_of(number)), "{number}");
        }
        assert_eq!(names.len(), CAMERAS + VIEWS.len() + 2);
    }

    #[test]
    fn codecs_are_mixed_as_promised() {
        let count = |range: std::ops::RangeInclusive<usize>, codec| {
            range.filter(|number| codec_of(*number) == codec).count()
        };
        assert!(count(1..=64, H264) >= 45);
        assert!(count(1..=64, H265) >= 8);
        assert!(count(1..=64, Codec::Jpeg) >= 4);
        assert!(count(1..=45, H265) >= 8);
        assert!(count(1..=45, Codec::Jpeg) >= 4);
    }

    #[test]
    fn colours_are_mixed_and_fit_the_codec() {
        let subs = subs();
        let count = |colour| subs.iter().filter(|r| r.colour == colour).count();
        assert!(count(Colour::Bt709) > count(Colour::Smpte170m));
        assert!(count(Colour::Smpte170m) >= 4);
        assert!(count(Colour::Bt709Full) >= 1);
        for recipe in &subs {
            assert_eq!(
                recipe.codec == Codec::Jpeg,
                recipe.colour == Colour::Jfif,
                "{}",
                recipe.name
            );
        }
    }

    #[test]
    fn neighbours_on_a_wall_look_at_different_places() {
        for number in 1..=CAMERAS {
            for apart in [1, 7, 8, 9] {
                let other = number + apart;
                if other > CAMERAS {
                    continue;
                }
                let (a, b) = (view_of(number), view_of(other));
                assert_ne!(a.name, b.name, "{number} and {other}");
                let key = |v: &View| {
                    format!(
                        "{:?} {:?} {} {:?} {:?}",
                        v.scene, v.area, v.mirror, v.light, v.weather
                    )
                };
                assert_ne!(key(a), key(b), "{number} and {other}");
            }
        }
    }

    #[test]
    fn no_two_cameras_send_the_same_clip() {
        let subs = subs();
        for (i, a) in subs.iter().enumerate() {
            for b in &subs[i + 1..] {
                let key = |r: &Recipe| {
                    (
                        format!("{:?} {:?}", r.scene, r.area),
                        (r.mirror, r.light, r.weather),
                        r.from_secs.to_bits(),
                    )
                };
                assert_ne!(key(a), key(b), "{} and {}", a.name, b.name);
            }
        }
    }

    #[test]
    fn at_least_twelve_places() {
        let mut places: Vec<String> = VIEWS
            .iter()
            .map(|v| format!("{:?} {:?} {:?}", v.scene, v.light, v.weather))
            .collect();
        places.sort();
        places.dedup();
        assert!(places.len() >= 12, "{places:?}");
    }

    #[test]
    fn main_streams_show_at_least_the_detail_of_their_subs() {
        let large = VIEWS
            .iter()
            .filter(|v| (v.area.w, v.area.h) == (1920, 1080));
        assert!(large.filter(|v| v.fps == (25, 1)).count() >= 4);
        for recipe in recipes() {
            let (w, h) = recipe.scene.size();
            let area = recipe.area;
            assert!(
                area.x + area.w <= w && area.y + area.h <= h,
                "{}",
                recipe.name
            );
            assert!(area.w % 2 == 0 && area.h % 2 == 0, "{}", recipe.name);
            if matches!(recipe.scene, Scene::Ground(..)) {
                // Room to sway.
                assert!(area.x >= 2 && area.x + area.w + 2 <= w, "{}", recipe.name);
                assert!(area.y >= 2 && area.y + area.h + 2 <= h, "{}", recipe.name);
            }
            if recipe.name.starts_with("main-") {
                // Pixel for pixel: never scaled up.
                assert_eq!(recipe.size, (area.w, area.h), "{}", recipe.name);
            } else if recipe.name.starts_with("sub-") {
                assert_eq!((recipe.size, recipe.fps), (SUB_SIZE, SUB_FPS));
                assert!(recipe.seconds() >= 16.0);
                let shape = f64::from(area.w) / f64::from(area.h);
                assert!(
                    (shape - 16.0 / 9.0).abs() < 0.03,
                    "{}: {shape}",
                    recipe.name
                );
            }
            let gop_secs =
                f64::from(recipe.gop) * f64::from(recipe.fps.1) / f64::from(recipe.fps.0);
            assert!(
                (1.9..=4.0).contains(&gop_secs),
                "{}: {gop_secs}",
                recipe.name
            );
        }
    }
}
