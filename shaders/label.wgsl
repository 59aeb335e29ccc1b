// Names and states over the tiles: small images of one texture, pixel by pixel.
//
// Alpha is premultiplied in the codes, as egui's is.
//
// `Label` mirrors `Instance` in src/gpu/label.rs.

struct Label {
    // Left, top, right, bottom in clip space.
    @location(0) rect: vec4<f32>,
    // The same in pixels of the atlas.
    @location(1) texels: vec4<f32>,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@group(0) @binding(0) var atlas: texture_2d<f32>;

@vertex
fn vs_label(label: Label, @builtin(vertex_index) index: u32) -> Varying {
    // A strip: left top, right top, left bottom, right bottom.
    let across = f32(index & 1u);
    let down = f32(index >> 1u);
    var out: Varying;
    out.position = vec4<f32>(
        mix(label.rect.x, label.rect.z, across),
        mix(label.rect.y, label.rect.w, down),
        0.0,
        1.0,
    );
    out.texel = vec2<f32>(
        mix(label.texels.x, label.texels.z, across),
        mix(label.texels.y, label.texels.w, down),
    );
    return out;
}

@fragment
fn fs_gamma(in: Varying) -> @location(0) vec4<f32> {
    return textureLoad(atlas, vec2<i32>(in.texel), 0);
}

// For targets whose format encodes sRGB on write.
@fragment
fn fs_srgb(in: Varying) -> @location(0) vec4<f32> {
    let code = textureLoad(atlas, vec2<i32>(in.texel), 0);
    let low = code.rgb / 12.92;
    let high = pow((code.rgb + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, code.rgb <= vec3<f32>(0.04045)), code.a);
}
