#!/bin/sh
# Prints the path of a real OPA program, the version pinned here, or says why there is none and exits 1.
# Looked for on PATH and in Go's bin folder; else built from the pinned Go module where Go is (Go's checksum database
# vouches for it); else the official release is downloaded and verified with the SHA-256 that it publishes. What was
# built or downloaded stays in the folder AUDITOR_CACHE. AUDITOR_OPA_RELEASES is a mirror of the releases.
set -eu

version=1.22.2
cache=${AUDITOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backup-auditor}
case $cache in
/*) ;;
*) cache=$(pwd)/$cache ;;
esac
cache=$cache/opa-$version
releases=${AUDITOR_OPA_RELEASES:-https://github.com/open-policy-agent/opa/releases/download}

say() { echo "obtain_opa: $*" >&2; }

is_wanted() { [ -x "$1" ] && [ "$("$1" version 2>/dev/null | sed -n 's/^Version: //p')" = "$version" ]; }

found() {
    echo "$1"
    exit 0
}

on_path=$(command -v opa || true)
for program in "$on_path" "$cache/opa" "${GOPATH:-${HOME:-}/go}/bin/opa"; do
    if [ -n "$program" ] && is_wanted "$program"; then found "$program"; fi
done

if command -v go >/dev/null 2>&1; then
    in_gopath=$(go env GOPATH)/bin/opa
    if is_wanted "$in_gopath"; then found "$in_gopath"; fi
    mkdir -p "$cache"
    say "building OPA $version with Go (about two minutes, once)"
    if GOBIN=$cache CGO_ENABLED=0 go install "github.com/open-policy-agent/opa@v$version" >"$cache/build.log" 2>&1 &&
        is_wanted "$cache/opa"; then
        found "$cache/opa"
    fi
    say "the build failed (see $cache/build.log); trying the official release"
fi

case $(uname -s)_$(uname -m) in
Linux_x86_64) asset=opa_linux_amd64_static ;;
Linux_aarch64) asset=opa_linux_arm64_static ;;
Darwin_x86_64) asset=opa_darwin_amd64 ;;
Darwin_arm64) asset=opa_darwin_arm64_static ;;
*)
    say "there is no OPA release for $(uname -s) on $(uname -m); install OPA $version and put it on PATH"
    exit 1
    ;;
esac

mkdir -p "$cache"
python=$(sh "$(dirname "$0")/find_python.sh")
say "downloading OPA $version"
if "$python" - "$releases/v$version/$asset" "$cache/opa.partial" <<'PYTHON'; then
import hashlib, shutil, sys, urllib.request

url, target = sys.argv[1:]
try:
    with urllib.request.urlopen(url + ".sha256", timeout=30) as answer:
        published = answer.read().decode().split()[0].lower()
    with urllib.request.urlopen(url, timeout=30) as answer, open(target, "wb") as file:
        shutil.copyfileobj(answer, file)
except (OSError, ValueError, IndexError) as error:
    sys.exit(f"obtain_opa: {url} cannot be downloaded ({error})")
with open(target, "rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
if digest != published:
    sys.exit(f"obtain_opa: {url} has the SHA-256 {digest} and not the published {published}: not used")
PYTHON
    chmod +x "$cache/opa.partial"
    mv "$cache/opa.partial" "$cache/opa"
    if is_wanted "$cache/opa"; then found "$cache/opa"; fi
fi
rm -f "$cache/opa.partial"
say "no OPA $version can be had here: install it and put it on PATH; until then what needs it is skipped"
exit 1
