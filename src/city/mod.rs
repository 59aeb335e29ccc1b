//! The demo city: RTSP cameras on pre-encoded clips, with faults on demand.
//!
//! A process of its own (`qyran city`) that shares nothing with the wall but the network and the
//! camera file. Clips come from a folder (see [`clip`]); nothing is encoded here
//! but blurred pictures (see [`variant`]).
//!
//! * [`rtsp`]: the server. One task per connection.
//! * [`timeline`], [`fault`], [`roster`]: pure.
//! * [`bare`]: parameter sets as most cameras send them.
//! * [`story`]: what happens in the city, from a script; [`stage`]: which cameras show it.
//! * [`control`]: loopback HTTP to look at the cameras and to set faults.
//! * [`command`]: `qyran city` on the command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub(crate) mod bare;
pub(crate) mod black;
pub mod clip;
pub mod command;
pub(crate) mod control;
pub mod fault;
pub mod footage;
pub(crate) mod jpeg;
pub mod roster;
pub(crate) mod rtsp;
pub(crate) mod shared;
pub(crate) mod shelf;
pub(crate) mod stage;
pub mod story;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
pub(crate) mod variant;

pub use command::{Args, run};
use fault::{Fault, Target};
use shared::Shared;
use shelf::Shelf;
use story::Story;
use story::play::{Director, Door};

/// Connections beyond this number are closed at once.
const MAX_CONNECTIONS: usize = 2048;
/// How long connections get to end when the city does.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a city is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the clips. They may still be in the making.
    pub footage: PathBuf,
    /// The port of the RTSP server on 127.0.0.1; 0 for any that is free.
    pub rtsp_port: u16,
    /// The port of the control on 127.0.0.1; 0 for any that is free.
    pub control_port: u16,
    /// How many of the [`roster::NUM_CAMERAS`] cameras there are.
    pub cameras: usize,
    /// Where events of stories are told.
    pub door: Option<Door>,
}

/// Why a city cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// A port cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// More cameras than there are in the roster, or none.
    #[error("there are 1 to {} cameras, not {wanted}", roster::NUM_CAMERAS)]
    NumCameras {
        /// How many were wanted.
        wanted: usize,
    },
}

/// A running city. It ends with [`City::shutdown`]; when only dropped, it goes on until the
/// runtime ends.
#[derive(Debug)]
pub struct City {
    /// Where the RTSP server listens.
    pub rtsp_addr: SocketAddr,
    /// Where the control listens.
    pub control_addr: SocketAddr,
    shared: Arc<Shared>,
    director: Arc<Director>,
    tasks: Vec<JoinHandle<()>>,
}

/// Sets the faults of a running city from within its process.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

impl Faults {
    /// Sets `fault` for `target`, for `lasting` or until it is set again. `false` when there is no
    /// such camera.
    pub fn set(&self, target: Target, fault: Fault, lasting: Option<Duration>) -> bool {
        self.0.set_fault(target, fault, lasting)
    }
}

/// Starts a city on the current tokio runtime.
///
/// # Errors
/// When a port is taken or the number of cameras makes no sense.
pub async fn serve(options: Options) -> Result<City, CityError> {
    if !(1..=roster::NUM_CAMERAS).contains(&options.cameras) {
        return Err(CityError::NumCameras {
            wanted: options.cameras,
        });
    }
    let (rtsp, rtsp_addr) = listen(options.rtsp_port).await?;
    let (control, control_addr) = listen(options.control_port).await?;
    let shared = Arc::new(Shared::new(Shelf::new(options.footage), options.cameras));
    let director = Arc::new(Director::new(Arc::clone(&shared), options.door));
    let answers = control::serve(control, Arc::clone(&shared), Arc::clone(&director));
    let tasks = vec![
        tokio::spawn(accept(rtsp, Arc::clone(&shared))),
        tokio::spawn(answers),
    ];
    Ok(City {
        rtsp_addr,
        control_addr,
        shared,
        director,
        tasks,
    })
}

impl City {
    /// Writes the camera file of the city, and `passwords.toml` beside it (mode 600).
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub fn write_cameras(&self, file: &std::path::Path) -> anyhow::Result<()> {
        let cameras = roster::cameras(self.rtsp_addr);
        let mut secrets = crate::store::secrets::Secrets::default();
        for (index, camera) in cameras.iter().enumerate() {
            let password = roster::password_of(index + 1);
            if !password.is_empty() {
                let credentials = crate::model::camera::Credentials {
                    user: camera.user.clone(),
                    password: crate::model::camera::Password::new(password),
                };
                secrets.set_camera(&camera.id, credentials);
            }
        }
        secrets.write(&file.with_file_name("passwords.toml"))?;
        crate::store::cameras::write(file, &cameras)?;
        Ok(())
    }

    /// From now on the parameter sets of H.264 have no VUI, as most cameras send them.
    pub fn be_bare(&self) {
        self.shared.be_bare();
    }

    /// A handle to set faults with.
    pub fn faults(&self) -> Faults {
        Faults(Arc::clone(&self.shared))
    }

    /// Begins a story; returns when its cameras have their clips, which may have to be made. On the
    /// runtime of the city.
    pub async fn tell(&self, story: Story) {
        self.director.start_dressed(story).await;
    }

    /// Ends all connections and waits for that.
    pub async fn shutdown(self) {
        self.director.stop();
        self.shared.begin_shutdown();
        for task in self.tasks {
            if tokio::time::timeout(FAREWELL, task).await.is_err() {
                tracing::warn!("a part of the city did not end in time");
            }
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), CityError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let error = |source| CityError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(error)?;
    let address = listener.local_addr().map_err(error)?;
    Ok((listener, address))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut shutdown = shared.shutdown();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = shutdown.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    shared.count_connection();
                    if connections.len() < MAX_CONNECTIONS {
                        connections.spawn(rtsp::connection::serve(stream, peer, Arc::clone(&shared)));
                    }
                }
                Err(error) => {
                    // Out of file handles, mostly: it passes when connections end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}
