//! How long arranging a wall and reading a camera file take: `cargo bench --bench wall`.

use std::path::PathBuf;

use qyran::model::camera::{Camera, CameraId, Names};
use qyran::model::layout::{Grid, Rect};
use qyran::store::cameras;

fn main() {
    divan::main();
}

#[divan::bench(args = [5, 45, 256])]
fn arrange(tiles: usize) -> Grid {
    let area = Rect {
        x: 0.0,
        y: 0.0,
        w: 1920.0,
        h: 1054.0,
    };
    Grid::arrange(divan::black_box(tiles), area, 16.0 / 9.0, 2.0)
}

/// A file of the size of a city's.
#[divan::bench(args = [45, 9_000])]
fn read_cameras(bencher: divan::Bencher<'_, '_>, count: usize) {
    let Some(file) = camera_file(count) else {
        return;
    };
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench(|| cameras::read(&file).map(|loaded| loaded.cameras.len()));
    std::fs::remove_file(&file).ok(); // in the folder for temporary files
}

fn camera_file(count: usize) -> Option<PathBuf> {
    let list: Vec<Camera> = (0..count)
        .map(|number| {
            let url = format!("rtsp://10.0.{}.{}/main", number / 250, number % 250);
            let id = CameraId::new(format!("cam-{number:04}")).ok()?;
            let mut camera = Camera::from_url(id, url.parse().ok()?);
            camera.name = Names {
                kk: format!("Әбілқайыр хан даңғылы, {number}"),
                ru: format!("Проспект Абулхаир-хана, {number}"),
                en: format!("{number} Abulkhair Khan Avenue"),
            };
            Some(camera)
        })
        .collect::<Option<_>>()?;
    let file = std::env::temp_dir().join(format!("qyran-bench-{}-{count}.csv", std::process::id()));
    cameras::write(&file, &list).ok()?;
    Some(file)
}
