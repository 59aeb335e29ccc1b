//! The thread that listens to adapters.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

use super::line::{DoorEvent, LONGEST_LINE, event};
use super::{Address, DoorError};
use crate::base::clock::Clock;
use crate::base::threads;
use crate::link::token::Token;

/// The most adapters at once; others are hung up on.
pub const MOST_ADAPTERS: usize = 8;
/// How long an adapter may take for its token, and for taking an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a wrong token, and after an accept that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens at the door until it is dropped.
pub struct Door {
    address: Address,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What one connection needs.
struct Rules {
    token: Token,
    seat: String,
    events: Sender<DoorEvent>,
    clock: Arc<dyn Clock>,
    /// Called after an event was put into the channel, to wake whoever reads it.
    wake: Box<dyn Fn() + Send + Sync>,
}

enum Listener {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
    Tcp(TcpListener),
}

impl Door {
    /// Listens at `address` for the events of `seat`, in a thread of its own.
    ///
    /// # Errors
    /// When nobody can listen there: the address is taken, or the folder is missing.
    pub fn open(
        address: &Address,
        token: Token,
        seat: &str,
        events: Sender<DoorEvent>,
        clock: Arc<dyn Clock>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, DoorError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(DoorError::Thread)?;
        let listened = {
            let _inside = runtime.enter();
            listen(address)
        };
        let (listener, address) = listened.map_err(|source| DoorError::Listen {
            address: address.clone(),
            source,
        })?;
        let rules = Arc::new(Rules {
            token,
            seat: seat.to_owned(),
            events,
            clock,
            wake: Box::new(wake),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = threads::spawn("door", move || {
            runtime.block_on(async move {
                tokio::select! {
                    // Told to stop, or nobody is left who could tell.
                    _ = stopped => {}
                    () = accept(listener, rules) => {}
                }
            });
        })
        .map_err(DoorError::Thread)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens; with the port that the system chose where it was 0.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A thread that has ended already does not hear it.
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the door's thread fell");
        }
        #[cfg(unix)]
        if let Address::Unix(path) = &self.address {
            // A socket that is gone already is as good.
            std::fs::remove_file(path).ok();
        }
    }
}

fn listen(address: &Address) -> io::Result<(Listener, Address)> {
    match address {
        Address::Tcp(address) => {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let address = Address::Tcp(listener.local_addr()?);
            Ok((Listener::Tcp(listener), address))
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
            use std::os::unix::net::UnixStream;
            if let Ok(about) = std::fs::symlink_metadata(path) {
                // What an earlier run left behind, and nothing else, is taken away.
                if !about.file_type().is_socket() || UnixStream::connect(path).is_ok() {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                std::fs::remove_file(path)?;
            }
            let listener = tokio::net::UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            Ok((Listener::Unix(listener), address.clone()))
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

#[expect(
    clippy::infinite_loop,
    reason = "it ends with the thread's runtime, when the door is dropped"
)]
async fn accept(listener: Listener, rules: Arc<Rules>) {
    let places = Arc::new(Semaphore::new(MOST_ADAPTERS));
    loop {
        let accepted = match &listener {
            #[cfg(unix)]
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                let (read, write) = stream.into_split();
                (boxed(read), boxed_write(write))
            }),
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                let (read, write) = stream.into_split();
                (boxed(read), boxed_write(write))
            }),
        };
        match accepted {
            Ok((read, write)) => {
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    tracing::warn!(most = MOST_ADAPTERS, "one adapter too many at the door");
                    continue;
                };
                let rules = Arc::clone(&rules);
                tokio::spawn(async move {
                    serve(read, write, &rules).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no adapter can connect to the door");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

type Reading = Box<dyn AsyncRead + Send + Unpin>;
type Writing = Box<dyn AsyncWrite + Send + Unpin>;

fn boxed(read: impl AsyncRead + Send + Unpin + 'static) -> Reading {
    Box::new(read)
}

fn boxed_write(write: impl AsyncWrite + Send + Unpin + 'static) -> Writing {
    Box::new(write)
}

/// One adapter, from its token to its end.
async fn serve(read: Reading, mut write: Writing, rules: &Rules) {
    let mut lines = BufReader::new(read);
    let token = tokio::time::timeout(PATIENCE, next_line(&mut lines)).await;
    let right = matches!(&token, Ok(Ok(Some(line))) if rules.token.is(line));
    if !right {
        tracing::warn!("an adapter without the token at the door");
        tokio::time::sleep(PAUSE).await;
        say(&mut write, &Err("token".to_owned())).await.ok(); // It is hung up on all the same.
        return;
    }
    if say(&mut write, &Ok(())).await.is_err() {
        return;
    }
    loop {
        let line = match next_line(&mut lines).await {
            Ok(Some(line)) => line,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "an adapter at the door is hung up on");
                say(&mut write, &Err(error.to_string())).await.ok(); // It may be gone already.
                return;
            }
        };
        let result = take(&line, rules);
        if let Err(problem) = &result {
            tracing::warn!(problem, "a line of the door is not taken");
        }
        if say(&mut write, &result).await.is_err() {
            return;
        }
    }
}

/// The event of a line, into the channel.
fn take(line: &[u8], rules: &Rules) -> Result<(), String> {
    let event =
        event(line, &rules.seat, rules.clock.wall()).map_err(|problem| problem.to_string())?;
    match rules.events.try_send(event) {
        Ok(()) => {
            (rules.wake)();
            Ok(())
        }
        Err(TrySendError::Full(_)) => Err("busy, send it again".to_owned()),
        Err(TrySendError::Disconnected(_)) => Err("the seat is closing".to_owned()),
    }
}

/// The next line without its end; nothing at the end of the connection. What stands behind the last
/// line's end is no line: it may have been cut.
async fn next_line(lines: &mut BufReader<Reading>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = (LONGEST_LINE + 1) as u64;
    lines.take(most).read_until(b'\n', &mut line).await?;
    if line.pop_if(|last| *last == b'\n').is_some() {
        line.pop_if(|last| *last == b'\r');
        return Ok(Some(line));
    }
    if line.len() > LONGEST_LINE {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a line is longer than {LONGEST_LINE} bytes"),
        ));
    }
    Ok(None)
}

/// One line of answer.
async fn say(write: &mut Writing, result: &Result<(), String>) -> io::Result<()> {
    let answer = match result {
        Ok(()) => serde_json::json!({"ok": true}),
        Err(problem) => serde_json::json!({"ok": false, "error": problem}),
    };
    let all = async {
        write.write_all(format!("{answer}\n").as_bytes()).await?;
        write.flush().await
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .unwrap_or_else(|_slow| Err(io::ErrorKind::TimedOut.into()))
}
