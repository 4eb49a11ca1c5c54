#!/bin/sh
# Install the system libraries: the venv module of Debian's Python, and Pango for the PDF report. Its fonts come with
# the program; those of Chinese, Japanese, Korean and of emoji are the user's to install.
# Where we may not install, say in one sentence what is missing and go on: every other format works without Pango.
# Usage: setup_system.sh PYTHON
set -u
python=$1

# Where Homebrew keeps its libraries: macOS does not look there by itself.
export DYLD_FALLBACK_LIBRARY_PATH="/opt/homebrew/lib:/usr/local/lib:/usr/lib"

has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

has_pango() {
    "$python" -c '
import ctypes, sys
names = "libpango-1.0.dylib libpangoft2-1.0.dylib" if sys.platform == "darwin" else "libpango-1.0.so.0 libpangoft2-1.0.so.0"
for name in names.split():
    ctypes.CDLL(name)
' 2>/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

if ! has_venv || ! has_pango; then
    echo "installing system libraries where we may ..."
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -qq >/dev/null 2>&1
        has_venv || apt_install python3-venv
        has_pango || apt_install libpango-1.0-0 libpangoft2-1.0-0
        apt_install libharfbuzz-subset0 || true # part of libharfbuzz0b on older systems
    elif command -v brew >/dev/null 2>&1; then
        brew install --quiet pango >/dev/null 2>&1
    fi
fi
if ! has_venv; then
    echo "$python has no venv module: install it (Debian: apt install python3-venv) and run make again" >&2
    exit 1
fi
if ! has_pango; then
    echo "PDF reports need Pango, which could not be installed here: install it (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango); every other format works without it" >&2
fi
exit 0
