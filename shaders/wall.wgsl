// All tiles of a window whose pictures have one size: one instance a tile, a strip of four vertices.
//
// The planes have one level and are filtered bilinearly. `textureSample` under a sampler clamped to
// level 0 costs a quarter less on lavapipe than an explicit level does, see
// docs/design/002-wall-renderer.md.
//
// Chroma samples are taken to lie in the middle of their four luma samples. Where a stream sites
// them at the left (the default of H.264), colour lies half a pixel of the source too far right.
//
// `Instance` mirrors `Instance` in src/gpu/wall.rs.

struct Instance {
    // Left, top, right, bottom in clip space.
    @location(0) rect: vec4<f32>,
    // Place in the luma plane (0..1) of the tile's left top corner; how chroma's places scale.
    @location(1) origin: vec4<f32>,
    // How that place moves from left to right (x, y) and from top to bottom (z, w).
    @location(2) steps: vec4<f32>,
    // Luma; V in red; U and V in green.
    @location(3) first: vec4<f32>,
    // U in blue; offsets of red, green, blue.
    @location(4) second: vec4<f32>,
    @location(5) layer: u32,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    // Place in the luma plane and in the chroma plane.
    @location(0) place: vec4<f32>,
    @location(1) @interpolate(flat, either) first: vec4<f32>,
    @location(2) @interpolate(flat, either) second: vec4<f32>,
    @location(3) @interpolate(flat, either) layer: u32,
}

@group(0) @binding(0) var plane_sampler: sampler;
@group(0) @binding(1) var luma_planes: texture_2d_array<f32>;
@group(0) @binding(2) var chroma_planes: texture_2d_array<f32>;

@vertex
fn vs_tile(instance: Instance, @builtin(vertex_index) index: u32) -> Varying {
    // A strip: left top, right top, left bottom, right bottom.
    let across = f32(index & 1u);
    let down = f32(index >> 1u);
    let place = instance.origin.xy + across * instance.steps.xy + down * instance.steps.zw;
    var out: Varying;
    out.position = vec4<f32>(
        mix(instance.rect.x, instance.rect.z, across),
        mix(instance.rect.y, instance.rect.w, down),
        0.0,
        1.0,
    );
    out.place = vec4<f32>(place, place * instance.origin.zw);
    out.first = instance.first;
    out.second = instance.second;
    out.layer = instance.layer;
    return out;
}

// R'G'B', the codes egui's own shader writes too.
fn gamma_rgb(in: Varying) -> vec3<f32> {
    let y = textureSample(luma_planes, plane_sampler, in.place.xy, in.layer).r;
    let uv = textureSample(chroma_planes, plane_sampler, in.place.zw, in.layer).rg;
    return in.first.x * y + in.second.yzw
        + vec3<f32>(in.first.y * uv.y, in.first.z * uv.x + in.first.w * uv.y, in.second.x * uv.x);
}

@fragment
fn fs_gamma(in: Varying) -> @location(0) vec4<f32> {
    return vec4<f32>(gamma_rgb(in), 1.0);
}

// For targets whose format encodes sRGB on write: what comes out must be the same codes.
fn linear(rgb: vec3<f32>) -> vec4<f32> {
    let code = clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0));
    let low = code / 12.92;
    let high = pow((code + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, code <= vec3<f32>(0.04045)), 1.0);
}

@fragment
fn fs_srgb(in: Varying) -> @location(0) vec4<f32> {
    return linear(gamma_rgb(in));
}
