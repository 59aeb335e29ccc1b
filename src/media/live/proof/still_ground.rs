//! Proof of life over a ground that is exactly still, as encoders make it that repeat what stands
//! still: what moves is life however small it is, and what only changes is not.

use std::time::{Duration, Instant};

use super::Proof;
use crate::base::clock::{self, MediaTime};
use crate::media::live::{DecodeRequest, Decoder};
use crate::media::source::{EncodedUnit, Parameters};
use crate::model::codec::Codec;
use crate::model::condition::Picture;
use crate::pixels;

/// Looks come at this pace.
const EVERY: Duration = Duration::from_millis(267);

/// A picture under way.
#[derive(Clone)]
struct Canvas {
    width: usize,
    height: usize,
    luma: Vec<u8>,
}

impl Canvas {
    /// A street at night, without a grain of noise; another `place` is another street.
    fn still(width: usize, place: usize) -> Self {
        let height = width * 9 / 16;
        let code = |at: usize| {
            let (x, y) = (at % width * 320 / width, at / width * 320 / width);
            60 + (x * 5 + y * 3 + (x / 31 * 7 + y / 23 * (place + 1)) % 5 * 13) % 70
        };
        let luma = (0..width * height).map(|at| code(at) as u8).collect();
        Self {
            width,
            height,
            luma,
        }
    }

    /// Changes the samples of a rectangle, given for a picture of 320 × 180 samples; what is
    /// outside is left out.
    fn paint(&mut self, (x, y): (f32, f32), (across, down): (f32, f32), code: impl Fn(u8) -> u8) {
        let scale = self.width as f32 / 320.0;
        let part = |begin: f32, length: f32, most: usize| {
            let end = (begin + length) * scale;
            (begin * scale).round() as usize..(end.round().max(0.0) as usize).min(most)
        };
        for row in part(y, down, self.height) {
            for column in part(x, across, self.width) {
                let sample = &mut self.luma[row * self.width + column];
                *sample = code(*sample);
            }
        }
    }

    /// Somebody who is 5 samples wide and 12 high, darker than the ground.
    fn person(&mut self, x: f32, y: f32, darker: u8) {
        self.paint((x, y), (5.0, 12.0), |code| code - darker);
    }

    /// Burned-in text, in figures of 3 × 5 dots of this size.
    fn text(&mut self, (x, y): (f32, f32), dot: f32, text: &str) {
        const FIGURES: [u16; 10] = [
            0o75557, 0o22222, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757,
            0o75717,
        ];
        for (place, character) in text.chars().enumerate() {
            let dots = match character {
                ':' => 0o02020,
                figure => figure
                    .to_digit(10)
                    .map_or(0, |figure| FIGURES[figure as usize]),
            };
            for at in (0..15).filter(|at| dots >> (14 - at) & 1 == 1) {
                let (column, row) = ((at % 3) as f32, (at / 3) as f32);
                let x = x + (place as f32 * 4.0 + column) * dot;
                self.paint((x, y + row * dot), (dot, dot), |_| 235);
            }
        }
    }

    /// A clock that shows this time of the day, seconds.
    fn clock(&mut self, at: (f32, f32), dot: f32, seconds: f32, blinks: bool) {
        let day = seconds as u32;
        let colon = if blinks && seconds.fract() >= 0.5 {
            ' '
        } else {
            ':'
        };
        let (hours, minutes) = (day / 3600 % 24, day / 60 % 60);
        let text = format!("{hours:02}{colon}{minutes:02}{colon}{:02}", day % 60);
        self.text(at, dot, &text);
    }
}

struct Camera {
    proof: Proof,
    now: Instant,
    width: usize,
}

impl Camera {
    fn new(width: usize) -> Self {
        Self {
            proof: Proof::default(),
            now: clock::now(),
            width,
        }
    }

    /// A busy street with noise for so many seconds.
    fn lives(&mut self, seconds: f32) {
        let mut state = 88_172_645_463_325_252_u64;
        let seen = self.show(seconds, 0, |canvas, _| {
            for sample in &mut canvas.luma {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *sample += (state % 40) as u8;
            }
        });
        assert!(seen.is_empty(), "{seen:?}");
    }

    /// Shows what is painted on a still street at each of so many seconds; when it was called
    /// something else than good, from when to when, seconds.
    fn show(
        &mut self,
        seconds: f32,
        place: usize,
        mut paint: impl FnMut(&mut Canvas, f32),
    ) -> Vec<(Picture, f32, f32)> {
        let mut seen: Vec<(Picture, f32, f32)> = Vec::new();
        let begin = self.now;
        let still = Canvas::still(self.width, place);
        let mut was_good = true;
        loop {
            let at = (self.now - begin).as_secs_f32();
            if at > seconds {
                return seen;
            }
            let mut canvas = still.clone();
            paint(&mut canvas, at);
            let judged = self.proof.look(&canvas.luma, self.width, self.now);
            let picture = judged.expect("a look each time").picture;
            match seen.last_mut() {
                _ if picture == Picture::Good => {}
                Some(last) if !was_good && last.0 == picture => last.2 = at,
                _ => seen.push((picture, at, at)),
            }
            was_good = picture == Picture::Good;
            self.now += EVERY;
        }
    }

    /// What is painted on a still street is no life: it is told within five seconds, for good.
    fn is_frozen(&mut self, what: &str, seconds: f32, paint: impl FnMut(&mut Canvas, f32)) {
        let seen = self.show(seconds, 0, paint);
        assert_eq!(seen.len(), 1, "{what}: {seen:?}");
        let (picture, from, to) = seen[0];
        assert_eq!(picture, Picture::Frozen, "{what}");
        assert!(from <= 5.0, "{what}: told after {from} s");
        assert!(to >= seconds - 1.0, "{what}: called live after {to} s");
    }

    /// What is painted on a still street is life from the first picture to the last.
    fn is_live(&mut self, what: &str, seconds: f32, paint: impl FnMut(&mut Canvas, f32)) {
        let seen = self.show(seconds, 0, paint);
        assert_eq!(seen, [], "{what}, {} samples wide", self.width);
    }
}

/// To and fro between two places at so much a second.
fn to_and_fro(from: f32, to: f32, speed: f32, at: f32) -> f32 {
    let length = to - from;
    let way = (at * speed) % (2.0 * length);
    from + if way < length {
        way
    } else {
        2.0 * length - way
    }
}

/// The ball of `GStreamer`'s test pattern.
fn ball(canvas: &mut Canvas, at: f32) {
    let swing = |pace: f32, length: f32| {
        let turn = 2.0 * std::f32::consts::PI * at * 15.0 * pace / 200.0;
        (0.5 + 0.5 * turn.sin()) * (length - 20.0)
    };
    let place = (swing(1.0, 320.0), swing(std::f32::consts::SQRT_2, 180.0));
    canvas.paint(place, (20.0, 20.0), |_| 235);
}

/// A corner clock as cameras burn it in.
fn corner_clock(canvas: &mut Canvas, at: f32) {
    canvas.clock((4.0, 3.0), 1.5, at + 35_990.0, false);
}

#[test]
fn a_ball_over_a_black_or_still_ground_is_life() {
    for width in [64, 160, 320, 640] {
        Camera::new(width).is_live("ball", 30.0, ball);
    }
    for width in [160, 320, 640] {
        Camera::new(width).is_live("ball, black ground", 30.0, |canvas, at| {
            canvas.luma.fill(16);
            ball(canvas, at);
        });
    }
}

#[test]
fn somebody_who_walks_far_away_is_life() {
    for width in [64, 160, 320, 640] {
        for darker in [12, 50] {
            for speed in [20.0, 30.0, 60.0] {
                let what = format!("{speed} a second, {darker} codes darker");
                let walks = |canvas: &mut Canvas, at: f32| {
                    canvas.person(to_and_fro(20.0, 290.0, speed, at), 92.0, darker);
                };
                Camera::new(width).is_live(&what, 40.0, walks);
                Camera::new(width).is_live(&format!("{what}, clock"), 40.0, |canvas, at| {
                    walks(canvas, at);
                    corner_clock(canvas, at);
                });
            }
        }
    }
}

#[test]
fn somebody_who_pauses_or_walks_up_and_down_is_life() {
    let mut camera = Camera::new(320);
    camera.is_live("pauses for three seconds", 60.0, |canvas, at| {
        let walked = (at / 5.0).floor() * 2.0 + (at % 5.0).min(2.0);
        canvas.person(to_and_fro(20.0, 290.0, 40.0, walked), 92.0, 30);
        corner_clock(canvas, at);
    });
    let mut camera = Camera::new(320);
    camera.is_live("walks up and down", 120.0, |canvas, at| {
        canvas.person(to_and_fro(100.0, 210.0, 25.0, at), 92.0, 30);
        corner_clock(canvas, at);
    });
}

#[test]
fn one_who_comes_slowly_into_a_calm_scene_is_life_before_he_has_crossed_it() {
    let mut camera = Camera::new(320);
    camera.lives(5.0);
    camera.is_frozen("empty", 10.0, corner_clock);
    let seen = camera.show(36.0, 0, |canvas, at| {
        corner_clock(canvas, at + 10.0);
        canvas.person(9.0 * at, 92.0, 30);
    });
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].2 <= 9.0, "{seen:?}");
}

#[test]
fn snow_far_away_is_life() {
    for clock in [false, true] {
        Camera::new(320).is_live("snow", 60.0, |canvas, at| {
            for flake in 0..7_u8 {
                let flake = f32::from(flake);
                let fallen = (at * (9.0 + flake) + flake * 23.0) % 60.0;
                let x = 30.0 + flake * 37.0 + (at * 0.7 + flake).sin() * 8.0;
                canvas.paint((x, 40.0 + fallen), (2.0, 2.0), |code| code + 14);
            }
            if clock {
                corner_clock(canvas, at);
            }
        });
    }
}

/// Whatever the time at which it froze, and however large the text is.
#[test]
fn a_clock_over_a_frozen_picture_is_no_life() {
    // Each dot's size, and from where the text goes: within a region, across a border, in a corner.
    let clocks = [
        (1.0, (4.0, 3.0)),
        (1.5, (33.0, 16.0)),
        (2.5, (204.0, 164.0)),
        (4.0, (5.0, 20.0)),
    ];
    for (dot, place) in clocks {
        for blinks in [false, true] {
            // The last seconds of a minute, an hour and a day, and one in between.
            for froze_at in [11_113.3, 35_997.7, 86_398.2, 86_389.9] {
                let mut camera = Camera::new(320);
                camera.lives(3.0);
                let what = format!("dots of {dot}, blinks {blinks}, from {froze_at}");
                camera.is_frozen(&what, 75.0, |canvas, at| {
                    canvas.clock(place, dot, froze_at + at, blinks);
                });
            }
        }
    }
}

#[test]
fn what_only_changes_is_no_life() {
    let mut camera = Camera::new(320);
    camera.lives(3.0);
    camera.is_frozen("a clock and a counter of pictures", 130.0, |canvas, at| {
        corner_clock(canvas, at);
        let pictures = (at * 15.0) as u32 + 9_985;
        canvas.text((250.0, 165.0), 2.0, &format!("{pictures:06}"));
    });
    let mut camera = Camera::new(320);
    camera.lives(3.0);
    camera.is_frozen("a time with hundredths", 70.0, |canvas, at| {
        let text = format!("{:07.2}", 1194.3 + at).replace('.', ":");
        canvas.text((30.0, 15.0), 3.0, &text);
    });
    let mut camera = Camera::new(320);
    camera.lives(3.0);
    camera.is_frozen("a bar that grows", 30.0, |canvas, at| {
        canvas.paint((100.0, 170.0), (4.0 * at, 4.0), |_| 235);
    });
    for turns_in in [0.9, 3.0, 7.0] {
        let mut camera = Camera::new(320);
        camera.lives(3.0);
        camera.is_frozen("a logo that turns", 60.0, |canvas, at| {
            // Across four regions: as many as so small a thing can be in.
            let turn = at / turns_in * 2.0 * std::f32::consts::PI;
            let place = (298.0 + 8.0 * turn.sin(), 158.0 + 8.0 * turn.cos());
            canvas.paint(place, (4.0, 4.0), |_| 235);
        });
    }
    for period in [1.0, 3.0, 10.0] {
        let mut camera = Camera::new(320);
        camera.lives(3.0);
        camera.is_frozen("two lamps", 60.0, |canvas, at| {
            for lamp in [0.0, 60.0] {
                if (at + lamp / 100.0) % period < period / 2.0 {
                    canvas.paint((90.0 + lamp, 60.0), (9.0, 9.0), |_| 235);
                }
            }
        });
    }
}

/// A keyframe every two seconds that makes the same picture a little otherwise, and some pictures
/// that mend it.
fn pulse(canvas: &mut Canvas, at: f32) {
    let since_keyframe = at % 2.0;
    let amount = 8.0 * (1.0 - since_keyframe / 0.8).max(0.0);
    let keyframe = (at / 2.0) as usize;
    for (place, sample) in canvas.luma.iter_mut().enumerate() {
        if (place * 7 + keyframe * 3) % 11 < 2 {
            *sample += amount as u8;
        }
    }
}

#[test]
fn a_frozen_picture_that_is_encoded_anew_is_no_life() {
    let mut camera = Camera::new(320);
    camera.lives(3.0);
    camera.is_frozen("keyframes", 60.0, pulse);
    let mut camera = Camera::new(320);
    camera.lives(3.0);
    camera.is_frozen("keyframes and a clock", 75.0, |canvas, at| {
        pulse(canvas, at);
        corner_clock(canvas, at);
    });
}

#[test]
fn somebody_is_seen_through_keyframes() {
    let mut camera = Camera::new(320);
    camera.is_live("somebody", 40.0, |canvas, at| {
        pulse(canvas, at);
        corner_clock(canvas, at);
        canvas.person(to_and_fro(20.0, 290.0, 30.0, at), 92.0, 40);
    });
}

#[test]
fn dusk_over_a_still_ground_adds_up_to_life() {
    let seen = Camera::new(320).show(300.0, 0, |canvas, at| {
        for sample in &mut canvas.luma {
            *sample -= (at / 6.0) as u8;
        }
    });
    assert!(seen.len() > 10, "{seen:?}");
    assert!(
        seen.iter().all(|(_, from, to)| to - from < 21.0),
        "{seen:?}"
    );
}

#[test]
fn a_freeze_behind_somebody_who_walks_is_told_as_fast() {
    for stops_at in [7.0, 12.5, 19.9, 26.0] {
        let mut camera = Camera::new(320);
        let walks = |canvas: &mut Canvas, at: f32| {
            canvas.person(to_and_fro(20.0, 290.0, 25.0, at), 22.0, 30);
        };
        camera.is_live("before", stops_at, |canvas, at| {
            walks(canvas, at);
            corner_clock(canvas, at);
        });
        camera.is_frozen("behind", 75.0, |canvas, at| {
            walks(canvas, stops_at);
            corner_clock(canvas, at + stops_at);
        });
    }
}

/// The same as x264 makes it: ground of skipped blocks, keyframes every six seconds, a clock, and
/// somebody who walks until the picture freezes after 14 s.
#[test]
fn an_encoded_walker_is_life_until_the_picture_freezes() {
    const PACE: Duration = Duration::from_millis(250);
    const DELIMITER: [u8; 5] = [0, 0, 0, 1, 9];
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/streams/walker.h264"
    );
    let bytes = std::fs::read(file).unwrap();
    let starts = bytes.windows(5).enumerate();
    let mut starts: Vec<usize> = starts
        .filter(|(_, window)| *window == DELIMITER)
        .map(|(at, _)| at)
        .collect();
    starts.push(bytes.len());
    crate::media::init().unwrap();
    let mut decoder = Decoder::new(DecodeRequest { codec: Codec::H264 }).unwrap();
    let pool = pixels::Pool::new(4);
    let (mut proof, begin) = (Proof::default(), clock::now());
    let mut frozen_at = Vec::new();
    for (number, part) in (0_u32..).zip(starts.windows(2)) {
        let after = PACE * number;
        let unit = EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters::default(),
            pts: MediaTime(after.as_nanos() as i64),
            arrival: begin + after,
            capture: None,
            keyframe: number.is_multiple_of(24),
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: bytes[part[0]..part[1]].to_vec().into(),
        };
        for frame in decoder.push(&unit).unwrap() {
            let picture = pixels::reduce(&frame, 0, &pool).unwrap();
            let width = picture.width as usize;
            let judged = proof.look(&picture.y, width, picture.arrival).unwrap();
            match judged.picture {
                Picture::Good => assert!(frozen_at.is_empty(), "after {after:?}"),
                Picture::Frozen => frozen_at.push(after.as_secs_f32()),
                other => panic!("{other:?} after {after:?}"),
            }
        }
    }
    assert!(frozen_at.len() >= 28, "{frozen_at:?}");
    assert!((18.0..=19.0).contains(&frozen_at[0]), "{frozen_at:?}");
}
