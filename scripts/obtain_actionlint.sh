#!/bin/sh
# Prints the path of actionlint, which reads GitHub's workflows, in the version pinned here, or says why there is none
# and exits 1. Looked for on PATH and in the folder AUDITOR_CACHE; with `--here` nowhere else. Otherwise built from the
# pinned Go module where Go is (Go's checksum database vouches for it); what was built stays in AUDITOR_CACHE.
set -eu

version=1.7.12
cache=${AUDITOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backup-auditor}
case $cache in
/*) ;;
*) cache=$(pwd)/$cache ;;
esac
cache=$cache/actionlint-$version

# A release says 1.7.12, what Go built v1.7.12.
is_wanted() { [ -x "$1" ] && [ "$("$1" -version 2>/dev/null | sed -n '1s/^v//; 1p')" = "$version" ]; }

for place in "$(command -v actionlint || true)" "$cache/actionlint"; do
    if [ -n "$place" ] && is_wanted "$place"; then
        echo "$place"
        exit 0
    fi
done
if [ "${1:-}" != --here ] && command -v go >/dev/null 2>&1; then
    mkdir -p "$cache"
    echo "obtain_actionlint: building actionlint $version with Go (about a minute, once)" >&2
    if GOBIN=$cache CGO_ENABLED=0 go install "github.com/rhysd/actionlint/cmd/actionlint@v$version" \
        >"$cache/build.log" 2>&1 && is_wanted "$cache/actionlint"; then
        echo "$cache/actionlint"
        exit 0
    fi
    echo "obtain_actionlint: the build failed (see $cache/build.log)" >&2
fi
echo "obtain_actionlint: actionlint $version is not here; put it on PATH, or install Go" >&2
exit 1
