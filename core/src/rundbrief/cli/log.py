"""Our own log: on stderr with --verbose, and as a file for what nobody expected. Without secrets and addresses."""

import logging
import os
import re
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rundbrief.cli.output import printable
from rundbrief.known_secrets import without_secrets
from rundbrief.models import mask_address
from rundbrief.private_files import private_file

if TYPE_CHECKING:
    from rundbrief.cli.context import App

__all__ = ["log_to_stderr", "redacted", "write_traceback"]

# Each is tried at the beginning of a word only, and looks ahead so far and no further: a log may hold anything.
_ADDRESS = re.compile(r"(?<![^\s@<>()\[\]'\",;:])[^\s@<>()\[\]'\",;:]+@[\w-]+(?:\.[\w-]+)+")
_KEY_LIKE = re.compile(r"(?i)\b(?=[\w-]{0,80}\d)[0-9a-z]{20,}(?:-[0-9a-z]+)*\b")
_SIGNED = re.compile(r"(?i)\b(bearer|basic)\s+[\w.+/=-]+")
_NAMED = re.compile(r"(?i)\b(api[-_]?key|token|secret|password)(['\"]?\s*[:=]\s*['\"]?)[^\s'\",;]+")


def redacted(text: str) -> str:
    """Mask known secrets, addresses, and whatever looks like a key: rather too much than one too few."""
    text = without_secrets(text)
    text = _SIGNED.sub(r"\1 ***", text)
    text = _NAMED.sub(r"\1\2***", text)
    text = _KEY_LIKE.sub("***", text)
    return _ADDRESS.sub(lambda found: mask_address(found.group()), text)


class _Redacting(logging.Formatter):
    """One record, one line, unless it has a traceback: what a service says cannot pass for a line of ours."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def log_to_stderr() -> None:
    """Show the log of rundbrief and its plugins; that of the libraries below stays silent, as it may hold URLs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(name)s %(message)s", "%H:%M:%S"))
    handler.addFilter(lambda record: record.name.startswith("rundbrief"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)


def write_traceback(error: BaseException, app: "App") -> Path | None:
    """Save a traceback in the state folder, readable by its owner alone; None where nothing can be written."""
    text = redacted("".join(traceback.format_exception(error)))
    try:
        folder = _state_folder(app)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"error-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.log"
        with private_file(path) as file:
            file.write(text)
    except OSError:
        return None
    return path


def _state_folder(app: "App") -> Path:
    """Return where the state is. Should the configuration be what failed, that was told before."""
    try:
        return app.config.state_path.parent
    except Exception:
        from platformdirs import user_state_path

        return user_state_path("rundbrief")
