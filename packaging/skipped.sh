#!/bin/sh
# The last line of `make test`: how many tests, or parts of one, were skipped, and why.
#
#   packaging/skipped.sh FILE
if [ ! -s "$1" ]; then
    echo 'skipped: 0'
    exit 0
fi
sed 's/^[^:]*\(::[^:]*\)*: //' "$1" | sort | uniq -c | sort -rn
echo "skipped: $(wc -l <"$1"), see above and $1"
