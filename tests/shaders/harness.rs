//! A device without a window, and pictures to draw on it.

use std::sync::Arc;

use eframe::egui;
use eframe::egui_wgpu::{CallbackTrait, RenderState, ScreenDescriptor};
use qyran::base::clock::{self, MediaTime};
use qyran::gpu::{self, PaintStats, TileDraw, WallPaint};
use qyran::model::frame::{Colour, Rotation};
use qyran::pixels::Picture;

/// What is on the target where nothing was drawn.
pub(crate) const CLEAR: [u8; 4] = [0, 0, 255, 255];

pub(crate) struct Harness {
    pub(crate) state: RenderState,
    pub(crate) stats: Arc<PaintStats>,
}

/// A target read back.
pub(crate) struct Drawn {
    width: u32,
    rgba: Vec<u8>,
}

impl Drawn {
    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let start = ((y * self.width + x) * 4) as usize;
        self.rgba[start..start + 4].try_into().expect("four bytes")
    }
}

/// Fails unless the three channels are within `tolerance` codes, and alpha is opaque; returns by
/// how much they are off on average.
pub(crate) fn close(got: [u8; 4], expect: [f64; 3], tolerance: f64, what: &str) -> f64 {
    let mut sum = 0.0;
    assert_eq!(got[3], 255, "{what}: alpha");
    for channel in 0..3 {
        let error = (f64::from(got[channel]) - expect[channel]).abs();
        assert!(
            error <= tolerance,
            "{what}: {got:?} is not {expect:?} (off by {error:.2})"
        );
        sum += error;
    }
    sum / 3.0
}

/// A picture whose codes (Y, U, V) at each pixel `codes` gives; chroma is taken at every other
/// pixel of every other row.
pub(crate) fn picture(
    serial: u64,
    width: u32,
    height: u32,
    colour: Colour,
    codes: impl Fn(u32, u32) -> [u8; 3],
) -> Arc<Picture> {
    let y: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| codes(x, y)[0])
        .collect();
    let uv: Vec<u8> = (0..height.div_ceil(2))
        .flat_map(|y| (0..width.div_ceil(2)).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let [_, u, v] = codes(2 * x, 2 * y);
            [u, v]
        })
        .collect();
    Arc::new(Picture {
        serial,
        source_width: width,
        source_height: height,
        halvings: 0,
        width,
        height,
        y: y.into(),
        uv: uv.into(),
        exact: None,
        colour,
        rotation: Rotation::None,
        pts: MediaTime(0),
        arrival: clock::now(),
        capture: None,
    })
}

impl Harness {
    /// None, with the reason printed, where there is no adapter.
    pub(crate) fn new() -> Option<Self> {
        Self::with_format(None)
    }

    /// The same with a target of another format.
    pub(crate) fn with_format(format: Option<wgpu::TextureFormat>) -> Option<Self> {
        match gpu::headless() {
            Ok(mut state) => {
                if let Some(format) = format {
                    state.target_format = format;
                }
                gpu::install(&state);
                Some(Self {
                    state,
                    stats: Arc::new(PaintStats::default()),
                })
            }
            Err(error) => {
                qyran::base::skipped::skip(format_args!("no graphics adapter: {error}"));
                None
            }
        }
    }

    pub(crate) fn draw(&self, size: [u32; 2], tiles: Vec<TileDraw>) -> Drawn {
        self.draw_view(0, size, tiles)
    }

    pub(crate) fn draw_view(&self, view: u64, size: [u32; 2], tiles: Vec<TileDraw>) -> Drawn {
        self.draw_paints(
            size,
            vec![WallPaint {
                view,
                tiles,
                labels: Vec::new(),
                stats: Arc::clone(&self.stats),
            }],
        )
    }

    /// Prepares all, then paints all, as egui does.
    pub(crate) fn draw_paints(&self, [width, height]: [u32; 2], paints: Vec<WallPaint>) -> Drawn {
        let RenderState {
            device,
            queue,
            renderer,
            target_format,
            ..
        } = &self.state;
        let target = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("target"),
            size: wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: *target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let screen = ScreenDescriptor {
            size_in_pixels: [width, height],
            pixels_per_point: 1.0,
        };
        let mut renderer = renderer.write();
        let mut commands = Vec::new();
        for paint in &paints {
            commands.extend(paint.prepare(
                device,
                queue,
                &screen,
                &mut encoder,
                &mut renderer.callback_resources,
            ));
        }
        let mut pass = encoder
            .begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("test"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &target.create_view(&wgpu::TextureViewDescriptor::default()),
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::BLUE),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..Default::default()
            })
            .forget_lifetime();
        for paint in &paints {
            let whole = egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(width as f32, height as f32),
            );
            let info = egui::PaintCallbackInfo {
                viewport: whole,
                clip_rect: whole,
                pixels_per_point: 1.0,
                screen_size_px: [width, height],
            };
            paint.paint(info, &mut pass, &renderer.callback_resources);
        }
        drop(pass);
        let row_bytes = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: u64::from(row_bytes * height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(row_bytes),
                    rows_per_image: None,
                },
            },
            target.size(),
        );
        commands.push(encoder.finish());
        queue.submit(commands);
        buffer.map_async(wgpu::MapMode::Read, .., |result| result.expect("mapped"));
        device
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("the device works");
        let mapped = buffer.get_mapped_range(..).expect("mapped");
        let rgba = mapped
            .chunks_exact(row_bytes as usize)
            .flat_map(|row| &row[..(width * 4) as usize])
            .copied()
            .collect();
        Drawn { width, rgba }
    }
}
