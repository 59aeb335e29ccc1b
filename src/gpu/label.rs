//! Small images over the tiles: names and states, from one texture.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A label that no view drew for so many paints makes room.
const PAINTS_KEPT: u64 = 64;
/// Width of the texture, and its height at first, in pixels.
const SIDE: u32 = 1024;
/// Places are this wide or a multiple of it, so that one that is left fits the next.
const STEP_PX: u32 = 32;

/// An image to lie over a tile; never changes.
#[derive(Debug)]
pub struct LabelImage {
    id: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    rgba: Vec<u8>,
}

impl LabelImage {
    /// Of `width × height` pixels R', G', B', A, premultiplied as egui's are; bytes that are missing
    /// are nothing at all, those beyond are cut.
    pub fn new(width: u32, height: u32, mut rgba: Vec<u8>) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        rgba.resize(4 * width as usize * height as usize, 0);
        Self {
            id: NEXT_ID.fetch_add(1, Relaxed),
            width,
            height,
            rgba,
        }
    }

    /// Its pixels: R', G', B', A, premultiplied.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }
}

/// Where a label lies.
#[derive(Clone, Debug)]
pub struct LabelDraw {
    /// What it looks like.
    pub image: Arc<LabelImage>,
    /// Its left top corner in the window's physical pixels.
    pub at_px: [i32; 2],
}

/// One instance of the draw, as `Label` in shaders/label.wgsl reads it.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Instance {
    /// In clip space.
    rect: [f32; 4],
    /// In pixels of the atlas: left, top, right, bottom.
    texels: [f32; 4],
}

const ATTRIBUTES: [wgpu::VertexAttribute; 2] =
    wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4];

/// What a view draws.
pub(super) struct LabelView {
    instances: wgpu::Buffer,
    capacity: usize,
    bind_group: Option<wgpu::BindGroup>,
    range: Range<u32>,
}

/// Pipeline and atlas.
pub(super) struct Labels {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    most_side: u32,
    atlas: Option<Atlas>,
}

struct Atlas {
    texture: wgpu::Texture,
    bind_group: wgpu::BindGroup,
    size: (u32, u32),
    shelf: Shelf,
    places: HashMap<u64, Place>,
    free: BTreeMap<(u32, u32), Vec<(u32, u32)>>,
}

/// The row that is being filled.
#[derive(Clone, Copy, Default)]
struct Shelf {
    x: u32,
    y: u32,
    height: u32,
}

#[derive(Clone, Copy)]
struct Place {
    at: (u32, u32),
    room: (u32, u32),
    last_paint: u64,
}

impl Atlas {
    fn room_of(image: &LabelImage) -> (u32, u32) {
        (image.width.next_multiple_of(STEP_PX), image.height)
    }

    /// A place for an image; none when it is full.
    fn find(&mut self, room: (u32, u32)) -> Option<(u32, u32)> {
        if let Some(at) = self.free.get_mut(&room).and_then(Vec::pop) {
            return Some(at);
        }
        let mut shelf = self.shelf;
        if shelf.x + room.0 > self.size.0 {
            shelf = Shelf {
                x: 0,
                y: shelf.y + shelf.height,
                height: 0,
            };
        }
        let height = shelf.height.max(room.1);
        if room.0 > self.size.0 || shelf.y + height > self.size.1 {
            return None;
        }
        let at = (shelf.x, shelf.y);
        self.shelf = Shelf {
            x: shelf.x + room.0,
            y: shelf.y,
            height,
        };
        Some(at)
    }

    /// Whether half of it is in use.
    fn is_crowded(&self) -> bool {
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        let used: u64 = self.places.values().map(|place| area(place.room)).sum();
        2 * used > area(self.size)
    }

    fn make_room(&mut self, paint: u64) {
        let free = &mut self.free;
        self.places.retain(|_, place| {
            let keep = paint.saturating_sub(place.last_paint) < PAINTS_KEPT;
            if !keep {
                free.entry(place.room).or_default().push(place.at);
            }
            keep
        });
    }
}

impl Labels {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("label"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/label.wgsl").into()),
        });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("labels"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::FRAGMENT,
                ty: wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: false },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
                count: None,
            }],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("labels"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let fragment = if target.is_srgb() {
            "fs_srgb"
        } else {
            "fs_gamma"
        };
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("labels"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vs_label"),
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
                module: &module,
                entry_point: Some(fragment),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(wgpu::ColorTargetState {
                    format: target,
                    blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self {
            pipeline,
            layout,
            most_side: device.limits().max_texture_dimension_2d,
            atlas: None,
        }
    }

    pub(super) fn new_view(device: &wgpu::Device) -> LabelView {
        LabelView {
            instances: instance_buffer(device, 16),
            capacity: 16,
            bind_group: None,
            range: 0..0,
        }
    }

    /// Memory of the atlas, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.atlas.as_ref().map_or(0, |atlas| {
            4 * u64::from(atlas.size.0) * u64::from(atlas.size.1)
        })
    }

    /// Brings the labels to the atlas and notes what `view` draws.
    pub(super) fn prepare(
        &mut self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        screen_px: [u32; 2],
        labels: &[LabelDraw],
        paint: u64,
        view: &mut LabelView,
    ) {
        view.range = 0..0;
        if labels.is_empty() {
            return;
        }
        let mut height = self.atlas.as_ref().map_or(SIDE, |atlas| atlas.size.1);
        let mut packed_anew = false;
        // A new atlas, never the old one emptied: what other views have prepared stays as it is.
        while !self.place_all(device, queue, labels, paint, height) {
            // Labels of ever other widths leave gaps that none fits: what is in use is packed anew
            // once into as large an atlas. It becomes larger only when that much is in use.
            let crowded = self.atlas.take().is_none_or(|atlas| atlas.is_crowded());
            if !std::mem::replace(&mut packed_anew, true) && !crowded {
                continue;
            }
            if height >= self.most_side {
                tracing::error!("more labels than a texture of this GPU holds");
                return;
            }
            height = (2 * height).min(self.most_side);
        }
        let Some(atlas) = &self.atlas else { return };
        let instances: Vec<Instance> = labels
            .iter()
            .filter_map(|label| {
                Some(instance(
                    label,
                    atlas.places.get(&label.image.id)?,
                    screen_px,
                ))
            })
            .collect();
        if view.capacity < instances.len() {
            view.capacity = instances.len().next_power_of_two();
            view.instances = instance_buffer(device, view.capacity);
        }
        queue.write_buffer(&view.instances, 0, bytemuck::cast_slice(&instances));
        view.bind_group = Some(atlas.bind_group.clone());
        view.range = 0..instances.len() as u32;
    }

    /// False when they do not fit.
    fn place_all(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        labels: &[LabelDraw],
        paint: u64,
        height: u32,
    ) -> bool {
        let width = SIDE.min(self.most_side);
        let layout = &self.layout;
        let atlas = self
            .atlas
            .get_or_insert_with(|| new_atlas(device, layout, (width, height)));
        if paint.is_multiple_of(PAINTS_KEPT) {
            atlas.make_room(paint);
        }
        for LabelDraw { image, .. } in labels {
            if let Some(place) = atlas.places.get_mut(&image.id) {
                place.last_paint = paint;
                continue;
            }
            let room = Atlas::room_of(image);
            if room.0 > width || room.1 > self.most_side {
                continue; // wider than any text is: left out
            }
            let at = atlas.find(room).or_else(|| {
                atlas.make_room(paint);
                atlas.find(room)
            });
            let Some(at) = at else { return false };
            write(queue, &atlas.texture, at, image);
            let place = Place {
                at,
                room,
                last_paint: paint,
            };
            atlas.places.insert(image.id, place);
        }
        true
    }

    pub(super) fn paint(&self, render_pass: &mut wgpu::RenderPass<'static>, view: &LabelView) {
        let Some(bind_group) = view.bind_group.as_ref().filter(|_| !view.range.is_empty()) else {
            return;
        };
        render_pass.set_pipeline(&self.pipeline);
        render_pass.set_bind_group(0, bind_group, &[]);
        render_pass.set_vertex_buffer(0, view.instances.slice(..));
        render_pass.draw(0..4, view.range.clone());
    }
}

fn new_atlas(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, size: (u32, u32)) -> Atlas {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("labels"),
        size: wgpu::Extent3d {
            width: size.0,
            height: size.1,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("labels"),
        layout,
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::TextureView(&view),
        }],
    });
    Atlas {
        texture,
        bind_group,
        size,
        shelf: Shelf::default(),
        places: HashMap::new(),
        free: BTreeMap::new(),
    }
}

fn instance_buffer(device: &wgpu::Device, capacity: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("labels"),
        size: (capacity * size_of::<Instance>()) as u64,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn write(queue: &wgpu::Queue, to: &wgpu::Texture, (x, y): (u32, u32), image: &LabelImage) {
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture: to,
            mip_level: 0,
            origin: wgpu::Origin3d { x, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        },
        &image.rgba,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(4 * image.width),
            rows_per_image: None,
        },
        wgpu::Extent3d {
            width: image.width,
            height: image.height,
            depth_or_array_layers: 1,
        },
    );
}

fn instance(label: &LabelDraw, place: &Place, [width, height]: [u32; 2]) -> Instance {
    let [left, top] = label.at_px.map(|side| side as f32);
    let (right, bottom) = (
        left + label.image.width as f32,
        top + label.image.height as f32,
    );
    let across = |x: f32| 2.0 * x / width.max(1) as f32 - 1.0;
    let down = |y: f32| 1.0 - 2.0 * y / height.max(1) as f32;
    let (u, v) = (place.at.0 as f32, place.at.1 as f32);
    Instance {
        rect: [across(left), down(top), across(right), down(bottom)],
        texels: [
            u,
            v,
            u + label.image.width as f32,
            v + label.image.height as f32,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_no_padding() {
        assert_eq!(size_of::<Instance>(), 32);
    }

    #[test]
    fn an_image_has_as_many_bytes_as_it_says() {
        assert_eq!(LabelImage::new(3, 2, vec![1]).rgba.len(), 24);
        assert_eq!(LabelImage::new(1, 1, vec![1; 9]).rgba.len(), 4);
        let (a, b) = (
            LabelImage::new(1, 1, Vec::new()),
            LabelImage::new(1, 1, Vec::new()),
        );
        assert_ne!(a.id, b.id);
    }
}
