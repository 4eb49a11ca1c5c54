"""Print the versions of requirements.lock without their hashes, as constraints for pip."""

import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"

pinned = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
sys.stdout.writelines(line.removesuffix("\\").rstrip() + "\n" for line in pinned)
