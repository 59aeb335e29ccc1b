//! Monitors, without opening a window: `xrandr` where there is an X server, the kernel otherwise.

use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::{Finding, Section};
use crate::words::Words;

/// What is known about monitors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Displays {
    /// Value of DISPLAY, where set.
    x11: Option<String>,
    /// Value of WAYLAND_DISPLAY, where set.
    wayland: Option<String>,
    /// What `xrandr --query` printed, where it worked.
    xrandr: Option<String>,
    /// Whether `xrandr` could be started at all.
    has_xrandr: bool,
    /// Connectors with a monitor as the kernel sees them: name and preferred size.
    connectors: Vec<(String, String)>,
}

impl Displays {
    /// Looks at this machine.
    pub(super) fn look() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let output = Command::new("xrandr")
            .arg("--query")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        Self {
            x11: set("DISPLAY"),
            wayland: set("WAYLAND_DISPLAY"),
            has_xrandr: output.is_ok(),
            xrandr: output
                .ok()
                .filter(|output| output.status.success())
                .map(|output| String::from_utf8_lossy(&output.stdout).into_owned()),
            connectors: connectors(Path::new("/sys/class/drm")),
        }
    }

    /// What is said about them.
    pub(super) fn findings(&self, words: Words) -> Vec<Finding> {
        let no_display = |value: String| {
            vec![Finding::missing(
                Section::Display,
                "display",
                value,
                words.get("doctor-hint-display"),
            )]
        };
        let mut findings = match (&self.x11, &self.wayland) {
            (None, None) => return no_display("no display".to_owned()),
            (Some(x11), None) if self.has_xrandr && self.xrandr.is_none() => {
                return no_display(format!("no display: nothing answers on DISPLAY={x11}"));
            }
            (_, Some(wayland)) => {
                vec![Finding::ok(
                    Section::Display,
                    "display",
                    format!("Wayland, {wayland}"),
                )]
            }
            (Some(x11), None) => {
                vec![Finding::ok(
                    Section::Display,
                    "display",
                    format!("X11, {x11}"),
                )]
            }
        };
        let monitors = self.xrandr.as_deref().map(monitors).unwrap_or_default();
        if !monitors.is_empty() {
            findings.extend(
                monitors
                    .into_iter()
                    .map(|(name, place)| Finding::ok(Section::Display, name, place)),
            );
        } else if !self.connectors.is_empty() {
            findings.extend(
                self.connectors
                    .iter()
                    .map(|(name, size)| Finding::ok(Section::Display, name, size)),
            );
        } else {
            let hint = words.with(
                "doctor-hint-monitors-unknown",
                &[("package", "x11-xserver-utils".into())],
            );
            findings.push(Finding::warn(Section::Display, "monitors", "unknown", hint));
        }
        findings
    }
}

/// Name and "1920x1080+0+0" of each monitor that `xrandr --query` shows a picture on.
fn monitors(xrandr: &str) -> Vec<(String, String)> {
    xrandr
        .lines()
        .filter_map(|line| {
            let mut parts = line.split_whitespace();
            let name = parts.next()?;
            if parts.next()? != "connected" {
                return None;
            }
            let place = parts.find(|part| *part != "primary")?;
            let is_place = place.contains('x') && place.contains('+');
            is_place.then(|| (name.to_owned(), place.to_owned()))
        })
        .collect()
}

/// Name and preferred mode of each connector with a monitor, from the kernel's `drm` folder.
fn connectors(folder: &Path) -> Vec<(String, String)> {
    // No such folder: no graphics driver in the kernel.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let status = std::fs::read_to_string(path.join("status")).ok()?;
            if status.trim() != "connected" {
                return None;
            }
            let modes = std::fs::read_to_string(path.join("modes")).unwrap_or_default();
            let name = path.file_name()?.to_string_lossy().into_owned();
            let size = modes.lines().next().unwrap_or("size unknown").to_owned();
            Some((name, size))
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    const XRANDR: &str = "\
Screen 0: minimum 320 x 200, current 5760 x 1080, maximum 16384 x 16384
HDMI-1 connected primary 1920x1080+0+0 (normal left inverted right) 598mm x 336mm
   1920x1080     60.00*+  50.00
DP-1 connected 3840x2160+1920+0 (normal left inverted right) 600mm x 340mm
DP-2 connected (normal left inverted right x axis y axis)
DP-3 disconnected (normal left inverted right x axis y axis)
";

    #[test]
    fn monitors_in_use_are_read() {
        let found = monitors(XRANDR);
        let expect = [("HDMI-1", "1920x1080+0+0"), ("DP-1", "3840x2160+1920+0")];
        assert_eq!(
            found,
            expect.map(|(name, place)| (name.to_owned(), place.to_owned()))
        );
    }

    #[test]
    fn each_kind_of_seat_is_described() {
        let words = Words::new(Language::En);
        let check = |displays: &Displays, expect: &[(&str, State)]| {
            let said = displays.findings(words);
            let said: Vec<(&str, State)> =
                said.iter().map(|f| (f.name.as_str(), f.state)).collect();
            assert_eq!(said, expect);
        };
        check(&Displays::default(), &[("display", State::Missing)]);
        let silent = Displays {
            x11: Some(":7".to_owned()),
            has_xrandr: true,
            ..Displays::default()
        };
        check(&silent, &[("display", State::Missing)]);
        let three = Displays {
            xrandr: Some(XRANDR.to_owned()),
            ..silent.clone()
        };
        check(
            &three,
            &[
                ("display", State::Ok),
                ("HDMI-1", State::Ok),
                ("DP-1", State::Ok),
            ],
        );
        let blind = Displays {
            wayland: Some("wayland-0".to_owned()),
            ..Displays::default()
        };
        check(&blind, &[("display", State::Ok), ("monitors", State::Warn)]);
        let kernel = Displays {
            connectors: vec![("card0-DP-1".to_owned(), "3840x2160".to_owned())],
            ..blind
        };
        check(
            &kernel,
            &[("display", State::Ok), ("card0-DP-1", State::Ok)],
        );
    }

    #[test]
    fn connectors_with_a_monitor_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, status, modes) in [
            ("card0-DP-1", "connected\n", "2560x1440\n1920x1080\n"),
            ("card0-DP-2", "disconnected\n", ""),
        ] {
            let connector = folder.path().join(name);
            std::fs::create_dir(&connector).expect("a connector");
            std::fs::write(connector.join("status"), status).expect("status");
            std::fs::write(connector.join("modes"), modes).expect("modes");
        }
        let expect = [("card0-DP-1".to_owned(), "2560x1440".to_owned())];
        assert_eq!(connectors(folder.path()), expect);
        assert_eq!(connectors(&folder.path().join("absent")), []);
    }
}
