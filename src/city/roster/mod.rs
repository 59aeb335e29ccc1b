//! Who the cameras are: names, places, log-ins and clocks. Pure.

mod table;

use std::net::SocketAddr;
use std::time::Duration;

use super::rtsp::address::{self, Stream};
use super::rtsp::auth::Scheme;
use crate::model::camera::{Camera, CameraId, Names, Position, Priority, SiteKind};
use crate::model::condition::Administration;
use table::{CENTRES, DISTRICTS, ROWS, Row};

/// How many cameras there are.
pub const NUM_CAMERAS: usize = ROWS.len();

/// The middle of the city.
const MIDDLE: Position = Position {
    lat_deg: 50.28,
    lon_deg: 57.21,
};
/// Metres of a degree of latitude, near enough for a demonstration.
const METRES_PER_DEGREE: f64 = 111_320.0;

/// Systems and firms; "мысал" is "example".
const SYSTEMS: [&str; 3] = ["Demo Qala", "Demo Jol", "Demo Mektep"];
const FIRMS: [&str; 3] = [
    "«Мысал-Бейне» ЖШС",
    "«Мысал-Байланыс» ЖШС",
    "«Мысал-Күзет» ЖШС",
];

/// All cameras, with the addresses of a city that serves at `rtsp_addr`.
pub fn cameras(rtsp_addr: SocketAddr) -> Vec<Camera> {
    (1..=NUM_CAMERAS)
        .zip(&ROWS)
        .filter_map(|(number, row)| {
            // Ids of this form are always good.
            let id = CameraId::new(address::camera_id(number)).ok()?;
            Some(camera(number, row, id, rtsp_addr))
        })
        .collect()
}

fn camera(number: usize, row: &Row, id: CameraId, rtsp_addr: SocketAddr) -> Camera {
    let url = |stream: Stream| {
        format!("rtsp://{rtsp_addr}/{id}/{}", stream.word())
            .parse()
            .ok()
    };
    let side = usize::from(row.east_m >= 0);
    let system = match row.kind {
        SiteKind::School | SiteKind::Kindergarten => 2,
        SiteKind::Intersection | SiteKind::Crosswalk => 1,
        _ => 0,
    };
    Camera {
        name: names(row.name),
        district: names(DISTRICTS[side]),
        centre: CENTRES[side].into(),
        site_kind: row.kind,
        site: names(row.site),
        phone: phone_of(number, row),
        position: Some(position_of(row)),
        heading_deg: Some(f32::from(row.heading)),
        scene_width_m: Some(f32::from(row.width_m)),
        priority: Priority::new(row.priority).unwrap_or_default(),
        main_url: url(Stream::Main),
        sub_url: url(Stream::Sub),
        user: user_of(number).into(),
        system: SYSTEMS[system].into(),
        firm: FIRMS[scatter(number, 8) as usize % FIRMS.len()].into(),
        service: Administration::default(),
        id,
    }
}

fn names([kk, ru, en]: [&str; 3]) -> Names {
    Names {
        kk: kk.into(),
        ru: ru.into(),
        en: en.into(),
    }
}

/// Places with people in charge have a phone. No number that begins with 00 is ever given out.
fn phone_of(number: usize, row: &Row) -> String {
    match row.kind {
        SiteKind::School | SiteKind::Kindergarten | SiteKind::Mall | SiteKind::Transport => {
            format!("+7 7132 00 01 {number:02}")
        }
        _ => String::new(),
    }
}

fn position_of(row: &Row) -> Position {
    let lat_deg = MIDDLE.lat_deg + f64::from(row.north_m) / METRES_PER_DEGREE;
    let metres_per_degree_east = METRES_PER_DEGREE * MIDDLE.lat_deg.to_radians().cos();
    Position {
        lat_deg,
        lon_deg: MIDDLE.lon_deg + f64::from(row.east_m) / metres_per_degree_east,
    }
}

pub(crate) fn scheme_of(number: usize) -> Scheme {
    match number % 8 {
        0 => Scheme::Open,
        3 => Scheme::Basic,
        _ => Scheme::Digest,
    }
}

/// The user name of camera `number`; empty when it is open.
pub fn user_of(number: usize) -> &'static str {
    match scheme_of(number) {
        Scheme::Open => "",
        Scheme::Basic => "viewer",
        Scheme::Digest => "operator",
    }
}

/// The password of camera `number`; empty when it is open.
pub fn password_of(number: usize) -> &'static str {
    const PASSWORDS: [&str; 4] = ["Qala-2041!", "jol.bagdar", "Tan#Shapaq7", "ak-tobe 12"];
    match scheme_of(number) {
        Scheme::Open => "",
        _ => PASSWORDS[number % PASSWORDS.len()],
    }
}

/// How far camera `number` is ahead of the city's start in its clip.
pub(crate) fn phase_of(number: usize) -> Duration {
    Duration::from_micros(scatter(number, 0) % 60_000_000)
}

/// How far the clock of camera `number` is off, in nanoseconds: most by up to 300 ms, a few by
/// seconds, one by an hour (a wrong time zone).
pub fn clock_offset_nanos_of(number: usize) -> i64 {
    match number {
        17 => 3_600_000_000_000,
        9 => -2_400_000_000,
        31 => 4_750_000_000,
        52 => 7_200_000_000,
        _ => (scatter(number, 1) % 300_000_000) as i64,
    }
}

/// A number that looks random and is always the same for the same camera and purpose
/// (the finaliser of SplitMix64).
pub(crate) fn scatter(number: usize, purpose: u64) -> u64 {
    let mut x = (number as u64 * 16 + purpose).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Vec<Camera> {
        cameras(SocketAddr::from(([127, 0, 0, 1], 8554)))
    }

    #[test]
    fn there_are_sixty_four_and_no_two_have_a_name_in_common() {
        let cameras = all();
        assert_eq!(cameras.len(), 64);
        let texts = |pick: fn(&Names) -> &str| -> BTreeSet<&str> {
            cameras.iter().map(|camera| pick(&camera.name)).collect()
        };
        for pick in [
            |n: &Names| n.kk.as_str(),
            |n: &Names| n.ru.as_str(),
            |n: &Names| n.en.as_str(),
        ] as [fn(&Names) -> &str; 3]
        {
            let names = texts(pick);
            assert_eq!(names.len(), 64);
            assert!(names.iter().all(|name| !name.trim().is_empty()));
        }
        assert_eq!(
            cameras[2].sub_url.as_ref().unwrap().reveal().as_str(),
            "rtsp://127.0.0.1:8554/cam-003/sub"
        );
    }

    #[test]
    fn every_language_keeps_to_its_letters() {
        let latin = |c: char| c.is_ascii_alphabetic();
        let kazakh_only = |c: char| "ӘәҒғҚқҢңӨөҰұҮүҺһІі".contains(c);
        for camera in all() {
            let texts = [&camera.name, &camera.district, &camera.site];
            for Names { kk, ru, en } in texts {
                for text in [kk, ru] {
                    // "SOS" is written the same everywhere.
                    let text = text.replace("SOS", "");
                    assert!(!text.chars().any(latin), "{text}");
                }
                assert!(!ru.chars().any(kazakh_only), "{ru}");
                assert!(en.is_ascii(), "{en}");
            }
        }
    }

    #[test]
    fn the_city_has_what_the_stories_need() {
        let cameras = all();
        let count = |kind| cameras.iter().filter(|c| c.site_kind == kind).count();
        for (kind, word) in SiteKind::ALL {
            assert!(count(kind) > 0, "no {word}");
        }
        assert!(count(SiteKind::School) >= 6 && count(SiteKind::Kindergarten) >= 3);
        assert!(count(SiteKind::SosPost) >= 3);
        for camera in &cameras {
            let at = camera.position.unwrap();
            assert!((at.lat_deg - 50.28).abs() < 0.05 && (at.lon_deg - 57.21).abs() < 0.05);
            assert!((0.0..360.0).contains(&camera.heading_deg.unwrap()));
        }
    }

    #[test]
    fn passwords_and_clocks_differ_as_in_life() {
        let schemes = |scheme| (1..=64).filter(|n| scheme_of(*n) == scheme).count();
        assert_eq!(
            [Scheme::Open, Scheme::Basic, Scheme::Digest].map(schemes),
            [8, 8, 48]
        );
        for number in 1..=64 {
            let open = scheme_of(number) == Scheme::Open;
            assert_eq!(password_of(number).is_empty(), open);
            assert_eq!(user_of(number).is_empty(), open);
        }
        let small = (1..=64)
            .filter(|n| (0..300_000_000).contains(&clock_offset_nanos_of(*n)))
            .count();
        assert_eq!(small, 60);
        let hour = (1..=64)
            .filter(|n| clock_offset_nanos_of(*n) == 3_600_000_000_000)
            .count();
        assert_eq!(hour, 1);
    }
}
