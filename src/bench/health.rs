//! Whether pictures are judged rightly: each clip of the demo city goes by as a camera's pictures
//! would, sound and then with a fault made of its own pictures; time is that of the pictures.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::report::{Figure, Report, machine};
use crate::base::clock;
use crate::city::{clip, footage};
use crate::media;
use crate::media::live::{DecodeRequest, Decoder, Proof};
use crate::model::codec::Codec;
use crate::model::condition::Picture;
use crate::pixels;

/// Size of a tile on a wall of 45, pixels.
const TILE_PX: (u32, u32) = (271, 152);
/// A unit that does not come in this time is not there.
const UNIT_COMES_IN: Duration = Duration::from_secs(5);
/// How long a fault is given to be told.
const FAULT_LASTS: Duration = Duration::from_secs(10);

/// Arguments of `qyran bench health`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Loops per clip
    #[arg(long, default_value_t = 2)]
    pub rounds: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A clip as the wall sees it: reduced luma, all of one size.
struct Clip {
    name: String,
    width: usize,
    every: Duration,
    pictures: Vec<Vec<u8>>,
}

/// A fault made of pictures, the state that must tell it, and the time it may take.
struct Fault {
    name: &'static str,
    share_key: &'static str,
    slowest_key: &'static str,
    told_as: Picture,
    must_s: f64,
    make: fn(&Clip, &Clip, usize) -> Vec<u8>,
}

const FAULTS: [Fault; 6] = [
    Fault {
        name: "freeze",
        share_key: "freeze_told",
        slowest_key: "freeze_s",
        told_as: Picture::Frozen,
        must_s: 5.0,
        make: |clip, _, _| clip.pictures[3].clone(),
    },
    Fault {
        name: "black",
        share_key: "black_told",
        slowest_key: "black_s",
        told_as: Picture::Black,
        must_s: 3.0,
        make: |clip, _, at| clip.at(at).iter().map(|_| 16).collect(),
    },
    Fault {
        name: "defocus",
        share_key: "defocus_told",
        slowest_key: "defocus_s",
        told_as: Picture::Blurred,
        must_s: 5.0,
        make: |clip, _, at| smoothed(clip.at(at), clip.width, 3),
    },
    Fault {
        name: "fog",
        share_key: "fog_told",
        slowest_key: "fog_s",
        told_as: Picture::Blurred,
        must_s: 5.0,
        make: |clip, _, at| clip.at(at).iter().map(|c| 150 + c / 8).collect(),
    },
    Fault {
        name: "glare",
        share_key: "glare_told",
        slowest_key: "glare_s",
        told_as: Picture::Blurred,
        must_s: 5.0,
        make: |clip, _, at| clip.at(at).iter().map(|c| 228 + c / 20).collect(),
    },
    Fault {
        name: "moved",
        share_key: "moved_told",
        slowest_key: "moved_s",
        told_as: Picture::Moved,
        must_s: 5.0,
        make: |_, other, at| other.at(at).clone(),
    },
];

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let folder = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    media::init()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut decoding = 0.0;
    let mut clips = Vec::new();
    for recipe in footage::recipes() {
        if recipe.name.starts_with("sub") {
            let clip = runtime.block_on(read(&folder, &recipe.name, &mut decoding))?;
            clips.push(clip.with_context(|| format!("in the clip {}", recipe.name))?);
        }
    }
    let report = Report {
        bench: "health",
        machine: machine(),
        figures: judge_all(&clips, args.rounds.max(1), decoding, args.json),
    };
    Ok(report.tell(args.json))
}

/// Decodes a clip; adds the time that took to `decoding`, seconds.
async fn read(
    folder: &Path,
    name: &str,
    decoding: &mut f64,
) -> anyhow::Result<anyhow::Result<Clip>> {
    let meta = clip::read_meta(folder, name)?;
    let ending = match meta.codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Jpeg => "mjpeg",
    };
    let file = folder.join(format!("{name}.{ending}"));
    let Ok(url) = url::Url::from_file_path(&file) else {
        bail!("{} is no whole path", file.display());
    };
    let mut source = media::source::read_file(&url)?;
    let mut decoder = Decoder::new(DecodeRequest { codec: meta.codec })?;
    let pool = pixels::Pool::new(4);
    let mut clip = Clip {
        name: name.to_owned(),
        width: 0,
        every: Duration::from_secs_f64(f64::from(meta.fps_den) / f64::from(meta.fps_num)),
        pictures: Vec::with_capacity(meta.frames as usize),
    };
    for _ in 0..meta.frames {
        let Ok(unit) = tokio::time::timeout(UNIT_COMES_IN, source.next()).await else {
            break;
        };
        let unit = unit?;
        let begin = clock::now();
        let frames = decoder.push(&unit)?;
        *decoding += (clock::now() - begin).as_secs_f64();
        for frame in frames {
            let halvings = pixels::halvings_for((frame.width, frame.height), TILE_PX);
            let picture = pixels::reduce(&frame, halvings, &pool)?;
            clip.width = picture.width as usize;
            clip.pictures.push(picture.y.to_vec());
        }
    }
    Ok(if clip.pictures.len() < 30 {
        Err(anyhow::anyhow!("{} pictures only", clip.pictures.len()))
    } else {
        Ok(clip)
    })
}

fn judge_all(clips: &[Clip], rounds: usize, decoding: f64, quiet: bool) -> Vec<Figure> {
    let mut alarms = [0_u32; 2];
    let (mut seconds, mut looking) = (0.0, Duration::ZERO);
    let mut told: Vec<Vec<f64>> = vec![Vec::new(); FAULTS.len()];
    for (index, clip) in clips.iter().enumerate() {
        let other = other_place(clips, index);
        let mut camera = Camera::new(clip.every);
        let begin = clock::now();
        let length = rounds * clip.pictures.len();
        for at in 0..length {
            if let Some(picture) = camera.show(clip.at(at), clip.width) {
                let kind = usize::from(picture == Picture::Moved);
                alarms[kind] += 1;
                if !quiet {
                    println!("  {}: {picture:?} at picture {at}", clip.name);
                }
            }
        }
        looking += clock::now() - begin;
        seconds += length as f64 * clip.every.as_secs_f64();
        for (fault, told) in FAULTS.iter().zip(&mut told) {
            // Taught by the clip anew: a fault must not be judged by what another fault taught.
            let mut camera = Camera::new(clip.every);
            for at in 0..clip.pictures.len() {
                camera.show(clip.at(at), clip.width);
            }
            let begin = camera.now;
            let mut at = clip.pictures.len();
            let found = loop {
                let since = camera.now - begin;
                if since > FAULT_LASTS {
                    break None;
                }
                let picture = (fault.make)(clip, other, at);
                camera.show(&picture, clip.width);
                if camera.last == fault.told_as {
                    break Some(since.as_secs_f64());
                }
                at += 1;
            };
            match found {
                Some(after) => told.push(after),
                None if !quiet => println!("  {}: {} is not told", clip.name, fault.name),
                None => {}
            }
        }
    }
    let looks_share = looking.as_secs_f64() / (decoding * rounds as f64);
    let mut figures = vec![
        Figure::plain("footage_min", seconds / 60.0, "min"),
        Figure::at_most("false_alarms", f64::from(alarms[0]), "", 0.0, 0.0),
        Figure::plain("false_moved", f64::from(alarms[1]), ""),
        Figure::at_most("looks_to_decode", looks_share, "", 0.03, 0.01),
    ];
    for (fault, mut told) in FAULTS.iter().zip(told) {
        told.sort_by(f64::total_cmp);
        let share = told.len() as f64 / clips.len().max(1) as f64;
        figures.push(Figure::plain(fault.share_key, share, ""));
        if let Some(slowest) = told.last() {
            let must = fault.must_s;
            figures.push(Figure::at_most(
                fault.slowest_key,
                *slowest,
                "s",
                must,
                must,
            ));
        }
    }
    figures
}

/// The next clip of the same width that looks at another place.
fn other_place(clips: &[Clip], index: usize) -> &Clip {
    let clip = &clips[index];
    let view = |clip: &Clip| pixels::look::view(&clip.pictures[0], clip.width);
    let here = view(clip);
    (1..clips.len())
        .map(|step| &clips[(index + step) % clips.len()])
        .find(|other| {
            let alike = here.as_ref().zip(view(other)).map(|(a, b)| a.likeness(&b));
            other.width == clip.width
                && other.at(0).len() == clip.at(0).len()
                && alike.is_some_and(|alike| alike < 0.4)
        })
        .unwrap_or(clip)
}

/// A camera whose pictures are judged.
struct Camera {
    proof: Proof,
    every: Duration,
    now: Instant,
    last: Picture,
}

impl Camera {
    fn new(every: Duration) -> Self {
        Self {
            proof: Proof::default(),
            every,
            now: clock::now(),
            last: Picture::None,
        }
    }

    /// Shows a picture; the state, when it has become another than good.
    fn show(&mut self, luma: &[u8], width: usize) -> Option<Picture> {
        self.now += self.every;
        let judged = self.proof.look(luma, width, self.now)?.picture;
        let before = std::mem::replace(&mut self.last, judged);
        (judged != before && judged != Picture::Good).then_some(judged)
    }
}

impl Clip {
    /// The picture with this number, round and round.
    fn at(&self, number: usize) -> &Vec<u8> {
        &self.pictures[number % self.pictures.len()]
    }
}

/// A lens out of focus: the mean over squares of `2 radius + 1` samples, twice.
fn smoothed(luma: &[u8], width: usize, radius: usize) -> Vec<u8> {
    let height = luma.len() / width;
    let mut picture = luma.to_vec();
    for _ in 0..2 {
        picture = mean_along(&picture, width, height, radius, |x, y| y * width + x);
        picture = mean_along(&picture, height, width, radius, |y, x| y * width + x);
    }
    picture
}

/// The running mean along lines of `length` samples; `place` says where a sample of a line lies.
fn mean_along(
    from: &[u8],
    length: usize,
    lines: usize,
    radius: usize,
    place: impl Fn(usize, usize) -> usize,
) -> Vec<u8> {
    let mut to = from.to_vec();
    for line in 0..lines {
        for at in 0..length {
            let part = at.saturating_sub(radius)..(at + radius + 1).min(length);
            let count = part.len() as u32;
            let sum: u32 = part.map(|at| u32::from(from[place(at, line)])).sum();
            to[place(at, line)] = (sum / count) as u8;
        }
    }
    to
}
