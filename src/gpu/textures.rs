//! Where pictures lie on the GPU: arrays of textures, one layer a feed.
//!
//! Pictures of one size share an array, so that one draw shows them all. An array grows by a few
//! layers at a time and is packed and made smaller when feeds went; large pictures have an array of
//! one layer each, since growing would copy them. A feed has one layer however many tiles and
//! windows show it.
//!
//! A picture lies there as its planes, which the shader converts, or as the pixels of the screen
//! where the decode workers made these.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::frame::Rotation;
use crate::pixels::{Conversion, Picture, Pool, reduce};

/// A feed's own texture goes by this key, which stays the same as long as the feed lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey(pub u64);

/// Pictures wider than this, in pixels, have a texture of their own.
const WIDEST_SHARED_PX: u32 = 1280;

/// Arrays grow by about this many bytes of luma (and at least one layer, at most sixteen).
const GROWTH_BYTES: u32 = 1 << 20;

/// Names an array as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ArrayId(u32);

/// A feed's picture on the GPU.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) array: ArrayId,
    pub(super) layer: u32,
    /// Of the picture that is there; none before the first.
    pub(super) serial: Option<u64>,
    pub(super) conversion: Conversion,
    pub(super) covered: [f32; 2],
    pub(super) rotation: Rotation,
    /// The paint that last drew it.
    pub(super) last_drawn: u64,
}

/// What a layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Luma, and chroma at half the size.
    Planes,
    /// B', G', R' for the pixels of the screen.
    Pixels,
}

/// Pictures of one shape share an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// Width and height in samples of luma, or pixels.
    pub(super) size: (u32, u32),
}

impl Shape {
    /// Of a picture as it will lie there.
    pub(super) fn of(picture: &Picture) -> Self {
        match &picture.exact {
            Some(exact) => Self {
                kind: Kind::Pixels,
                size: (exact.width, exact.height),
            },
            None => Self {
                kind: Kind::Planes,
                size: (picture.width, picture.height),
            },
        }
    }

    /// Bytes of a layer.
    fn bytes(self) -> u64 {
        let (width, height) = self.size;
        let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
        match self.kind {
            Kind::Planes => area(width, height) + 2 * area(width.div_ceil(2), height.div_ceil(2)),
            Kind::Pixels => 4 * area(width, height),
        }
    }
}

struct LayerArray {
    shape: Shape,
    /// Luma and chroma, or pixels.
    textures: Vec<wgpu::Texture>,
    bind_group: wgpu::BindGroup,
    nearest: Option<wgpu::BindGroup>,
    /// Who has each layer.
    owners: Vec<Option<FeedKey>>,
}

impl LayerArray {
    fn capacity(&self) -> u32 {
        self.owners.len() as u32
    }

    fn used(&self) -> u32 {
        self.owners.iter().flatten().count() as u32
    }
}

/// What [`Textures::upload`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upload {
    /// The texture holds this picture already.
    Unchanged,
    /// Its samples, in bytes, were written.
    Written(u64),
}

/// What the shaders for the kinds of pictures bind.
pub(super) struct Layouts {
    pub(super) planes: wgpu::BindGroupLayout,
    pub(super) pixels: wgpu::BindGroupLayout,
}

pub(super) struct Textures {
    layouts: Layouts,
    linear: wgpu::Sampler,
    nearest: wgpu::Sampler,
    most_layers: u32,
    most_side: u32,
    next_id: u32,
    arrays: BTreeMap<ArrayId, LayerArray>,
    slots: BTreeMap<FeedKey, Slot>,
    pool: Pool,
    pub(super) resizes: u64,
}

impl Textures {
    pub(super) fn new(device: &wgpu::Device, layouts: Layouts) -> Self {
        let sampler = |filter| {
            device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("pictures"),
                mag_filter: filter,
                min_filter: filter,
                lod_max_clamp: 0.0,
                ..Default::default()
            })
        };
        let limits = device.limits();
        Self {
            layouts,
            linear: sampler(wgpu::FilterMode::Linear),
            nearest: sampler(wgpu::FilterMode::Nearest),
            most_layers: limits.max_texture_array_layers.max(1),
            most_side: limits.max_texture_dimension_2d,
            next_id: 0,
            arrays: BTreeMap::new(),
            slots: BTreeMap::new(),
            pool: Pool::new(4),
            resizes: 0,
        }
    }

    pub(super) fn slot(&self, feed: FeedKey) -> Option<&Slot> {
        self.slots.get(&feed)
    }

    /// What a draw of the array binds: filtered between the samples, or the nearest one (which
    /// only pixels have).
    pub(super) fn bind_group(&self, array: ArrayId, filtered: bool) -> Option<&wgpu::BindGroup> {
        let array = self.arrays.get(&array)?;
        match &array.nearest {
            Some(nearest) if !filtered => Some(nearest),
            _ => Some(&array.bind_group),
        }
    }

    /// What the pictures of an array are.
    pub(super) fn shape(&self, array: ArrayId) -> Option<Shape> {
        self.arrays.get(&array).map(|array| array.shape)
    }

    /// Marks the feed as drawn by paint `paint`.
    pub(super) fn touch(&mut self, feed: FeedKey, paint: u64) {
        if let Some(slot) = self.slots.get_mut(&feed) {
            slot.last_drawn = paint;
        }
    }

    /// The picture itself, or a smaller one where this GPU has no texture so large.
    pub(super) fn fitting(&self, picture: &Arc<Picture>) -> Option<Arc<Picture>> {
        if Shape::of(picture).kind == Kind::Pixels {
            let (width, height) = Shape::of(picture).size;
            // No window is larger than a texture may be.
            return (width.max(height) <= self.most_side).then(|| Arc::clone(picture));
        }
        let longest = picture.width.max(picture.height);
        let halvings = (0..=reduce::MOST_HALVINGS)
            .find(|halvings| longest.div_ceil(1 << halvings) <= self.most_side)?;
        if halvings == 0 {
            return Some(Arc::clone(picture));
        }
        reduce::reduce_further(picture, halvings, &self.pool)
            .ok()
            .map(Arc::new)
    }

    /// Gives every feed a layer of the size it needs; a feed whose size changed loses its old one.
    pub(super) fn make_room(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        wanted: &[(FeedKey, Shape)],
        paint: u64,
    ) {
        let mut homeless: BTreeMap<Shape, Vec<FeedKey>> = BTreeMap::new();
        for &(feed, shape) in wanted {
            let fits = self
                .slots
                .get(&feed)
                .is_some_and(|slot| self.shape(slot.array) == Some(shape));
            if !fits {
                self.free(feed);
                let feeds = homeless.entry(shape).or_default();
                if !feeds.contains(&feed) {
                    feeds.push(feed);
                }
            }
        }
        for (shape, feeds) in homeless {
            let mut feeds = feeds.as_slice();
            while !feeds.is_empty() {
                let (array, room) = self.array_with_room(device, queue, shape, feeds.len() as u32);
                let (now, later) = feeds.split_at(feeds.len().min(room as usize));
                for feed in now {
                    self.settle(*feed, array, paint);
                }
                feeds = later;
            }
        }
    }

    /// An array for pictures of `shape` with at least one free layer, and how many it has free.
    fn array_with_room(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        shape: Shape,
        wanted: u32,
    ) -> (ArrayId, u32) {
        let most = most_layers(shape, self.most_layers);
        let roomiest = self
            .arrays
            .iter()
            .filter(|(_, array)| array.shape == shape && array.used() < most)
            .max_by_key(|(_, array)| array.capacity() - array.used())
            .map(|(id, array)| (*id, array.used(), array.capacity()));
        if let Some((id, used, capacity)) = roomiest {
            let needed = grown(shape.size, used + wanted, most);
            if needed > capacity {
                self.resize(device, queue, id, needed);
                return (id, needed - used);
            }
            return (id, capacity - used);
        }
        let capacity = grown(shape.size, wanted, most);
        let id = ArrayId(self.next_id);
        self.next_id += 1;
        let array = self.new_array(device, shape, capacity);
        self.arrays.insert(id, array);
        (id, capacity)
    }

    fn settle(&mut self, feed: FeedKey, id: ArrayId, paint: u64) {
        let Some(array) = self.arrays.get_mut(&id) else {
            return;
        };
        let Some(layer) = array.owners.iter().position(Option::is_none) else {
            return;
        };
        array.owners[layer] = Some(feed);
        let slot = Slot {
            array: id,
            layer: layer as u32,
            serial: None,
            conversion: Conversion::of(crate::model::frame::Colour::default()),
            covered: [1.0, 1.0],
            rotation: Rotation::None,
            last_drawn: paint,
        };
        self.slots.insert(feed, slot);
    }

    fn free(&mut self, feed: FeedKey) {
        if let Some(slot) = self.slots.remove(&feed)
            && let Some(array) = self.arrays.get_mut(&slot.array)
        {
            array.owners[slot.layer as usize] = None;
        }
    }

    /// Frees the feeds that `keep` does not want, drops empty arrays and packs those that are
    /// mostly empty.
    pub(super) fn sweep(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        keep: impl Fn(FeedKey, &Slot) -> bool,
    ) {
        let gone: Vec<FeedKey> = self
            .slots
            .iter()
            .filter(|(feed, slot)| !keep(**feed, slot))
            .map(|(feed, _)| *feed)
            .collect();
        for feed in gone {
            self.free(feed);
        }
        self.arrays.retain(|_, array| array.used() > 0);
        let roomy: Vec<(ArrayId, u32)> = self
            .arrays
            .iter()
            .filter_map(|(id, array)| {
                let size = array.shape.size;
                let most = most_layers(array.shape, self.most_layers);
                let enough = grown(size, array.used(), most);
                // A chunk may stay free, so that a feed that comes and goes does not cost a copy.
                let spare = array.capacity() - enough;
                (spare > chunk(size)).then_some((*id, enough))
            })
            .collect();
        for (id, capacity) in roomy {
            self.resize(device, queue, id, capacity);
        }
    }

    /// Moves an array's pictures into one of `capacity` layers, packed; submits the copy at once,
    /// so that writes that follow come after it.
    fn resize(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, id: ArrayId, capacity: u32) {
        let Some(old) = self.arrays.get(&id) else {
            return;
        };
        let mut new = self.new_array(device, old.shape, capacity);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("resize planes"),
        });
        let moves = old
            .owners
            .iter()
            .enumerate()
            .filter_map(|(layer, owner)| owner.map(|feed| (layer as u32, feed)));
        for (to, (from, feed)) in moves.enumerate().take(capacity as usize) {
            for (old, new) in old.textures.iter().zip(&new.textures) {
                copy_layer(&mut encoder, (old, from), (new, to as u32));
            }
            new.owners[to] = Some(feed);
            if let Some(slot) = self.slots.get_mut(&feed) {
                slot.layer = to as u32;
            }
        }
        queue.submit([encoder.finish()]);
        self.arrays.insert(id, new);
        self.resizes += 1;
    }

    fn new_array(&self, device: &wgpu::Device, shape: Shape, capacity: u32) -> LayerArray {
        let texture = |label, (width, height): (u32, u32), format| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d {
                    width,
                    height,
                    depth_or_array_layers: capacity,
                },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::TEXTURE_BINDING
                    | wgpu::TextureUsages::COPY_DST
                    | wgpu::TextureUsages::COPY_SRC,
                view_formats: &[],
            })
        };
        let view = |texture: &wgpu::Texture, dimension| {
            texture.create_view(&wgpu::TextureViewDescriptor {
                dimension: Some(dimension),
                ..Default::default()
            })
        };
        let size = shape.size;
        let (textures, bind_group, nearest) = match shape.kind {
            Kind::Planes => {
                let chroma_size = (size.0.div_ceil(2), size.1.div_ceil(2));
                let luma = texture("luma planes", size, wgpu::TextureFormat::R8Unorm);
                let chroma = texture("chroma planes", chroma_size, wgpu::TextureFormat::Rg8Unorm);
                let views =
                    [&luma, &chroma].map(|plane| view(plane, wgpu::TextureViewDimension::D2Array));
                let group = bind(device, &self.layouts.planes, &self.linear, &views);
                (vec![luma, chroma], group, None)
            }
            Kind::Pixels => {
                let pixels = texture("pixels", size, wgpu::TextureFormat::Bgra8Unorm);
                let views = [view(&pixels, wgpu::TextureViewDimension::D2)];
                let filtered = bind(device, &self.layouts.pixels, &self.linear, &views);
                let nearest = bind(device, &self.layouts.pixels, &self.nearest, &views);
                (vec![pixels], filtered, Some(nearest))
            }
        };
        LayerArray {
            shape,
            textures,
            bind_group,
            nearest,
            owners: vec![None; capacity as usize],
        }
    }

    /// Writes the picture to its feed's layer, unless it is there already.
    pub(super) fn upload(
        &mut self,
        queue: &wgpu::Queue,
        feed: FeedKey,
        picture: &Picture,
    ) -> Upload {
        let Some(slot) = self.slots.get_mut(&feed) else {
            return Upload::Unchanged;
        };
        if slot.serial == Some(picture.serial) {
            return Upload::Unchanged;
        }
        let Some(array) = self.arrays.get(&slot.array) else {
            return Upload::Unchanged;
        };
        let layer = slot.layer;
        match (&picture.exact, array.textures.as_slice()) {
            (Some(exact), [pixels]) => {
                let size = (exact.width, exact.height);
                write_layer(queue, (pixels, layer), &exact.bgra, size, 4);
                slot.covered = [1.0, 1.0];
            }
            (None, [luma, chroma]) => {
                let size = (picture.width, picture.height);
                write_layer(queue, (luma, layer), &picture.y, size, 1);
                write_layer(
                    queue,
                    (chroma, layer),
                    &picture.uv,
                    picture.chroma_size(),
                    2,
                );
                slot.covered = picture.covered();
            }
            // A picture whose shape is not its array's: make_room was not asked.
            _ => return Upload::Unchanged,
        }
        slot.serial = Some(picture.serial);
        slot.conversion = Conversion::of(picture.colour);
        slot.rotation = picture.rotation;
        Upload::Written(picture.num_bytes() as u64)
    }

    /// Layers, used layers, arrays, and bytes of textures.
    pub(super) fn totals(&self) -> (u32, u32, u32, u64) {
        let mut totals = (0, 0, self.arrays.len() as u32, 0);
        for array in self.arrays.values() {
            totals.0 += array.capacity();
            totals.1 += array.used();
            totals.3 += array.shape.bytes() * u64::from(array.capacity());
        }
        totals
    }
}

/// A sampler and then the textures.
fn bind(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    sampler: &wgpu::Sampler,
    views: &[wgpu::TextureView],
) -> wgpu::BindGroup {
    let mut entries = vec![wgpu::BindGroupEntry {
        binding: 0,
        resource: wgpu::BindingResource::Sampler(sampler),
    }];
    entries.extend(
        views
            .iter()
            .zip(1..)
            .map(|(view, binding)| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::TextureView(view),
            }),
    );
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("pictures"),
        layout,
        entries: &entries,
    })
}

/// Layers an array for pictures of `shape` may have.
fn most_layers(shape: Shape, device: u32) -> u32 {
    let alone = shape.kind == Kind::Pixels || shape.size.0 > WIDEST_SHARED_PX;
    if alone { 1 } else { device }
}

/// Layers an array grows by.
fn chunk(size: (u32, u32)) -> u32 {
    (GROWTH_BYTES / (size.0 * size.1).max(1)).clamp(1, 16)
}

/// Layers to have for `wanted` pictures: whole chunks, `most` at most.
fn grown(size: (u32, u32), wanted: u32, most: u32) -> u32 {
    wanted
        .max(1)
        .checked_next_multiple_of(chunk(size))
        .unwrap_or(most)
        .min(most)
}

fn copy_layer(
    encoder: &mut wgpu::CommandEncoder,
    (from, from_layer): (&wgpu::Texture, u32),
    (to, to_layer): (&wgpu::Texture, u32),
) {
    encoder.copy_texture_to_texture(
        layer_of(from, from_layer),
        layer_of(to, to_layer),
        wgpu::Extent3d {
            width: from.width(),
            height: from.height(),
            depth_or_array_layers: 1,
        },
    );
}

fn write_layer(
    queue: &wgpu::Queue,
    (to, layer): (&wgpu::Texture, u32),
    bytes: &[u8],
    (width, height): (u32, u32),
    sample_bytes: u32,
) {
    queue.write_texture(
        layer_of(to, layer),
        bytes,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(width * sample_bytes),
            rows_per_image: None,
        },
        wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
    );
}

fn layer_of(texture: &wgpu::Texture, layer: u32) -> wgpu::TexelCopyTextureInfo<'_> {
    wgpu::TexelCopyTextureInfo {
        texture,
        mip_level: 0,
        origin: wgpu::Origin3d {
            x: 0,
            y: 0,
            z: layer,
        },
        aspect: wgpu::TextureAspect::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_grow_in_small_chunks_up_to_the_limit() {
        let tile = (320, 180);
        assert_eq!(chunk(tile), 16);
        assert_eq!(grown(tile, 1, 256), 16);
        assert_eq!(grown(tile, 17, 256), 32);
        assert_eq!(grown(tile, 45, 256), 48);
        assert_eq!(grown(tile, 300, 256), 256);
        assert_eq!(chunk((640, 360)), 4);
        assert_eq!(chunk((1280, 720)), 1);
        assert_eq!(grown((u32::MAX, 1), u32::MAX, 7), 7);
    }

    #[test]
    fn large_pictures_have_a_texture_of_their_own() {
        let shape = |kind, width| Shape {
            kind,
            size: (width, 720),
        };
        assert_eq!(most_layers(shape(Kind::Planes, 1280), 256), 256);
        assert_eq!(most_layers(shape(Kind::Planes, 1281), 256), 1);
        assert_eq!(most_layers(shape(Kind::Pixels, 100), 256), 1);
    }
}
