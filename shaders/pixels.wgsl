// Tiles whose pixels the processor made: a texture each, one instance a tile.
//
// Mesa's software rasteriser copies rows of pixels, several times faster than it runs a shader for
// each, when a shader does nothing but return a sample of a plain 2D texture at an input it does
// not compute with, and has no flat input: so `fs_bare_gamma` must stay as bare as it is, see
// docs/design/002-wall-renderer.md.
//
// `Instance` mirrors `Instance` in src/gpu/wall.rs, as far as it is needed here.

struct Instance {
    // Left, top, right, bottom in clip space.
    @location(0) rect: vec4<f32>,
    // Place in the texture (0..1) of the tile's left top corner.
    @location(1) origin: vec4<f32>,
    // How that place moves from left to right (x, y) and from top to bottom (z, w).
    @location(2) steps: vec4<f32>,
    // Dim and grey.
    @location(3) tone: vec4<f32>,
}

struct Bare {
    @builtin(position) position: vec4<f32>,
    @location(0) place: vec4<f32>,
}

struct Toned {
    @builtin(position) position: vec4<f32>,
    @location(0) place: vec4<f32>,
    @location(1) @interpolate(flat, either) tone: vec4<f32>,
}

@group(0) @binding(0) var pixel_sampler: sampler;
@group(0) @binding(1) var pixels: texture_2d<f32>;

fn position_of(instance: Instance, index: u32) -> vec4<f32> {
    // A strip: left top, right top, left bottom, right bottom.
    return vec4<f32>(
        mix(instance.rect.x, instance.rect.z, f32(index & 1u)),
        mix(instance.rect.y, instance.rect.w, f32(index >> 1u)),
        0.0,
        1.0,
    );
}

fn place_of(instance: Instance, index: u32) -> vec4<f32> {
    let across = f32(index & 1u) * instance.steps.xy;
    let down = f32(index >> 1u) * instance.steps.zw;
    return vec4<f32>(instance.origin.xy + across + down, 0.0, 0.0);
}

@vertex
fn vs_bare(instance: Instance, @builtin(vertex_index) index: u32) -> Bare {
    return Bare(position_of(instance, index), place_of(instance, index));
}

@vertex
fn vs_toned(instance: Instance, @builtin(vertex_index) index: u32) -> Toned {
    return Toned(position_of(instance, index), place_of(instance, index), instance.tone);
}

@fragment
fn fs_bare_gamma(in: Bare) -> @location(0) vec4<f32> {
    return textureSample(pixels, pixel_sampler, vec2<f32>(in.place.x, in.place.y));
}

fn toned(in: Toned) -> vec3<f32> {
    let code = textureSample(pixels, pixel_sampler, in.place.xy).rgb;
    let grey = vec3<f32>(dot(code, vec3<f32>(0.2126, 0.7152, 0.0722)));
    return mix(code, grey, in.tone.y) * in.tone.x;
}

@fragment
fn fs_toned_gamma(in: Toned) -> @location(0) vec4<f32> {
    return vec4<f32>(toned(in), 1.0);
}

// For targets whose format encodes sRGB on write: what comes out must be the same codes.
fn linear(code: vec3<f32>) -> vec4<f32> {
    let low = code / 12.92;
    let high = pow((code + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, code <= vec3<f32>(0.04045)), 1.0);
}

@fragment
fn fs_bare_srgb(in: Bare) -> @location(0) vec4<f32> {
    return linear(textureSample(pixels, pixel_sampler, in.place.xy).rgb);
}

@fragment
fn fs_toned_srgb(in: Toned) -> @location(0) vec4<f32> {
    return linear(toned(in));
}
