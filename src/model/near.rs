//! Which cameras are near a place, and look at it.

use super::camera::{Camera, Position};

/// The mean radius of the earth, metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;
/// A camera that looks the other way counts as so much farther.
const LOOKS_AWAY: f64 = 1.5;

/// The distance along a great circle, metres (haversine).
pub fn distance_m(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.lat_deg.to_radians(), b.lat_deg.to_radians());
    let half = |x: f64, y: f64| ((y - x) / 2.0).sin().powi(2);
    let part = half(lat_a, lat_b)
        + lat_a.cos() * lat_b.cos() * half(a.lon_deg.to_radians(), b.lon_deg.to_radians());
    2.0 * EARTH_M * part.sqrt().min(1.0).asin()
}

/// The direction from `a` to `b`, degrees clockwise from north, 0 to 360.
pub fn bearing_deg(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.lat_deg.to_radians(), b.lat_deg.to_radians());
    let east = (b.lon_deg - a.lon_deg).to_radians();
    let y = east.sin() * lat_b.cos();
    let x = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * east.cos();
    y.atan2(x).to_degrees().rem_euclid(360.0)
}

/// Cameras in the order of how much they may tell of a place: the nearest first, and those that look
/// at it before those that look away. Cameras without a position are left out.
pub fn near<'a>(cameras: impl Iterator<Item = (usize, &'a Camera)>, place: Position) -> Vec<usize> {
    let mut all: Vec<(f64, usize)> = cameras
        .filter_map(|(index, camera)| {
            let stands = camera.position?;
            let distance = distance_m(stands, place);
            let away = camera.heading_deg.map_or(0.5, |heading| {
                let off = (bearing_deg(stands, place) - f64::from(heading)).rem_euclid(360.0);
                off.min(360.0 - off) / 180.0
            });
            Some((distance * (1.0 + (LOOKS_AWAY - 1.0) * away), index))
        })
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::camera::CameraId;

    #[test]
    fn who_looks_at_the_place_comes_before_who_is_a_little_nearer() {
        let at = |lat_deg, lon_deg| Position { lat_deg, lon_deg };
        let place = at(52.2873, 76.9674);
        // A degree of latitude is 111.2 km.
        let north = distance_m(place, at(53.2873, 76.9674));
        assert!((north - 111_195.0).abs() < 10.0, "{north}");
        assert!((bearing_deg(place, at(52.2873, 77.5)) - 90.0).abs() < 0.5);
        let camera = |id: &str, position, heading| {
            let url = "rtsp://10.0.0.1/a".parse().unwrap();
            let mut camera = Camera::from_url(CameraId::new(id).unwrap(), url);
            camera.position = position;
            camera.heading_deg = heading;
            camera
        };
        let cameras = [
            camera("nowhere", None, None),
            // 100 m south of it, looks south.
            camera("away", Some(at(52.2864, 76.9674)), Some(180.0)),
            // 120 m south of it, looks north.
            camera("there", Some(at(52.28622, 76.9674)), Some(0.0)),
            camera("far", Some(at(52.27, 76.9674)), Some(0.0)),
        ];
        assert_eq!(near(cameras.iter().enumerate(), place), [2, 1, 3]);
    }
}
