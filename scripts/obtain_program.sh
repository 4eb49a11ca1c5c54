# Part of obtain_conftest.sh, obtain_opa.sh and obtain_regal.sh, which say what is wanted: `program`, `name`, `version`,
# `ask` (the argument with which it says its version), `module`, `ldflags`, `releases`, `asset` (the program, or a tar.gz
# with it; empty where there is no release for this machine) and `checksums` (below the release).
# Prints the path of the program in that version, or says why there is none and exits 1. Looked for on PATH, in the
# folder AUDITOR_CACHE and in Go's bin folder; with `--here` nowhere else. Otherwise built from the pinned Go module where
# Go is (Go's checksum database vouches for it); else the official release is downloaded and verified with the SHA-256
# that it publishes. What was built or downloaded stays in AUDITOR_CACHE.
cache=${AUDITOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backup-auditor}
case $cache in
/*) ;;
*) cache=$(pwd)/$cache ;;
esac
cache=$cache/$program-$version

say() { echo "obtain_$program: $*" >&2; }

# The first line is `Version: 1.2.3`, or has the program's name before the colon.
is_wanted() { [ -x "$1" ] && [ "$("$1" "$ask" 2>/dev/null | sed -n '1s/^[A-Za-z]*: *//p')" = "$version" ]; }

found() {
    echo "$1"
    exit 0
}

on_path=$(command -v "$program" || true)
for place in "$on_path" "$cache/$program" "${GOPATH:-${HOME:-}/go}/bin/$program"; do
    if [ -n "$place" ] && is_wanted "$place"; then found "$place"; fi
done
if [ "${1:-}" = --here ]; then
    say "$name $version is not here"
    exit 1
fi

if command -v go >/dev/null 2>&1; then
    in_gopath=$(go env GOPATH)/bin/$program
    if is_wanted "$in_gopath"; then found "$in_gopath"; fi
    mkdir -p "$cache"
    say "building $name $version with Go (some minutes, once)"
    if GOBIN=$cache CGO_ENABLED=0 go install -ldflags "$ldflags" "$module@v$version" >"$cache/build.log" 2>&1 &&
        is_wanted "$cache/$program"; then
        found "$cache/$program"
    fi
    say "the build failed (see $cache/build.log); trying the official release"
fi

if [ -z "$asset" ]; then
    say "there is no $name release for $(uname -s) on $(uname -m); install $name $version and put it on PATH"
    exit 1
fi

mkdir -p "$cache"
python=$(sh "$(dirname "$0")/find_python.sh")
say "downloading $name $version"
if "$python" - "$program" "$releases/v$version" "$asset" "$checksums" "$cache/$program.partial" <<'PYTHON'; then
import hashlib, shutil, sys, tarfile, urllib.request

program, release, asset, checksums, target = sys.argv[1:]
url = f"{release}/{asset}"
try:
    with urllib.request.urlopen(f"{release}/{checksums}", timeout=30) as answer:
        lines = [line.split() for line in answer.read().decode().splitlines()]
    published = next(line[0].lower() for line in lines if line[1:] == [asset])
    with urllib.request.urlopen(url, timeout=30) as answer, open(target, "wb") as file:
        shutil.copyfileobj(answer, file)
except (OSError, ValueError, StopIteration) as error:
    sys.exit(f"obtain_{program}: {url} cannot be downloaded ({error})")
with open(target, "rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
if digest != published:
    sys.exit(f"obtain_{program}: {url} has the SHA-256 {digest} and not the published {published}: not used")
if asset.endswith(".tar.gz"):
    with tarfile.open(target) as archive:
        inside = archive.extractfile(program).read()
    with open(target, "wb") as file:
        file.write(inside)
PYTHON
    chmod +x "$cache/$program.partial"
    mv "$cache/$program.partial" "$cache/$program"
    if is_wanted "$cache/$program"; then found "$cache/$program"; fi
fi
rm -f "$cache/$program.partial"
say "no $name $version can be had here: install it and put it on PATH; until then what needs it is skipped"
exit 1
