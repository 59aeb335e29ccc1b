//! Keeping the desktop from blanking the screen while the wall fills it, by the interface that most
//! desktops of Linux have: `org.freedesktop.ScreenSaver` on the session bus, method `Inhibit`, in
//! force until `UnInhibit` or until whoever asked leaves the bus
//! (<https://specifications.freedesktop.org/idle-inhibit/latest/>).

use std::io;

use crossbeam_channel::Sender;

use crate::base::threads;

/// Asks for the screen to stay on, or no longer. Dropping it lets the screen go.
pub struct ScreenSaver {
    wishes: Sender<bool>,
    held_off: bool,
}

impl ScreenSaver {
    /// Starts the thread that speaks with the desktop; nothing is asked yet.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start() -> io::Result<Self> {
        let (wishes, heard) = crossbeam_channel::bounded::<bool>(8);
        threads::spawn("screen-saver", move || {
            let mut holding = None;
            for hold_off in heard {
                if hold_off == holding.is_some() {
                    continue;
                }
                // Letting go is leaving the bus.
                holding = None;
                if hold_off {
                    match desktop::hold_off() {
                        Ok(hold) => {
                            tracing::info!("the screen stays on while the wall fills it");
                            holding = Some(hold);
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the desktop cannot be told to leave the screen on");
                        }
                    }
                }
            }
        })?;
        Ok(Self {
            wishes,
            held_off: false,
        })
    }

    /// Once in each turn of the main loop: whether the screen is to stay on. Costs nothing while
    /// that does not change.
    pub fn hold_off(&mut self, hold_off: bool) {
        if self.held_off != hold_off && self.wishes.try_send(hold_off).is_ok() {
            self.held_off = hold_off;
        }
    }
}

#[cfg(target_os = "linux")]
mod desktop {
    use std::time::Duration;

    use zbus::Connection;

    const NAME: &str = "org.freedesktop.ScreenSaver";
    const PATH: &str = "/org/freedesktop/ScreenSaver";
    /// A desktop that does not answer is taken for one that cannot.
    const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

    /// Asks for the screen to stay on as long as the connection lasts.
    pub(super) fn hold_off() -> Result<Connection, zbus::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        runtime.block_on(async {
            let asked = async {
                let connection = Connection::session().await?;
                let why = ("kz.qyran.Qyran", "a video wall fills the screen");
                let call = connection.call_method(Some(NAME), PATH, Some(NAME), "Inhibit", &why);
                call.await?.body().deserialize::<u32>()?;
                Ok(connection)
            };
            let answer = tokio::time::timeout(ANSWERS_WITHIN, asked).await;
            answer.unwrap_or_else(|_elapsed| Err(zbus::Error::Failure("no answer".into())))
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod desktop {
    /// Other systems have other ways, of which none is built in.
    pub(super) fn hold_off() -> Result<(), &'static str> {
        Err("not on this system")
    }
}
