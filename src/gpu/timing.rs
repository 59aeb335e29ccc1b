//! How long the GPU works at the wall's pass, where it has timestamps; asked only while a bench
//! measures, one paint at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

/// What a device needs for it.
pub(super) const FEATURES: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES);

/// Two timestamps of eight bytes.
const BYTES: u64 = 16;

/// Measures one paint after another; while the answer is under way paints go unmeasured.
pub(super) struct Timing {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    read: wgpu::Buffer,
    period_ns: f32,
    stage: Stage,
}

enum Stage {
    Idle,
    /// The paint to come writes its timestamps, so many of the two.
    Armed(AtomicU32),
    /// They are on the way to the buffer that can be read.
    Copying(Arc<AtomicBool>),
    Mapping(Arc<AtomicBool>),
}

impl Timing {
    /// None where the device has no timestamps.
    pub(super) fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Option<Self> {
        if !device.features().contains(FEATURES) {
            return None;
        }
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: BYTES,
                usage,
                mapped_at_creation: false,
            })
        };
        Some(Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("wall"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            read: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
            period_ns: queue.get_timestamp_period(),
            stage: Stage::Idle,
        })
    }

    /// Before a paint: arms it, or brings the answer of an earlier one a step on. Gives the time
    /// that an earlier paint took when its answer is there.
    pub(super) fn step(&mut self, encoder: &mut wgpu::CommandEncoder) -> Option<Duration> {
        match &self.stage {
            Stage::Idle => self.stage = Stage::Armed(AtomicU32::new(0)),
            // Asking for timestamps that nobody wrote would wait for ever.
            Stage::Armed(written) if written.load(SeqCst) == 2 => {
                encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
                encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.read, 0, BYTES);
                let copied = Arc::new(AtomicBool::new(false));
                let told = Arc::clone(&copied);
                encoder.on_submitted_work_done(move || told.store(true, SeqCst));
                self.stage = Stage::Copying(copied);
            }
            Stage::Copying(copied) if copied.load(SeqCst) => {
                let mapped = Arc::new(AtomicBool::new(false));
                let told = Arc::clone(&mapped);
                self.read.map_async(wgpu::MapMode::Read, .., move |result| {
                    told.store(result.is_ok(), SeqCst);
                });
                self.stage = Stage::Mapping(mapped);
            }
            Stage::Mapping(mapped) if mapped.load(SeqCst) => {
                let took = self.taken();
                self.read.unmap();
                self.stage = Stage::Idle;
                return took;
            }
            Stage::Armed(_) | Stage::Copying(_) | Stage::Mapping(_) => {}
        }
        None
    }

    fn taken(&self) -> Option<Duration> {
        let bytes = self.read.get_mapped_range(..).ok()?;
        let ticks = |at: usize| {
            let eight = bytes.get(at..at + 8)?;
            Some(u64::from_le_bytes(eight.try_into().ok()?))
        };
        let (begin, end) = (ticks(0)?, ticks(8)?);
        let nanos = end.saturating_sub(begin) as f64 * f64::from(self.period_ns);
        Some(Duration::from_nanos(nanos as u64))
    }

    /// At the beginning (0) and at the end (1) of the wall's draws. Where several views are drawn in one
    /// pass, as beside an alarm, the first is measured: a pass takes each timestamp once.
    pub(super) fn mark(&self, pass: &mut wgpu::RenderPass<'static>, index: u32) {
        if let Stage::Armed(written) = &self.stage
            && written
                .compare_exchange(index, index + 1, SeqCst, SeqCst)
                .is_ok()
        {
            pass.write_timestamp(&self.queries, index);
        }
    }
}
