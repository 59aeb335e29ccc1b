//! What libav says while it decodes, where it means that a picture was patched together.
//!
//! GStreamer's elements hand such a picture on like any other: that libav concealed something is
//! said in its log alone. It says it on the thread that decodes, which is the thread that pushed the
//! unit, so that what is said during a push belongs to that unit.

use std::cell::Cell;
use std::sync::Once;

use gstreamer as gst;

/// The category of libav's own words.
const CATEGORY: &str = "libav";

/// What libav says of macroblocks, slices and references that are not there. Most of its other
/// complaints are about streams that are shown without a flaw.
const MEANS_DAMAGE: [&str; 8] = [
    "concealing ",
    "error while decoding MB",
    "Could not find ref with POC",
    "Missing reference picture",
    "reference picture missing",
    "slice in a frame missing",
    "PPS changed between slices",
    "Error parsing NAL unit",
];

thread_local! {
    static HEARD: Cell<u32> = const { Cell::new(0) };
}

/// Begins to listen, once; call it when libav's elements are there.
pub(super) fn listen() {
    static LISTENING: Once = Once::new();
    let Some(category) = gst::DebugCategory::get(CATEGORY) else {
        return;
    };
    LISTENING.call_once(|| {
        if std::env::var_os("GST_DEBUG").is_none() {
            // Nobody asked to read GStreamer's log; what is listened for must not be printed.
            gst::log::remove_default_log_function();
        }
        if category.threshold() < gst::DebugLevel::Info {
            category.set_threshold(gst::DebugLevel::Info);
        }
        gst::log::add_log_function(
            |category, level, _file, _function, _line, _object, message| {
                if level > gst::DebugLevel::Info || category.name() != CATEGORY {
                    return;
                }
                let means_damage = message
                    .get()
                    .is_some_and(|text| MEANS_DAMAGE.iter().any(|words| text.contains(words)));
                if means_damage {
                    HEARD.set(HEARD.get().saturating_add(1));
                }
            },
        );
    });
}

/// How often damage was spoken of on this thread since the last call.
pub(super) fn take() -> u32 {
    HEARD.replace(0)
}
