//! The tile pass: what egui calls before and within its own pass.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use eframe::egui;
use eframe::egui_wgpu::{self, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};

use super::label::{LabelDraw, LabelView, Labels};
use super::stats::{PaintStats, Uploaded};
use super::textures::{ArrayId, FeedKey, Kind, Layouts, Shape, Slot, Textures, Upload};
use super::timing::Timing;
use crate::base::clock;
use crate::model::frame::Rotation;
use crate::pixels::Picture;

/// A feed that no view shows loses its texture after so many paints.
const PAINTS_KEPT: u64 = 300;
/// A view (a closed window) that was not painted for so many paints is forgotten.
const PAINTS_VIEW_KEPT: u64 = 3_000;
/// Every so many paints the unused is looked for.
const PAINTS_BETWEEN_SWEEPS: u64 = 64;

/// One tile's picture.
#[derive(Clone, Debug)]
pub struct TileDraw {
    /// Whose picture.
    pub feed: FeedKey,
    /// Left, top, width, height in the window's physical pixels; already letterboxed, or the whole
    /// cell when `uv` crops. Rectangles of one paint must not overlap: their order is not kept.
    pub rect_px: [f32; 4],
    /// The part of the upright picture that is shown: left, top, width, height, 0..1.
    pub uv: [f32; 4],
    /// The newest picture; uploaded only if the texture holds another. Without one, what the
    /// texture holds is drawn; a feed that has none is not drawn.
    pub picture: Option<Arc<Picture>>,
    /// 1 as it is, 0 black.
    pub dim: f32,
    /// 0 in colour, 1 grey: what is not live.
    pub grey: f32,
}

/// All tiles of one window (or of one layer of it), as an egui paint callback.
///
/// Use it with `egui_wgpu::Callback::new_paint_callback(rect, wall_paint)`; the callback's own
/// rectangle only clips.
pub struct WallPaint {
    /// Distinguishes the callbacks: each window's wall has its own number, so that two that are
    /// prepared before either is painted do not mix.
    pub view: u64,
    /// The tiles.
    pub tiles: Vec<TileDraw>,
    /// What lies over them, in this order.
    pub labels: Vec<LabelDraw>,
    /// Where to count.
    pub stats: Arc<PaintStats>,
}

/// One instance of the draw, as `Instance` in shaders/wall.wgsl reads it.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Instance {
    rect: [f32; 4],
    origin: [f32; 4],
    steps: [f32; 4],
    first: [f32; 4],
    second: [f32; 4],
    layer: u32,
}

const ATTRIBUTES: [wgpu::VertexAttribute; 6] = wgpu::vertex_attr_array![
    0 => Float32x4, 1 => Float32x4, 2 => Float32x4, 3 => Float32x4, 4 => Float32x4, 5 => Uint32
];

/// How the pixels of a tile come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    /// From planes, filtered and converted.
    Planes,
    /// One pixel of the texture a pixel of the screen.
    Copied,
    /// Pixels that were made for another size, filtered.
    Stretched,
    /// Pixels, dim or grey.
    Toned,
}

/// Tiles of one array.
struct Draw {
    style: Style,
    bind_group: wgpu::BindGroup,
    instances: Range<u32>,
}

/// What a view draws when it is painted.
struct View {
    instances: wgpu::Buffer,
    capacity: usize,
    draws: Vec<Draw>,
    labels: LabelView,
    feeds: Vec<FeedKey>,
    last_paint: u64,
}

/// Everything on the GPU, kept in egui's callback resources.
struct Wall {
    pipelines: BTreeMap<Style, wgpu::RenderPipeline>,
    labels: Labels,
    textures: Textures,
    timing: Option<Timing>,
    views: BTreeMap<u64, View>,
    paints: u64,
}

/// Makes the pipeline and puts it where [`WallPaint`] finds it. Call once, when the window exists.
pub fn install(render_state: &RenderState) {
    let RenderState { device, queue, .. } = render_state;
    let wall = Wall::new(device, queue, render_state.target_format);
    render_state
        .renderer
        .write()
        .callback_resources
        .insert(wall);
}

/// The longest side a texture of this device may have, in pixels: reduce larger frames to this
/// (they are reduced at upload otherwise, in the thread that paints).
pub fn most_side_px(render_state: &RenderState) -> u32 {
    render_state.device.limits().max_texture_dimension_2d
}

impl Wall {
    fn new(device: &wgpu::Device, queue: &wgpu::Queue, target: wgpu::TextureFormat) -> Self {
        let module = |label, source: &'static str| {
            device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(label),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            })
        };
        let planes = module("wall", include_str!("../../shaders/wall.wgsl"));
        let pixels = module("pixels", include_str!("../../shaders/pixels.wgsl"));
        let layouts = Layouts {
            planes: bind_layout(device, wgpu::TextureViewDimension::D2Array, 2),
            pixels: bind_layout(device, wgpu::TextureViewDimension::D2, 1),
        };
        let pipeline = |style: Style| {
            let (module, layout, vertex, fragment) = match style {
                Style::Planes => (&planes, &layouts.planes, "vs_tile", "fs"),
                Style::Copied | Style::Stretched => {
                    (&pixels, &layouts.pixels, "vs_bare", "fs_bare")
                }
                Style::Toned => (&pixels, &layouts.pixels, "vs_toned", "fs_toned"),
            };
            new_pipeline(device, target, (module, layout), (vertex, fragment))
        };
        let styles = [Style::Planes, Style::Copied, Style::Stretched, Style::Toned];
        let pipelines = styles.map(|style| (style, pipeline(style))).into();
        Self {
            pipelines,
            labels: Labels::new(device, target),
            textures: Textures::new(device, layouts),
            timing: Timing::new(device, queue),
            views: BTreeMap::new(),
            paints: 0,
        }
    }

    fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen_px: [u32; 2],
        paint: &WallPaint,
    ) {
        self.paints += 1;
        let uploads = self.upload(device, queue, &paint.tiles);
        let (tiles, draws) = self.record_draws(device, queue, screen_px, paint);
        if self.paints.is_multiple_of(PAINTS_BETWEEN_SWEEPS) {
            self.sweep(device, queue);
        }
        let (layers, layers_used, arrays, mut texture_bytes) = self.textures.totals();
        texture_bytes += self.labels.bytes();
        let resizes = std::mem::take(&mut self.textures.resizes);
        paint.stats.record(
            |figures| {
                figures.paints += 1;
                figures.uploads += uploads.log.len() as u64;
                figures.upload_bytes += uploads.bytes;
                figures.upload_time += uploads.time;
                figures.refused += uploads.refused;
                figures.shrunk += uploads.shrunk;
                figures.tiles += tiles;
                figures.draws += draws;
                figures.resizes += resizes;
                figures.layers = layers;
                figures.layers_used = layers_used;
                figures.arrays = arrays;
                figures.texture_bytes = texture_bytes;
            },
            &uploads.log,
        );
    }

    /// Brings the new pictures of `tiles` to their layers.
    fn upload(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        tiles: &[TileDraw],
    ) -> Uploads {
        let start = clock::now();
        let mut done = Uploads::default();
        let mut pictures = Vec::with_capacity(tiles.len());
        for tile in tiles {
            let Some(picture) = &tile.picture else {
                continue;
            };
            if !picture.is_sound() {
                done.refused += 1;
                continue;
            }
            let Some(fitting) = self.textures.fitting(picture) else {
                done.refused += 1;
                continue;
            };
            done.shrunk += u64::from(fitting.width != picture.width);
            pictures.push((tile.feed, fitting));
        }
        let wanted: Vec<_> = pictures
            .iter()
            .map(|(feed, picture)| (*feed, Shape::of(picture)))
            .collect();
        self.textures.make_room(device, queue, &wanted, self.paints);
        for (feed, picture) in &pictures {
            if let Upload::Written(bytes) = self.textures.upload(queue, *feed, picture) {
                done.bytes += bytes;
                done.log.push(Uploaded {
                    paint: self.paints,
                    feed: *feed,
                    serial: picture.serial,
                    arrival: picture.arrival,
                    capture: picture.capture,
                });
            }
        }
        done.time = clock::now().saturating_duration_since(start);
        done
    }

    /// Writes the instances of a view and notes its draws; returns how many tiles and draws.
    fn record_draws(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen_px: [u32; 2],
        paint: &WallPaint,
    ) -> (u64, u64) {
        let mut by_array: BTreeMap<(ArrayId, Style), Vec<Instance>> = BTreeMap::new();
        for tile in &paint.tiles {
            self.textures.touch(tile.feed, self.paints);
            if let Some(slot) = self.textures.slot(tile.feed)
                && slot.serial.is_some()
                && let Some(shape) = self.textures.shape(slot.array)
            {
                let key = (slot.array, style(tile, shape));
                let instances = by_array.entry(key).or_default();
                instances.push(instance(tile, slot, shape, screen_px));
            }
        }
        let mut instances = Vec::with_capacity(paint.tiles.len());
        let mut draws = Vec::with_capacity(by_array.len());
        for ((array, style), tiles) in by_array {
            if let Some(bind_group) = self.textures.bind_group(array, style != Style::Copied) {
                let first = instances.len() as u32;
                instances.extend(tiles);
                draws.push(Draw {
                    style,
                    bind_group: bind_group.clone(),
                    instances: first..instances.len() as u32,
                });
            }
        }
        let counts = (instances.len() as u64, draws.len() as u64);
        let view = self
            .views
            .entry(paint.view)
            .and_modify(|view| {
                if view.capacity < instances.len() {
                    view.capacity = instances.len().next_power_of_two();
                    view.instances = instance_buffer(device, view.capacity);
                }
            })
            .or_insert_with(|| {
                let capacity = instances.len().next_power_of_two().max(16);
                View {
                    instances: instance_buffer(device, capacity),
                    capacity,
                    draws: Vec::new(),
                    labels: Labels::new_view(device),
                    feeds: Vec::new(),
                    last_paint: 0,
                }
            });
        if !instances.is_empty() {
            queue.write_buffer(&view.instances, 0, bytemuck::cast_slice(&instances));
        }
        view.draws = draws;
        let gpu = (device, queue);
        self.labels
            .prepare(gpu, screen_px, &paint.labels, self.paints, &mut view.labels);
        view.last_paint = self.paints;
        view.feeds.clear();
        view.feeds.extend(paint.tiles.iter().map(|tile| tile.feed));
        counts
    }

    /// Forgets closed windows, and frees what no window showed for a while.
    fn sweep(&mut self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let paints = self.paints;
        self.views
            .retain(|_, view| paints - view.last_paint < PAINTS_VIEW_KEPT);
        let views = &self.views;
        self.textures.sweep(device, queue, |feed, slot| {
            paints - slot.last_drawn < PAINTS_KEPT
                || views.values().any(|view| view.feeds.contains(&feed))
        });
    }
}

/// A sampler and then `textures` textures.
fn bind_layout(
    device: &wgpu::Device,
    view_dimension: wgpu::TextureViewDimension,
    textures: u32,
) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
    let texture = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: true },
        view_dimension,
        multisampled: false,
    };
    let mut entries = vec![entry(0, sampler)];
    entries.extend((1..=textures).map(|binding| entry(binding, texture)));
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("pictures"),
        entries: &entries,
    })
}

/// A pipeline of one instance a tile; `fragment` without the ending for the target's encoding.
fn new_pipeline(
    device: &wgpu::Device,
    target: wgpu::TextureFormat,
    (module, layout): (&wgpu::ShaderModule, &wgpu::BindGroupLayout),
    (vertex, fragment): (&str, &str),
) -> wgpu::RenderPipeline {
    let encoding = if target.is_srgb() { "srgb" } else { "gamma" };
    let fragment = format!("{fragment}_{encoding}");
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("wall"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("wall"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some(vertex),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Instance>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes: &ATTRIBUTES,
            })],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..Default::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(&fragment),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: target,
                blend: None,
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// What one paint uploaded.
#[derive(Default)]
struct Uploads {
    log: Vec<Uploaded>,
    bytes: u64,
    time: std::time::Duration,
    refused: u64,
    shrunk: u64,
}

fn instance_buffer(device: &wgpu::Device, capacity: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("tiles"),
        size: (capacity * size_of::<Instance>()) as u64,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// The numbers by which the shader draws `tile`.
fn instance(tile: &TileDraw, slot: &Slot, shape: Shape, screen_px: [u32; 2]) -> Instance {
    let [left, top, width, height] = tile.rect_px;
    let [screen_width, screen_height] = screen_px.map(|side| side.max(1) as f32);
    let across = |x: f32| 2.0 * x / screen_width - 1.0;
    let down = |y: f32| 1.0 - 2.0 * y / screen_height;
    let [u, v, du, dv] = tile.uv;
    let place = |x: f32, y: f32| {
        let [x, y] = stored_place([x, y], slot.rotation);
        [x * slot.covered[0], y * slot.covered[1]]
    };
    let origin = place(u, v);
    let right = place(u + du, v);
    let bottom = place(u, v + dv);
    let chroma = |side: u32| side as f32 / (2 * side.div_ceil(2)) as f32;
    let size = shape.size;
    let conversion = slot.conversion.toned(tile.dim, tile.grey);
    let [red, green, blue] = conversion.offset;
    let (first, second) = match shape.kind {
        Kind::Planes => (
            [
                conversion.luma,
                conversion.red_v,
                conversion.green_u,
                conversion.green_v,
            ],
            [conversion.blue_u, red, green, blue],
        ),
        Kind::Pixels => ([tile.dim, tile.grey, 0.0, 0.0], [0.0; 4]),
    };
    Instance {
        rect: [
            across(left),
            down(top),
            across(left + width),
            down(top + height),
        ],
        origin: [origin[0], origin[1], chroma(size.0), chroma(size.1)],
        steps: [
            right[0] - origin[0],
            right[1] - origin[1],
            bottom[0] - origin[0],
            bottom[1] - origin[1],
        ],
        first,
        second,
        layer: slot.layer,
    }
}

/// Pixels are copied where the tile is as large as they were made for, give or take one.
fn style(tile: &TileDraw, shape: Shape) -> Style {
    let (width, height) = shape.size;
    let fits = |tile: f32, share: f32, whole: u32| (tile - share * whole as f32).abs() <= 1.0;
    match shape.kind {
        Kind::Planes => Style::Planes,
        Kind::Pixels if tile.dim < 1.0 || tile.grey > 0.0 => Style::Toned,
        Kind::Pixels
            if fits(tile.rect_px[2], tile.uv[2], width)
                && fits(tile.rect_px[3], tile.uv[3], height) =>
        {
            Style::Copied
        }
        Kind::Pixels => Style::Stretched,
    }
}

/// Where a place of the upright picture (0..1) lies in the picture as it is stored.
fn stored_place([x, y]: [f32; 2], rotation: Rotation) -> [f32; 2] {
    match rotation {
        Rotation::None => [x, y],
        Rotation::Quarter => [y, 1.0 - x],
        Rotation::Half => [1.0 - x, 1.0 - y],
        Rotation::ThreeQuarters => [1.0 - y, x],
    }
}

impl CallbackTrait for WallPaint {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen_descriptor: &ScreenDescriptor,
        egui_encoder: &mut wgpu::CommandEncoder,
        callback_resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(wall) = callback_resources.get_mut::<Wall>() {
            wall.prepare(device, queue, screen_descriptor.size_in_pixels, self);
            if self.stats.keeps_log() {
                if let Some(took) = wall.timing.as_mut().and_then(|t| t.step(egui_encoder)) {
                    self.stats.record(
                        |figures| {
                            figures.gpu_timed += 1;
                            figures.gpu_time += took;
                        },
                        &[],
                    );
                }
                let (paint, stats) = (wall.paints, Arc::downgrade(&self.stats));
                self.stats.paint_submitted(paint);
                egui_encoder.on_submitted_work_done(move || {
                    if let Some(stats) = stats.upgrade() {
                        stats.paint_done(paint, clock::now());
                    }
                });
            }
        } else {
            tracing::error!("the wall was painted before gpu::install");
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        callback_resources: &CallbackResources,
    ) {
        let Some(wall) = callback_resources.get::<Wall>() else {
            return;
        };
        let Some(view) = wall.views.get(&self.view) else {
            return;
        };
        let [width, height] = info.screen_size_px;
        render_pass.set_viewport(0.0, 0.0, width as f32, height as f32, 0.0, 1.0);
        let mark = |pass: &mut wgpu::RenderPass<'static>, index| {
            if let Some(timing) = &wall.timing {
                timing.mark(pass, index);
            }
        };
        mark(render_pass, 0);
        render_pass.set_vertex_buffer(0, view.instances.slice(..));
        for draw in &view.draws {
            let Some(pipeline) = wall.pipelines.get(&draw.style) else {
                continue;
            };
            render_pass.set_pipeline(pipeline);
            render_pass.set_bind_group(0, &draw.bind_group, &[]);
            render_pass.draw(0..4, draw.instances.clone());
        }
        wall.labels.paint(render_pass, &view.labels);
        mark(render_pass, 1);
    }
}

impl WallPaint {
    /// As a shape for egui's painter; `rect` in points clips the tiles.
    pub fn into_shape(self, rect: egui::Rect) -> egui::Shape {
        egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turning a picture clockwise by its rotation brings its stored corner where it belongs.
    #[test]
    fn corners_turn_clockwise() {
        // The upright picture's left top corner was stored at the …
        let left_top = [0.0, 0.0];
        assert_eq!(stored_place(left_top, Rotation::None), [0.0, 0.0]);
        assert_eq!(
            stored_place(left_top, Rotation::Quarter),
            [0.0, 1.0],
            "left bottom"
        );
        assert_eq!(
            stored_place(left_top, Rotation::Half),
            [1.0, 1.0],
            "right bottom"
        );
        assert_eq!(
            stored_place(left_top, Rotation::ThreeQuarters),
            [1.0, 0.0],
            "right top"
        );
    }

    #[test]
    fn an_instance_has_no_padding() {
        assert_eq!(size_of::<Instance>(), 84);
        let last = ATTRIBUTES[5];
        assert_eq!(last.offset, 80);
    }
}
