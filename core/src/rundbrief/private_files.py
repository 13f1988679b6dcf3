"""Files that nobody but their owner may read, from their first moment on.

A file that is made as others are and closed afterwards can be opened in between; and a name that can be foretold,
in a folder that others may write to, can be a link of theirs by then.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

__all__ = ["private_file", "replacement"]


def private_file(path: Path, *, encoding: str = "utf-8") -> TextIO:
    """Make a file, and open it for writing.

    Raises:
        FileExistsError: there is something of this name, if only a link.
        OSError: it cannot be written.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding=encoding)


@contextmanager
def replacement(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    """Yield a file that takes the place of another at the end, as a whole and on the disk; or not at all.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        with suppress(OSError):  # it is there only if something went wrong
            Path(name).unlink()
