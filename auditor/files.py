"""The one way in which we read a file: a regular one, never a pipe that would let us wait for ever.

Errors are `OSError`s whose `strerror` finishes the sentence "the file cannot be read: …".
"""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import Final

from auditor.model.errors import AuditorError, UsageError

#: The most that is read of a file that a person writes, in bytes.
WRITTEN: Final = 1 << 20

_KINDS: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


@contextmanager
def opened(file: Path) -> Iterator[BufferedReader]:
    """Open a regular file to read; a symbolic link to one is followed.

    Raises:
        OSError: it cannot be opened, or is a folder, pipe, device or socket.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # of a socket
            raise _no_file("a socket", file) from None
        raise
    with os.fdopen(descriptor, "rb") as found:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        if not stat.S_ISREG(mode):
            raise _no_file(next(word for is_one, word in _KINDS if is_one(mode)), file)
        yield found


def read(file: Path, most: int | None = None) -> bytes:
    """Read a regular file of at most `most` bytes (None: of any size); raises as `opened` does."""
    with opened(file) as found:
        return found.read() if most is None else content(found, most)


def digest(file: Path) -> str:
    """SHA-256 of a regular file; raises as `opened` does."""
    with opened(file) as found:
        return file_digest(found, "sha256").hexdigest()


def content(found: BufferedReader, most: int) -> bytes:
    """Read what was opened to its end; raises `OSError` where that is more than `most` bytes."""
    data = found.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MiB, the most that is read")
    return data


def secret(file: Path) -> bytes:
    """Read a file that holds secrets; raises `OSError` as `read` does.

    Raises:
        UsageError: everyone on this machine may read or change it.
    """
    with opened(file) as found:
        if os.fstat(found.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise UsageError(f"Everyone on this machine may read or change {file}; run chmod o= {file}.")
        return content(found, WRITTEN)


def regular(file: Path) -> Path:
    """Give `file` back for a library that opens it by its name; raises as `opened` does."""
    with opened(file):
        return file


def check_out(folder: Path) -> None:
    """See that files can be made in `folder`, or in a new folder of that name; leaves nothing behind.

    Raises:
        AuditorError: they cannot.
    """
    made: list[Path] = []
    try:
        for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
            missing.mkdir(mode=0o700)
            made.append(missing)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise AuditorError(
            f"nothing can be written to {folder} ({reason(error)}); name another folder."
        ) from None
    finally:
        for path in reversed(made):
            path.rmdir()


def below(path: Path, folder: Path) -> Path | None:
    """The path below a folder by its names, whatever symbolic links lead to; None where it has none."""
    named = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
    top = next((one for one in (named, *named.parents) if one.resolve() == folder), None)
    return None if top is None else named.relative_to(top)


def check_no_link(path: Path, folder: Path) -> None:
    """Raise `UsageError` where a symbolic link in a folder is on the way to a path below it."""
    named = below(path, folder)
    if named is not None and folder / named != path.resolve():
        raise UsageError(
            f"{shown(path)}: a symbolic link leads there, which may not have been one then; name the file "
            "itself."
        )


def line_of(data: bytes, at: int) -> int:
    """The line, from 1, of the byte number `at`, from 0, of a file's content."""
    return data[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1


def shown(file: Path) -> str:
    """The name of a file as a text that can be written; bytes of it that are no UTF-8 are shown as codes."""
    return os.fsencode(file).decode(errors="backslashreplace")


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, to finish a sentence."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def _no_file(what: str, file: Path) -> OSError:
    return OSError(errno.EINVAL, f"it is {what}, not a file", str(file))
