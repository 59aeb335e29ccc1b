//! Which GPU, how its surface presents, and what there is for the doctor to tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui_wgpu::{
    RenderState, RendererOptions, SurfaceConfig, WgpuConfiguration, WgpuError, WgpuSetup,
    WgpuSetupCreateNew,
};

/// An adapter as the doctor tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterSummary {
    /// The device's name.
    pub name: String,
    /// Vulkan, Gl, Metal, Dx12.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// The driver's name and version.
    pub driver: String,
}

impl AdapterSummary {
    /// Of an adapter that wgpu found.
    pub fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        Self {
            name: info.name,
            backend: info.backend.to_string(),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => "discrete",
                wgpu::DeviceType::IntegratedGpu => "integrated",
                wgpu::DeviceType::VirtualGpu => "virtual",
                wgpu::DeviceType::Cpu => "software",
                wgpu::DeviceType::Other => "other",
            },
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
        }
    }

    /// Whether it draws on the processor.
    pub fn is_software(&self) -> bool {
        self.kind == "software"
    }
}

fn backends() -> wgpu::Backends {
    wgpu::Backends::from_env().unwrap_or(wgpu::Backends::PRIMARY | wgpu::Backends::GL)
}

fn instance_descriptor() -> wgpu::InstanceDescriptor {
    wgpu::InstanceDescriptor {
        backends: backends(),
        flags: wgpu::InstanceFlags::from_build_config().with_env(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    }
}

/// The configuration of wgpu for the program: the platform's first backend (Vulkan, Metal, DX12)
/// and then OpenGL; the environment variable `WGPU_BACKEND` overrides. Validation in debug builds
/// only. One frame of latency, and no wait for a display's refresh, so that one window does not
/// hold up another.
pub fn adapter_choice() -> WgpuConfiguration {
    let without = WgpuSetupCreateNew::without_display_handle();
    WgpuConfiguration {
        surface: present_now(),
        wgpu_setup: WgpuSetup::CreateNew(WgpuSetupCreateNew {
            instance_descriptor: instance_descriptor(),
            power_preference: wgpu::PowerPreference::HighPerformance,
            device_descriptor: Arc::new(device_descriptor),
            ..without
        }),
        ..WgpuConfiguration::default()
    }
}

/// Presents at once where the surface can (immediate, else mailbox, else the refresh).
pub fn present_now() -> SurfaceConfig {
    SurfaceConfig {
        present_mode: wgpu::PresentMode::AutoNoVsync,
        desired_maximum_frame_latency: Some(1),
    }
}

/// Timestamps where there are any, no other feature beyond the least, and the least limits, save
/// for the size of textures.
fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    wgpu::DeviceDescriptor {
        label: Some("qyran"),
        required_features: adapter.features() & super::timing::FEATURES,
        required_limits: wgpu::Limits::downlevel_webgl2_defaults()
            .using_resolution(adapter.limits()),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    }
}

/// Logs when the device is lost, and raises `lost`: the program cannot draw any more and must say so
/// (in a log, since no window can) and start anew.
pub fn watch_device(render_state: &RenderState, lost: &Arc<AtomicBool>) {
    let raised = Arc::clone(lost);
    render_state
        .device
        .set_device_lost_callback(move |reason, message| {
            // A panic drops the device too; then that is the fault.
            if std::thread::panicking() {
                return;
            }
            raised.store(true, Ordering::Release);
            // Dropping it on exit is reported too, and is no fault; nobody looks any more.
            if reason != wgpu::DeviceLostReason::Destroyed {
                tracing::error!(?reason, message, "the graphics device was lost");
            }
        });
}

/// The adapters of this machine, in the order of wgpu; needs no display.
pub fn describe_adapters() -> Vec<AdapterSummary> {
    let instance = wgpu::Instance::new(instance_descriptor());
    block_on(instance.enumerate_adapters(backends()))
        .iter()
        .map(AdapterSummary::of)
        .collect()
}

/// A device without a window, as tests, benches and the doctor use it; its target format is
/// `Rgba8Unorm`.
///
/// # Errors
/// When there is no adapter, or it gives no device.
pub fn headless() -> Result<RenderState, WgpuError> {
    let config = adapter_choice();
    let instance = block_on(config.wgpu_setup.new_instance());
    block_on(RenderState::create(
        &config,
        &instance,
        None,
        RendererOptions::default(),
    ))
}

/// Runs a future of wgpu to its end; on native targets those are ready at once.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_are_described_without_a_display() {
        for adapter in describe_adapters() {
            assert!(!adapter.backend.is_empty());
            assert!(!adapter.name.is_empty());
        }
    }
}
