#!/bin/bash
# cargo, calmly: one line that tells how many crates are compiled and about how long it still takes,
# instead of a line for each; warnings and errors come through as they are.
#
#   packaging/build.sh build
#   packaging/build.sh test --no-run
set -euo pipefail
shopt -s extglob

kinds=no-dev
[ "$1" != test ] || kinds=normal,build,dev
# Crates that this platform needs; more than will be compiled when some already are.
all=$(cargo tree --locked --quiet --edges "$kinds" --prefix none 2>/dev/null | sort -u | wc -l) || all=0

terminal=0
[ ! -t 2 ] || terminal=1
begun=$SECONDS
told=-30
done=0
open=0

clear_line() {
    if [ "$open" = 1 ]; then printf '\r\033[K' >&2; fi
    open=0
}

# A loop of the shell's own: mawk, the awk of a fresh Debian, would hold back what it has read.
show() {
    while IFS= read -r line; do
        case ${line//$'\e'\[*([0-9;])m/} in
            +( )Compiling\ * | +( )Checking\ *)
                done=$((done + 1))
                left=
                # The rate of the first few tells nothing.
                if [ "$done" -ge 20 ] && [ "$done" -lt "$all" ]; then
                    left=", about $(((SECONDS - begun) * (all - done) / done / 60 + 1)) min left"
                fi
                text="build: $done of about $((all > done ? all : done)) crates$left"
                if [ "$terminal" = 1 ]; then
                    printf '\r\033[K%s' "$text" >&2
                    open=1
                elif [ $((SECONDS - told)) -ge 30 ]; then
                    printf '%s\n' "$text" >&2
                    told=$SECONDS
                fi
                ;;
            +( )Downloaded\ * | +( )Downloading\ * | +( )Updating\ * | +( )Locking\ * | +( )Adding\ * | +( )Blocking\ *) ;;
            *)
                clear_line
                printf '%s\n' "$line" >&2
                ;;
        esac
    done
    clear_line
}

CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-$([ -t 2 ] && echo always || echo never)} \
    CARGO_TERM_PROGRESS_WHEN=never cargo "$@" 2>&1 | show
