//! The floor: the same feeds, received and decoded to nowhere, by the same code.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::report::{Figure, Report, machine};
use crate::base::clock;
use crate::base::proc::Usage;
use crate::media;
use crate::media::live::{FeedId, Live, Options};
use crate::media::source::{Address, SystemOpener};
use crate::model::camera::StreamKind;
use crate::model::condition::Load;
use crate::store::cameras;
use crate::store::secrets::Secrets;

/// Seconds for connecting before the measuring begins.
const WARM_UP: Duration = Duration::from_secs(8);

/// Arguments of `qyran bench floor`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Camera file of a running city
    #[arg(long, value_name = "FILE")]
    pub cameras: PathBuf,
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Measuring time, s
    #[arg(long, default_value_t = 30.0)]
    pub seconds: f64,
    /// Decode in separate processes (counted too)
    #[arg(long)]
    pub processes: bool,
    /// Number of hidden streams, measured in turn with none hidden
    #[arg(long, default_value_t = 0)]
    pub hidden: usize,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How often each is measured when some are hidden.
const TURNS: usize = 3;
/// After so long at keyframes, or at the full rate again, a feed is in the middle of a group.
const SETTLES: Duration = Duration::from_secs(5);

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    media::init()?;
    let loaded = cameras::read(&args.cameras)?;
    let secrets = Secrets::read(&args.cameras.with_file_name("passwords.toml"))?;
    let options = Options {
        discard_pictures: true,
        ..if args.processes {
            Options::of_this_program()
        } else {
            Options::default()
        }
    };
    let (live, mut events) =
        Live::start(&options, Arc::new(SystemOpener::default()), Arc::new(|| {}))?;
    let feeds: Vec<_> = loaded
        .cameras
        .iter()
        .take(args.feeds)
        .filter_map(|camera| {
            let url = camera.url(StreamKind::Sub)?.clone();
            let credentials = secrets.for_camera(camera, &url);
            let id = FeedId {
                camera: camera.id.clone(),
                stream: StreamKind::Sub,
            };
            Some(live.open(id, Address { url, credentials }))
        })
        .collect();
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    pause.recv_timeout(WARM_UP).ok(); // a pause, nobody sends
    let begin = (
        clock::now(),
        Usage::of_self_and_children().context("no figures of this process")?,
    );
    let decoded =
        |feeds: &[Arc<media::live::Feed>]| feeds.iter().map(|f| f.counters().decoded).sum::<u64>();
    let before = decoded(&feeds);
    pause
        .recv_timeout(Duration::from_secs_f64(args.seconds.clamp(1.0, 3600.0)))
        .ok(); // likewise
    let end = Usage::of_self_and_children().context("no figures of this process")?;
    let seconds = (clock::now() - begin.0).as_secs_f64();
    let by_thread = end.since(&begin.1);
    let receiving = by_thread.get("network").copied();
    while events.try_recv().is_ok() {}
    let mut figures = vec![
        Figure::plain(
            "cores_floor",
            by_thread.values().sum::<f64>() / seconds,
            "cores",
        ),
        Figure::at_most(
            "receive_cores",
            receiving.context("no thread receives")? / seconds,
            "cores",
            0.05,
            0.05,
        ),
        Figure::plain(
            "decoded_per_s",
            (decoded(&feeds) - before) as f64 / seconds,
            "1/s",
        ),
        Figure::plain("rss_mb", end.rss_bytes as f64 / 1e6, "MB"),
        Figure::plain("threads", end.threads.len() as f64, ""),
    ];
    if args.hidden > 0 {
        let hidden = &feeds[..args.hidden.min(feeds.len())];
        let share = hidden_share(hidden, args.seconds, &pause)?;
        figures.push(Figure::at_most("hidden_share", share, "", 0.78, 0.6));
    }
    let report = Report {
        bench: "floor",
        machine: machine(),
        figures,
    };
    if !args.json {
        for (name, secs) in &by_thread {
            println!("  {name:<16} {:.4} cores", secs / seconds);
        }
    }
    Ok(report.tell(args.json))
}

/// Processor time with these feeds hidden over that with none hidden, in turn.
fn hidden_share(
    hidden: &[Arc<media::live::Feed>],
    seconds: f64,
    pause: &crossbeam_channel::Receiver<()>,
) -> anyhow::Result<f64> {
    let wait = |time| pause.recv_timeout(time).ok(); // nobody sends
    let mut spent = [0.0; 2];
    for turn in 0..2 * TURNS {
        let effort = [Load::Full, Load::Keyframes][turn % 2];
        for feed in hidden {
            feed.set_effort(effort, clock::now());
        }
        wait(SETTLES);
        let before = Usage::of_self_and_children().context("no figures of this process")?;
        wait(Duration::from_secs_f64(seconds.clamp(1.0, 3600.0)));
        let after = Usage::of_self_and_children().context("no figures of this process")?;
        spent[turn % 2] += after.since(&before).values().sum::<f64>();
    }
    Ok(spent[1] / spent[0])
}
