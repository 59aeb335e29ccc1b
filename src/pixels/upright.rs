//! A picture whose camera hangs on its side, turned upright.

use super::picture::{Picture, Pool, Samples};
use crate::model::frame::Rotation;

/// The same picture upright, in buffers of `pool`. The picture must be sound.
pub fn upright(picture: &Picture, pool: &Pool) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (chroma_width, chroma_height) = picture.chroma_size();
    let chroma = (chroma_width as usize, chroma_height as usize);
    let y = turned::<1>(&picture.y, (width, height), picture.rotation, pool);
    let uv = turned::<2>(&picture.uv, chroma, picture.rotation, pool);
    let (source_width, source_height) = picture.upright_size();
    let (width, height) = match picture.rotation {
        Rotation::None | Rotation::Half => (picture.width, picture.height),
        Rotation::Quarter | Rotation::ThreeQuarters => (picture.height, picture.width),
    };
    Picture {
        source_width,
        source_height,
        width,
        height,
        y,
        uv,
        exact: None,
        rotation: Rotation::None,
        ..*picture
    }
}

/// A plane of `N` bytes a sample, turned.
fn turned<const N: usize>(
    from: &[u8],
    (width, height): (usize, usize),
    rotation: Rotation,
    pool: &Pool,
) -> Samples {
    let mut to = pool.take(from.len());
    let to_width = match rotation {
        Rotation::None | Rotation::Half => width,
        Rotation::Quarter | Rotation::ThreeQuarters => height,
    };
    for (at, sample) in to.chunks_exact_mut(N).enumerate() {
        let (x, y) = (at % to_width, at / to_width);
        let (x, y) = match rotation {
            Rotation::None => (x, y),
            Rotation::Quarter => (y, height - 1 - x),
            Rotation::Half => (width - 1 - x, height - 1 - y),
            Rotation::ThreeQuarters => (width - 1 - y, x),
        };
        let begin = N * (y * width + x);
        sample.copy_from_slice(&from[begin..begin + N]);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_brings_the_right_corner_to_the_top_left() {
        // 0 1 2
        // 3 4 5
        let plane = [0, 1, 2, 3, 4, 5];
        let pool = Pool::new(1);
        for (rotation, expected) in [
            (Rotation::None, [0, 1, 2, 3, 4, 5]),
            (Rotation::Quarter, [3, 0, 4, 1, 5, 2]),
            (Rotation::Half, [5, 4, 3, 2, 1, 0]),
            (Rotation::ThreeQuarters, [2, 5, 1, 4, 0, 3]),
        ] {
            let turned = turned::<1>(&plane, (3, 2), rotation, &pool);
            assert_eq!(&*turned, &expected, "{rotation:?}");
        }
        let pairs = [0, 10, 1, 11];
        let turned = turned::<2>(&pairs, (2, 1), Rotation::Half, &pool);
        assert_eq!(&*turned, &[1, 11, 0, 10]);
    }
}
