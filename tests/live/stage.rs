//! What the tests stand on: a small city in this process, and the live stage as the wall uses it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use qyran::base::backoff::Policy;
use qyran::base::{clock, threads};
use qyran::city::fault::{Fault, Target};
use qyran::city::{self, City, roster};
use qyran::media::live::{self, Decoding, Fact, Feed, FeedId, Live, Options, Processes};
use qyran::media::source::{Address, SystemOpener};
use qyran::model::camera::{CameraId, Credentials, Password, StreamKind};
use qyran::model::condition::{Link, Picture as Seen, Reason};
use qyran::model::stream_url::StreamUrl;
use qyran::pixels::Picture;

/// Nothing takes this long on any machine that is still of use.
const DEADLINE: Duration = Duration::from_secs(90);
/// Conditions that nobody announces are looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Frames of each clip: a key picture every 0.4 s, so that joining takes no longer.
pub(crate) const CLIP_FRAMES: usize = 6;

/// Tests that look at the whole process, or load the machine, run alone.
static TURN: RwLock<()> = RwLock::new(());

/// A turn beside others.
pub(crate) fn beside_others() -> RwLockReadGuard<'static, ()> {
    TURN.read()
}

/// A turn with nobody else.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    TURN.write()
}

/// A city of 64 cameras on the fixture clips: 1, 4, 7, … are H.264, 2, 5, 8, … H.265, 3, 6, 9, …
/// JPEG.
pub(crate) struct TestCity {
    city: Option<City>,
    pub(crate) rtsp_addr: SocketAddr,
    runtime: tokio::runtime::Runtime,
    pub(crate) folder: tempfile::TempDir,
}

impl TestCity {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_clips(folder.path());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("city")
            .enable_all()
            .build()
            .unwrap();
        let options = city::Options {
            footage: folder.path().to_owned(),
            rtsp_port: 0,
            control_port: 0,
            cameras: roster::NUM_CAMERAS,
            door: None,
        };
        let city = runtime.block_on(city::serve(options)).unwrap();
        Self {
            rtsp_addr: city.rtsp_addr,
            city: Some(city),
            runtime,
            folder,
        }
    }

    pub(crate) fn city(&self) -> &City {
        self.city.as_ref().unwrap()
    }

    /// Sets a fault of one camera until it is set again.
    pub(crate) fn set(&self, camera: usize, fault: Fault) {
        let faults = self.city().faults();
        assert!(faults.set(Target::Camera(camera), fault, None));
    }

    /// Sets a fault of all cameras until it is set again.
    pub(crate) fn set_all(&self, fault: Fault) {
        assert!(self.city().faults().set(Target::All, fault, None));
    }

    /// The address of a camera's small stream, with its log-in.
    pub(crate) fn address(&self, camera: usize) -> Address {
        Address {
            url: self.url(camera, self.rtsp_addr),
            credentials: (!roster::user_of(camera).is_empty()).then(|| Credentials {
                user: roster::user_of(camera).into(),
                password: Password::new(roster::password_of(camera)),
            }),
        }
    }

    /// The same behind another host.
    pub(crate) fn url(&self, camera: usize, at: SocketAddr) -> StreamUrl {
        format!("rtsp://{at}/cam-{camera:03}/sub").parse().unwrap()
    }
}

impl Drop for TestCity {
    fn drop(&mut self) {
        if let Some(city) = self.city.take() {
            self.runtime.block_on(city.shutdown());
        }
    }
}

/// The first frames of the fixture clips, under the names that the cameras want.
pub(crate) fn write_clips(folder: &Path) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clips");
    let kinds: [(&str, &str, &str, &[u8]); 3] = [
        ("sub-01", "h264", "h264", &[0, 0, 0, 1, 0x09]),
        ("sub-02", "h265", "h265", &[0, 0, 0, 1, 0x46]),
        ("sub-03", "mjpeg", "jpeg", &[0xff, 0xd8, 0xff]),
    ];
    for (index, (clip, extension, codec, start)) in kinds.into_iter().enumerate() {
        let bytes = std::fs::read(fixtures.join(format!("{clip}.{extension}"))).unwrap();
        let starts = bytes.windows(start.len()).enumerate();
        let mut starts = starts.filter(|(_, window)| *window == start);
        let (end, _) = starts.nth(CLIP_FRAMES).expect("a longer clip");
        for number in (1..=roster::NUM_CAMERAS).filter(|number| (number - 1) % 3 == index) {
            for kind in ["sub", "main"] {
                let name = format!("{kind}-{number:02}");
                std::fs::write(folder.join(format!("{name}.{extension}")), &bytes[..end]).unwrap();
                let meta = serde_json::json!({
                    "name": name, "codec": codec, "width": 160, "height": 96,
                    "fps_num": 15, "fps_den": 1, "frames": CLIP_FRAMES,
                });
                std::fs::write(folder.join(format!("{name}.json")), meta.to_string()).unwrap();
            }
        }
    }
}

/// Everything that feeds told, in order.
#[derive(Default)]
struct Heard {
    links: BTreeMap<FeedId, Vec<Link>>,
    pictures: BTreeMap<FeedId, Vec<Seen>>,
    texts: Vec<String>,
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Heard>,
    changed: Condvar,
}

impl Ear {
    #[track_caller]
    fn wait_for<T>(&self, what: &str, mut find: impl FnMut(&Heard) -> Option<T>) -> T {
        let mut patience = Patience::of(DEADLINE);
        let mut heard = self.heard.lock();
        loop {
            if let Some(found) = find(&heard) {
                return found;
            }
            if patience.is_over() {
                let links = format!("{:#?}", heard.links);
                drop(heard);
                panic!("waited in vain until {what}; heard: {links}");
            }
            self.changed.wait_for(&mut heard, LOOK_EVERY);
        }
    }
}

/// How long is still waited. Only time in which this process ran counts: it may have been stopped
/// for a while.
struct Patience {
    left: Duration,
    looked: Instant,
}

impl Patience {
    fn of(left: Duration) -> Self {
        let looked = clock::now();
        Self { left, looked }
    }

    fn is_over(&mut self) -> bool {
        let now = clock::now();
        let passed = (now - self.looked).min(2 * LOOK_EVERY);
        self.left = self.left.saturating_sub(passed);
        self.looked = now;
        self.left.is_zero()
    }
}

/// What is left of a closed stage: patience.
pub(crate) struct Waiter(Arc<Ear>);

impl Waiter {
    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        self.0.wait_for(what, |_| is_so().then_some(()));
    }
}

/// The live stage with short waits between sessions, and an ear for its events.
pub(crate) struct Stage {
    pub(crate) live: Live,
    ear: Arc<Ear>,
}

/// Waits of a test: short, and still growing and spread.
const SOON: Policy = Policy {
    first: Duration::from_millis(60),
    most: Duration::from_millis(400),
    factor: 1.5,
    jitter: 0.3,
};

pub(crate) fn options() -> Options {
    // Any test of this file can be run with the other form of decoding.
    let decoding = if std::env::var_os("QYRAN_TEST_PROCESSES").is_some() {
        Decoding::Processes(Processes::of(env!("CARGO_BIN_EXE_qyran").into()))
    } else {
        Decoding::Threads
    };
    Options {
        decoding,
        retry: SOON,
        retry_refused: SOON,
        wrong_password: live::Patience {
            first: SOON.first,
            then: SOON.most,
        },
        ..Options::default()
    }
}

impl Stage {
    pub(crate) fn start() -> Self {
        Self::start_with(&options(), SystemOpener::default())
    }

    pub(crate) fn start_with(options: &Options, opener: SystemOpener) -> Self {
        qyran::media::init().unwrap();
        let ear = Arc::new(Ear::default());
        let waker = Arc::clone(&ear);
        let wake = Arc::new(move || {
            // The lock orders this behind a look that is under way, so that none misses it.
            drop(waker.heard.lock());
            waker.changed.notify_all();
        });
        let (live, mut events) = Live::start(options, Arc::new(opener), wake).unwrap();
        let listener = Arc::clone(&ear);
        threads::spawn("listener", move || {
            while let Some(event) = events.blocking_recv() {
                let mut heard = listener.heard.lock();
                heard.texts.push(format!("{event:?}"));
                match event.fact {
                    Fact::Link(link) => heard.links.entry(event.feed).or_default().push(link),
                    Fact::Picture(picture) => {
                        heard.pictures.entry(event.feed).or_default().push(picture);
                    }
                    Fact::IsSlow(_) => {}
                }
                listener.changed.notify_all();
            }
        })
        .unwrap();
        Self { live, ear }
    }

    /// Opens a feed and shows it.
    pub(crate) fn open(&self, name: &str, address: Address) -> Tile<'_> {
        let id = FeedId {
            camera: CameraId::new(name).unwrap(),
            stream: StreamKind::Sub,
        };
        let feed = self.live.open(id, address);
        feed.set_shown_size(160, 96);
        Tile { stage: self, feed }
    }

    /// Opens cameras of the city.
    pub(crate) fn open_cameras(&self, city: &TestCity, numbers: &[usize]) -> Vec<Tile<'_>> {
        let open = |number: &usize| self.open(&format!("cam-{number:03}"), city.address(*number));
        numbers.iter().map(open).collect()
    }

    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        self.wait_for(what, |_| is_so().then_some(()));
    }

    #[track_caller]
    fn wait_for<T>(&self, what: &str, find: impl FnMut(&Heard) -> Option<T>) -> T {
        self.ear.wait_for(what, find)
    }

    /// Closes all feeds; returns what still hears.
    pub(crate) fn close(self) -> Waiter {
        Waiter(self.ear)
    }

    /// Everything heard so far, as it would stand in a log.
    pub(crate) fn texts(&self) -> String {
        self.ear.heard.lock().texts.join("\n")
    }
}

/// An open feed as a test looks at it.
pub(crate) struct Tile<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) feed: Arc<Feed>,
}

impl Tile<'_> {
    fn name(&self) -> &str {
        self.feed.id.camera.as_str()
    }

    /// How many links were told so far.
    pub(crate) fn mark(&self) -> usize {
        let heard = self.stage.ear.heard.lock();
        heard.links.get(&self.feed.id).map_or(0, Vec::len)
    }

    /// The link as last told.
    pub(crate) fn link(&self) -> Option<Link> {
        let heard = self.stage.ear.heard.lock();
        heard.links.get(&self.feed.id)?.last().cloned()
    }

    /// All links told so far.
    pub(crate) fn links(&self) -> Vec<Link> {
        let heard = self.stage.ear.heard.lock();
        heard.links.get(&self.feed.id).cloned().unwrap_or_default()
    }

    /// All that was told of its pictures so far.
    pub(crate) fn looks(&self) -> Vec<Seen> {
        let heard = self.stage.ear.heard.lock();
        heard
            .pictures
            .get(&self.feed.id)
            .cloned()
            .unwrap_or_default()
    }

    /// Looks again and again until there is something, or for so long. Others are heard meanwhile.
    pub(crate) fn look_for<T>(
        &self,
        patience: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let mut patience = Patience::of(patience);
        loop {
            let found = look();
            if found.is_some() || patience.is_over() {
                return found;
            }
            let (nothing, nobody) = (Mutex::new(()), Condvar::new());
            nobody.wait_for(&mut nothing.lock(), LOOK_EVERY / 2);
        }
    }

    /// The link told at `index`.
    pub(crate) fn link_at(&self, index: usize) -> Option<Link> {
        let heard = self.stage.ear.heard.lock();
        heard.links.get(&self.feed.id)?.get(index).cloned()
    }

    /// Waits for the next link behind `mark` that is `wanted`; returns the mark behind it.
    #[track_caller]
    pub(crate) fn wait_link(
        &self,
        mark: usize,
        what: &str,
        wanted: impl Fn(&Link) -> bool,
    ) -> usize {
        let what = format!("{} is {what}", self.name());
        self.stage.wait_for(&what, |heard| {
            let links = heard.links.get(&self.feed.id)?.get(mark..)?;
            Some(mark + links.iter().position(&wanted)? + 1)
        })
    }

    /// Waits until the link told last is `wanted`; returns the mark behind it.
    #[track_caller]
    pub(crate) fn wait_now(&self, wanted: &Link) -> usize {
        let what = format!("{} is {wanted:?} now", self.name());
        self.stage.wait_for(&what, |heard| {
            let links = heard.links.get(&self.feed.id)?;
            (links.last() == Some(wanted)).then_some(links.len())
        })
    }

    /// Waits until the pictures are said to look like this.
    #[track_caller]
    pub(crate) fn wait_seen(&self, wanted: Seen) {
        let what = format!("the picture of {} is {wanted:?}", self.name());
        self.stage.wait_for(&what, |heard| {
            let seen = heard.pictures.get(&self.feed.id)?.last()?;
            (*seen == wanted).then_some(())
        });
    }

    #[track_caller]
    pub(crate) fn wait_live(&self, mark: usize) -> usize {
        self.wait_link(mark, "live", |link| *link == Link::Live)
    }

    #[track_caller]
    pub(crate) fn wait_lost(&self, mark: usize, wanted: impl Fn(&Reason) -> bool) -> usize {
        self.wait_link(
            mark,
            "lost",
            |link| matches!(link, Link::Lost(reason) if wanted(reason)),
        )
    }

    /// Waits for the next picture.
    #[track_caller]
    pub(crate) fn next_picture(&self) -> Arc<Picture> {
        self.picture_when("any", |_| true)
    }

    /// Waits for a picture that is `wanted`.
    #[track_caller]
    pub(crate) fn picture_when(
        &self,
        what: &str,
        wanted: impl Fn(&Picture) -> bool,
    ) -> Arc<Picture> {
        let what = format!("{} has a picture ({what})", self.name());
        self.stage.wait_for(&what, |_| {
            self.feed.take_picture().filter(|picture| wanted(picture))
        })
    }
}

/// A number a test may be told by the environment.
pub(crate) fn count(quick: usize, long: usize) -> usize {
    if std::env::var_os("QYRAN_LONG").is_some() {
        long
    } else {
        quick
    }
}
