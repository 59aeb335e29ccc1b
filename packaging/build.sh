#!/bin/bash
# cargo, calmly: one line that tells how many crates are compiled and about how long it still takes,
# instead of a line for each; warnings and errors come through as they are.
#
#   packaging/build.sh build
#   packaging/build.sh test --no-run
set -euo pipefail

kinds=no-dev
[ "$1" != test ] || kinds=all
# Crates that this platform needs; more than will be compiled when some already are.
all=$(cargo tree --locked --quiet --edges "$kinds" --prefix none 2>/dev/null | sort -u | wc -l) || all=0

terminal=0
[ ! -t 2 ] || terminal=1

CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-$([ -t 2 ] && echo always || echo never)} \
    CARGO_TERM_PROGRESS_WHEN=never cargo "$@" 2>&1 \
    | awk -v all="$all" -v terminal="$terminal" '
        function plain(text) { gsub(/\033\[[0-9;]*m/, "", text); return text }
        function clear() { if (terminal && open) printf "\r\033[K"; open = 0 }
        BEGIN { "date +%s" | getline begun; close("date +%s"); told = 0 }
        plain($0) ~ /^ +(Compiling|Checking|Downloaded|Downloading|Updating|Locking|Adding|Blocking) / {
            if (plain($0) !~ /^ +(Compiling|Checking) /) next
            done++
            "date +%s" | getline now; close("date +%s")
            # The rate of the first few tells nothing.
            if (done < 20 || done >= all) left = ""
            else left = sprintf(", about %d min left", int((now - begun) * (all - done) / done / 60) + 1)
            line = sprintf("build: %d of about %d crates%s", done, all > done ? all : done, left)
            if (terminal) { printf "\r\033[K%s", line; open = 1; fflush() }
            else if (now - told >= 30) { print line; told = now; fflush() }
            next
        }
        { clear(); print; fflush() }
        END { clear() }
    ' >&2
