#!/bin/sh
# Print the path of a Python >= 3.11, the newest first; exit 1 with one sentence where there is none.
for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    found=$("$name" -c 'import sys; print(sys.executable if sys.version_info >= (3, 11) else "")' 2>/dev/null) || continue
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
        exit 0
    fi
done
echo "auditor needs Python 3.11 or newer on PATH: install it (Debian: apt install python3 python3-venv; macOS: brew install python) and run make again" >&2
exit 1
