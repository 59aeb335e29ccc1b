//! From a recipe to the arguments of ffmpeg.
//!
//! Pure: names files, opens none. Pictures are worked on in 4:2:0 with BT.601 and limited range,
//! which is what the sources are, and converted once at the end to what the stream will say.

use std::ffi::OsString;
use std::path::Path;

use super::recipe::{Codec, Colour, Light, Osd, Recipe, Scene, Shot, Still, Walkers, Weather};
use super::sources::Sources;

/// Pictures made once and used by several clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// People cut out of the street clip: colours above, their shape below.
    Walkers,
    /// Streaks to be moved over the picture.
    Rain,
    /// Flakes to be moved over the picture.
    Snow,
}

impl Stage {
    /// Name of its file in the stage folder.
    pub(super) fn file_name(self) -> &'static str {
        match self {
            Self::Walkers => "walkers.mkv",
            Self::Rain => "rain.png",
            Self::Snow => "snow.png",
        }
    }

    /// How much work making it is, in the unit of [`Recipe::work`].
    pub(super) fn work(self) -> f64 {
        match self {
            Self::Walkers => 4.0e8,
            Self::Rain | Self::Snow => 4.0e6,
        }
    }
}

/// What must exist before `recipe` can be made.
pub(super) fn stages_of(recipe: &Recipe) -> Vec<Stage> {
    let mut needed = Vec::new();
    if let Scene::Ground(_, walkers) = recipe.scene
        && !walkers.is_empty()
    {
        needed.push(Stage::Walkers);
    }
    match recipe.weather {
        Weather::Rain => needed.push(Stage::Rain),
        Weather::Snow => needed.push(Stage::Snow),
        Weather::Clear | Weather::Fog => {}
    }
    needed
}

/// Burned-in clocks begin here: 2026-11-18 09:00:00 UTC.
const CLOCK_ORIGIN: i64 = 1_794_992_400;

/// Arguments common to all runs: quiet, never asking, one thread.
fn opening() -> Vec<OsString> {
    words(&[
        "-hide_banner",
        "-nostdin",
        "-loglevel",
        "error",
        "-y",
        "-filter_threads",
        "1",
        "-filter_complex_threads",
        "1",
    ])
}

fn words(list: &[&str]) -> Vec<OsString> {
    list.iter().map(OsString::from).collect()
}

/// Arguments that make `stage` at `to`.
pub(super) fn stage_arguments(stage: Stage, sources: &Sources, to: &Path) -> Vec<OsString> {
    let mut args = opening();
    match stage {
        Stage::Walkers => {
            args.extend(words(&["-threads", "1", "-i"]));
            args.push(sources.street.clone().into());
            // The background is the median of pictures some way apart; what differs from it in
            // brightness or colour is a person once specks are eroded away and holes are closed.
            args.extend(words(&[
                "-filter_complex",
                "[0:v]crop=768:320:0:96,format=yuv420p,split=3[a][b][z];\
                 [z]select='not(mod(n\\,13))',tmedian=radius=15,trim=end_frame=1,\
                 loop=loop=-1:size=1,setpts=N/10/TB[g];\
                 [a][g]blend=all_mode=difference:shortest=1,extractplanes=y+u+v[y][u][v];\
                 [y]avgblur=1,lut=y='if(gt(val,26),255,0)'[yt];\
                 [u][v]blend=all_mode=addition,scale=768:320:flags=bilinear,\
                 lut=y='if(gt(val,15),255,0)'[ct];\
                 [yt][ct]blend=all_mode=lighten,erosion,erosion,dilation,dilation,dilation,\
                 dilation,erosion,erosion,erosion,avgblur=1,\
                 scale=in_range=pc:out_range=pc,format=yuv420p[m];\
                 [b][m]vstack=shortest=1[out]",
                "-map",
                "[out]",
                "-frames:v",
                "400",
                "-c:v",
                "libx264",
                "-threads",
                "1",
                "-preset",
                "ultrafast",
                "-qp",
                "12",
                "-f",
                "matroska",
            ]));
        }
        Stage::Rain | Stage::Snow => {
            // Random specks; rain is drawn out downwards.
            let (share, shape) = if stage == Stage::Rain {
                ("0.0016", "avgblur=sizeX=1:sizeY=13,lut=y='min(70,val*11)'")
            } else {
                (
                    "0.0016",
                    "dilation,gblur=sigma=1.1,lut=y='min(235,val*1.6)'",
                )
            };
            args.extend(words(&["-f", "lavfi", "-i"]));
            args.push(
                format!(
                    "color=black:s=960x540:r=1,format=gray,\
                     geq=lum='if(lt(random(1),{share}),255,0)',{shape}"
                )
                .into(),
            );
            args.extend(words(&[
                "-frames:v",
                "1",
                "-c:v",
                "png",
                "-f",
                "image2pipe",
            ]));
        }
    }
    args.push(to.into());
    args
}

/// Arguments that make the clip of `recipe` at `to`.
pub(super) fn clip_arguments(
    recipe: &Recipe,
    sources: &Sources,
    stage_dir: &Path,
    to: &Path,
) -> Vec<OsString> {
    let mut graph = Graph {
        inputs: Vec::new(),
        count: 0,
        text: String::new(),
    };
    let scene = scene(recipe, sources, stage_dir, &mut graph);
    let weathered = before_the_lens(recipe, &scene, stage_dir, &mut graph);
    graph.text.push_str(&format!(
        "[{weathered}]{}[out]",
        finish(recipe, sources.font.as_deref())
    ));
    let mut args = opening();
    args.extend(graph.inputs);
    args.extend(words(&["-filter_complex"]));
    args.push(graph.text.into());
    // The rate is said again: looped sources lose theirs on the way, and ffmpeg would repeat pictures
    // up to 25 a second.
    args.extend(words(&["-map", "[out]", "-an", "-r"]));
    args.push(format!("{}/{}", recipe.fps.0, recipe.fps.1).into());
    args.push("-frames:v".into());
    args.push(recipe.frames.to_string().into());
    args.extend(encoder(recipe));
    args.push(to.into());
    args
}

/// A number that changes with anything that decides how `recipe` and its stages are made, wherever
/// the sources lie: FNV-1a of the arguments with the sources' names alone.
pub(super) fn fingerprint(recipe: &Recipe) -> String {
    let sources = Sources::by_name();
    let stage_dir = Path::new("stage");
    let mut args = clip_arguments(recipe, &sources, stage_dir, Path::new("clip"));
    for stage in stages_of(recipe) {
        args.extend(stage_arguments(stage, &sources, Path::new("stage")));
    }
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for arg in args {
        for byte in arg.as_encoded_bytes().iter().chain([&0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// A filter graph under construction.
struct Graph {
    inputs: Vec<OsString>,
    count: usize,
    text: String,
}

impl Graph {
    /// Adds an input; its number.
    fn input(&mut self, options: &[&str], file: &Path) -> usize {
        self.inputs.extend(words(&["-threads", "1"]));
        self.inputs.extend(words(options));
        self.inputs.push("-i".into());
        self.inputs.push(file.into());
        self.count += 1;
        self.count - 1
    }
}

/// The scene at the clip's own rate, cropped and mirrored; the label of what comes out.
fn scene(recipe: &Recipe, sources: &Sources, stage_dir: &Path, graph: &mut Graph) -> String {
    let fps = format!("{}/{}", recipe.fps.0, recipe.fps.1);
    let from = format!("{:.3}", recipe.from_secs);
    let area = recipe.area;
    let crop = format!("crop={}:{}:{}:{}", area.w, area.h, area.x, area.y);
    let mirror = if recipe.mirror { ",hflip" } else { "" };
    match recipe.scene {
        Scene::Street => {
            let input = graph.input(&["-ss", &from], &sources.street);
            graph.text.push_str(&format!(
                "[{input}:v]setpts=PTS/1.25,fps={fps},{crop}{mirror},format=yuv420p[scene];"
            ));
        }
        Scene::Tree => {
            let input = graph.input(&["-ss", &from], &sources.tree);
            graph.text.push_str(&format!(
                "[{input}:v]fps={fps},{crop}{mirror},{TO_WORK}[scene];"
            ));
        }
        Scene::Passing(shot) => {
            let looped = shot_loop(shot, sources, graph);
            graph
                .text
                .push_str(&format!("{looped},{crop}{mirror},format=yuv420p[scene];"));
        }
        Scene::Ground(still, walkers) => {
            ground(recipe, still, walkers, sources, stage_dir, graph);
        }
        Scene::Six => six(recipe, sources, graph),
        Scene::Black => graph.text.push_str(&format!(
            "color=0x101010:s={}x{}:r={fps},format=yuv420p,noise=c0s=5:c0f=t+u[scene];",
            recipe.size.0, recipe.size.1
        )),
    }
    "scene".to_owned()
}

/// Anything with tagged or RGB colours to the working format.
const TO_WORK: &str = "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p";

/// A shot over and over, at 15 pictures a second so that each picture is shown once.
fn shot_loop(shot: Shot, sources: &Sources, graph: &mut Graph) -> String {
    let (start, frames) = shot.span();
    let input = graph.input(&["-ss", &format!("{start:.3}")], &sources.bikes);
    format!("[{input}:v]trim=end_frame={frames},loop=loop=-1:size={frames},setpts=N/15/TB")
}

/// A still as an endless clip that sways by a pixel, with people on it.
fn ground(
    recipe: &Recipe,
    still: Still,
    walkers: &[Walkers],
    sources: &Sources,
    stage_dir: &Path,
    graph: &mut Graph,
) {
    let fps = format!("{}/{}", recipe.fps.0, recipe.fps.1);
    let shape = match still {
        // Pixel for pixel of what is larger than the picture.
        Still::Meadow => "crop=1924:1084:560:760",
        Still::Trail => "scale=2448:1836:flags=lanczos,crop=1924:1084:0:700",
        Still::Hill => "scale=2136:1424:flags=lanczos,crop=1924:1084:0:320",
        Still::Leuven => "crop=750:562:0:0",
        Still::Building => "null",
        Still::Bridge => "crop=3852:2172:250:276,scale=1284:724:flags=area",
    };
    let input = graph.input(&[], &sources.stills[&still]);
    graph.text.push_str(&format!(
        "[{input}:v]{shape},{TO_WORK},loop=loop=-1:size=1,setpts=N/({fps})/TB[ground0];"
    ));
    for (layer, walker) in walkers.iter().enumerate() {
        let from = format!("{:.3}", recipe.from_secs + walker.later);
        let strip = graph.input(&["-ss", &from], &stage_dir.join(Stage::Walkers.file_name()));
        let mirror = if walker.mirror { ",hflip" } else { "" };
        let (sw, sh) = (
            (768.0 * walker.scale).round() as u32 / 2 * 2,
            (320.0 * walker.scale).round() as u32 / 2 * 2,
        );
        graph.text.push_str(&format!(
            "[{strip}:v]setpts=PTS/1.25,fps={fps}{mirror},split[c{layer}][s{layer}];\
             [s{layer}]crop=768:320:0:320,extractplanes=y[a{layer}];\
             [c{layer}]crop=768:320:0:0,lutyuv=y='16+(val-16)*{}',format=yuv420p[d{layer}];\
             [d{layer}][a{layer}]alphamerge,scale={sw}:{sh}[w{layer}];\
             [ground{layer}][w{layer}]overlay={}:{}:eof_action=pass[ground{}];",
            walker.gain,
            walker.x,
            walker.y,
            layer + 1
        ));
    }
    // The pole sways: the picture wanders by a pixel or two inside the still, which is larger.
    let (cw, ch, x, y) = (recipe.area.w, recipe.area.h, recipe.area.x, recipe.area.y);
    let mirror = if recipe.mirror { ",hflip" } else { "" };
    graph.text.push_str(&format!(
        "[ground{}]crop={cw}:{ch}:x='{x}+1.6*sin(t*2.1)':y='{y}+1.3*sin(t*1.3)'{mirror}[scene];",
        walkers.len()
    ));
}

/// Three by two pictures of 640×540, each pixel for pixel.
fn six(recipe: &Recipe, sources: &Sources, graph: &mut Graph) {
    let fps = format!("{}/{}", recipe.fps.0, recipe.fps.1);
    // Left edge, top edge, mirrored, seconds later.
    let panes = [
        (0, 36, false, 0.0),
        (128, 0, true, 8.0),
        (64, 36, false, 16.0),
        (128, 36, false, 24.0),
        (0, 0, true, 12.0),
        (100, 20, true, 20.0),
    ];
    let mut labels = String::new();
    for (pane, (x, y, mirrored, later)) in panes.iter().enumerate() {
        let from = format!("{:.3}", recipe.from_secs / 3.0 + later);
        let input = graph.input(&["-ss", &from], &sources.street);
        let mirror = if *mirrored { ",hflip" } else { "" };
        graph.text.push_str(&format!(
            "[{input}:v]setpts=PTS/1.25,fps={fps},crop=636:536:{x}:{y}{mirror},\
             pad=640:540:2:2,format=yuv420p[p{pane}];"
        ));
        labels.push_str(&format!("[p{pane}]"));
    }
    let area = recipe.area;
    graph.text.push_str(&format!(
        "{labels}xstack=inputs=6:layout=0_0|640_0|1280_0|0_540|640_540|1280_540,\
         crop={}:{}:{}:{}[scene];",
        area.w, area.h, area.x, area.y
    ));
}

/// Light and weather, at the clip's size; the label of what comes out.
fn before_the_lens(recipe: &Recipe, scene: &str, stage_dir: &Path, graph: &mut Graph) -> String {
    let (w, h) = recipe.size;
    let fps = format!("{}/{}", recipe.fps.0, recipe.fps.1);
    let mut steps = vec![format!(
        "scale={w}:{h}:flags=bicubic:in_color_matrix=bt601:in_range=tv:out_color_matrix=bt601:out_range=tv,setsar=1"
    )];
    if let Some(lut) = light_lut(recipe.light) {
        steps.push(lut);
    }
    match recipe.weather {
        Weather::Clear => {}
        Weather::Fog => steps.push(
            "lutyuv=y='clip(val*0.52+86,16,235)':u='(val-128)*0.45+129':v='(val-128)*0.45+127'"
                .to_owned(),
        ),
        Weather::Rain => steps.push(
            "lutyuv=y='clip(val*0.8+18,16,235)':u='(val-128)*0.7+130':v='(val-128)*0.7+127'"
                .to_owned(),
        ),
        Weather::Snow => steps.push(
            "lutyuv=y='clip(val*0.7+54,16,235)':u='(val-128)*0.35+130':v='(val-128)*0.35+127'"
                .to_owned(),
        ),
    }
    graph
        .text
        .push_str(&format!("[{scene}]{}[lit];", steps.join(",")));
    let layers: &[(f64, f64, f64)] = match recipe.weather {
        // Share of the picture a moving layer goes down and to the side in a picture, and its size.
        Weather::Rain => &[(0.115, 0.004, 1.0), (0.171, 0.006, 1.7)],
        Weather::Snow => &[(0.0061, 0.0011, 1.0), (0.0107, -0.0013, 1.35)],
        Weather::Clear | Weather::Fog => return "lit".to_owned(),
    };
    let stage = if recipe.weather == Weather::Rain {
        Stage::Rain
    } else {
        Stage::Snow
    };
    let slower = 15.0 * f64::from(recipe.fps.1) / f64::from(recipe.fps.0);
    for (layer, (down, side, size)) in layers.iter().enumerate() {
        let input = graph.input(&[], &stage_dir.join(stage.file_name()));
        let (lw, lh) = (
            (f64::from(w) * size) as u32 / 2 * 2,
            (f64::from(h) * size) as u32 / 2 * 2,
        );
        let from = if layer == 0 {
            "lit".to_owned()
        } else {
            format!("air{}", layer - 1)
        };
        // A larger, nearer layer is cut from the middle. What falls brightens luma only.
        graph.text.push_str(&format!(
            "[{input}:v]scale={lw}:{lh},crop={w}:{h},format=gray,loop=loop=-1:size=1,\
             setpts=N/({fps})/TB,scroll=v=-{:.5}:h={:.5},format=yuv420p[x{layer}];\
             [{from}][x{layer}]blend=c0_mode=screen:shortest=1[air{layer}];",
            down * slower,
            side * slower
        ));
    }
    format!("air{}", layers.len() - 1)
}

/// What a light does to the picture: a table for each plane, or nothing.
fn light_lut(light: Light) -> Option<String> {
    // Gain and lift of luma, saturation, shift of blue and of red difference.
    let (gain, lift, saturation, blue, red) = match light {
        Light::Day => return None,
        Light::Evening => (0.85, 0.0, 1.15, -13.0, 12.0),
        Light::Overcast => (0.88, 12.0, 0.65, 3.0, -2.0),
        Light::Dusk => (0.6, 10.0, 0.7, 10.0, -4.0),
        Light::Sodium => (0.62, 8.0, 0.5, -15.0, 10.0),
        Light::Infrared => (0.78, 14.0, 0.0, 0.0, 0.0),
    };
    Some(format!(
        "lutyuv=y='clip((val-16)*{gain}+16+{lift},16,235)':\
         u='clip((val-128)*{saturation}+128+({blue}),16,240)':\
         v='clip((val-128)*{saturation}+128+({red}),16,240)'"
    ))
}

/// Sensor noise, the change to the stream's colours, burned-in text.
fn finish(recipe: &Recipe, font: Option<&Path>) -> String {
    let mut steps = Vec::new();
    let noise = match (recipe.scene, recipe.light) {
        (Scene::Black, _) => 0,
        (_, Light::Sodium | Light::Infrared) => 12,
        (_, Light::Dusk) => 8,
        _ => 4,
    };
    if noise > 0 {
        steps.push(format!("noise=c0s={noise}:c0f=t+u"));
    }
    let (matrix, range, format) = match recipe.colour {
        Colour::Bt709 => ("bt709", "tv", "yuv420p"),
        Colour::Bt709Full => ("bt709", "pc", "yuv420p"),
        Colour::Smpte170m => ("bt601", "tv", "yuv420p"),
        Colour::Jfif => ("bt601", "pc", "yuvj420p"),
    };
    steps.push(format!(
        "scale=in_color_matrix=bt601:in_range=tv:out_color_matrix={matrix}:out_range={range},\
         format={format}"
    ));
    if let (Some(font), Some(text)) = (font, osd_text(recipe)) {
        let size = (recipe.size.1 / 20).max(13);
        let place = match recipe.osd {
            Osd::NumberBelow(_) => "x=w-tw-12:y=h-th-10",
            _ => "x=12:y=10",
        };
        steps.push(format!(
            "drawtext=fontfile={}:fontsize={size}:fontcolor=white:borderw=1:bordercolor=black@0.7:\
             {place}:text='{text}'",
            font.display()
        ));
    }
    steps.join(",")
}

fn osd_text(recipe: &Recipe) -> Option<String> {
    let clock = format!(
        "%{{pts\\:gmtime\\:{}\\:%d-%m-%Y %H\\\\\\:%M\\\\\\:%S}}",
        CLOCK_ORIGIN + recipe.from_secs as i64 * 61
    );
    match recipe.osd {
        Osd::None => None,
        Osd::Clock => Some(clock),
        Osd::Number(number) | Osd::NumberBelow(number) => Some(format!("CAM {number:02}  {clock}")),
    }
}

/// The encoder as a camera sets it: no B-frames, no scene cuts, one slice, parameter sets and a
/// delimiter with each keyframe.
fn encoder(recipe: &Recipe) -> Vec<OsString> {
    let gop = recipe.gop;
    let (space, primaries, transfer, range) = match recipe.colour {
        Colour::Bt709 => ("bt709", "bt709", "bt709", "tv"),
        Colour::Bt709Full => ("bt709", "bt709", "bt709", "pc"),
        Colour::Smpte170m => ("smpte170m", "smpte170m", "smpte170m", "tv"),
        Colour::Jfif => ("bt470bg", "bt709", "bt709", "pc"),
    };
    let mut args = words(&[
        "-threads",
        "1",
        "-colorspace",
        space,
        "-color_primaries",
        primaries,
        "-color_trc",
        transfer,
        "-color_range",
        range,
    ]);
    // A camera's ceiling: what makers set for a sub stream of this size, and for large ones.
    let ceiling = if recipe.size.0 > 1000 {
        "6000k"
    } else if recipe.size.0 > 640 {
        "2500k"
    } else {
        "512k"
    };
    match recipe.codec {
        Codec::H264 => {
            args.extend(words(&[
                "-c:v",
                "libx264",
                "-preset",
                "veryfast",
                "-profile:v",
                "main",
                "-crf",
                "26",
                "-maxrate",
                ceiling,
                "-bufsize",
                ceiling,
                "-x264-params",
            ]));
            args.push(
                format!(
                    "aud=1:repeat-headers=1:scenecut=0:bframes=0:ref=1:slices=1:\
                     keyint={gop}:min-keyint={gop}:open-gop=0"
                )
                .into(),
            );
            args.extend(words(&["-f", "h264"]));
        }
        Codec::H265 => {
            args.extend(words(&[
                "-c:v",
                "libx265",
                "-preset",
                "ultrafast",
                "-crf",
                "27",
                "-x265-params",
            ]));
            let full = if recipe.colour == Colour::Bt709Full {
                "full"
            } else {
                "limited"
            };
            args.push(
                format!(
                    "log-level=error:pools=none:frame-threads=1:wpp=0:aud=1:repeat-headers=1:\
                     scenecut=0:bframes=0:ref=1:sao=1:slices=1:keyint={gop}:min-keyint={gop}:open-gop=0:\
                     colormatrix={space}:colorprim={primaries}:transfer={transfer}:range={full}"
                )
                .into(),
            );
            args.extend(words(&["-f", "hevc"]));
        }
        Codec::Jpeg => args.extend(words(&[
            "-c:v", "mjpeg", "-huffman", "default", "-q:v", "6", "-f", "mjpeg",
        ])),
    }
    args
}
