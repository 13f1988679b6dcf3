"""Secrets by reference: the configuration says where a key is, never what it is."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields

from rundbrief.errors import SettingsError
from rundbrief.session import Secret

__all__ = ["SecretField", "secret_sources"]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_LIKE_A_KEY = re.compile(r"(?=.*\d)[\w-]{16,}|[\w.+/=-]{60,}")
"""A long word with digits in it, or a very long one: no name that people give to a file."""

WAYS = '{ env = "NAME" }, { file = "path" } or { keyring = "service/user" }'


@dataclass(frozen=True, slots=True)
class _Sources:
    environ: Mapping[str, str]
    folder: Path


_sources: ContextVar[_Sources] = ContextVar("rundbrief_secret_sources")


@contextmanager
def secret_sources(environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Say where `SecretField` looks while a schema is loaded: the environment, and the base of relative paths."""
    token = _sources.set(_Sources(environ, folder))
    try:
        yield
    finally:
        _sources.reset(token)


class SecretField(fields.Field[Secret]):
    """A marshmallow field for a key or token; loads to a `Secret`.

    Takes `{ env = "NAME" }`, `{ file = "path" }` or `{ keyring = "service/user" }`. A literal is refused, and not
    repeated in the message.
    """

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - the name is part of marshmallow's signature
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> Secret:
        if not isinstance(value, Mapping):
            raise ValidationError(f"a secret never stands in the file itself; refer to it with {WAYS}")
        if len(value) != 1 or not set(value) <= set(_READERS):
            raise ValidationError(f"refer to a secret with exactly one of {WAYS}")
        (way, where), *_rest = value.items()
        if not isinstance(where, str) or not where:
            raise ValidationError(f"{way} wants a text")
        text = _READERS[way](where, _sources.get()).strip("\r\n")
        if not text:
            raise SettingsError(f"The secret in {way} {where!r} is empty.", hint="Put the key or token there.")
        return Secret(text)


# Where nothing is found, the reference may be the secret itself, put into the wrong place by somebody in a hurry.
# So a reference is repeated only if it looks like one; else the key it stands under has to do (`ValidationError`).


def _from_environment(name: str, sources: _Sources) -> str:
    if name in sources.environ:
        return sources.environ[name]
    if not _VARIABLE.fullmatch(name):
        raise ValidationError("env wants the name of an environment variable, and there is none of this name")
    raise SettingsError(
        f"The environment variable {name} is not set.", hint=f"Set it to the key: export {name}=..."
    )


def _from_file(name: str, sources: _Sources) -> str:
    try:
        path = sources.folder / Path(name).expanduser()
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows begin a file with a byte order mark
    except (OSError, ValueError, RuntimeError) as error:
        if _LIKE_A_KEY.fullmatch(name):
            raise ValidationError("file wants the path of a file, and there is none of this name") from None
        reason = error.strerror if isinstance(error, OSError) else "it is not text, or the path is none"
        raise SettingsError(f"The secret file {name!r} cannot be read: {reason}.") from None
    if os.name == "posix" and mode & 0o077:
        raise SettingsError(
            f"The secret file {path} can be read by other users.", hint=f"Close it: chmod 600 {path}"
        )
    return text


def _from_keyring(name: str, sources: _Sources) -> str:  # noqa: ARG001 - every reader takes the same
    service, _, user = name.rpartition("/")
    if not service or not user:
        raise ValidationError("keyring wants the form service/user")
    try:
        import keyring
    except ImportError:
        raise SettingsError(
            "A secret is in the keyring, but the package for it is not installed.",
            hint='Install it: pip install "rundbrief[keyring]"',
        ) from None
    try:
        found = keyring.get_password(service, user)
    except Exception as error:  # every backend has errors of its own; without a desktop there is no backend at all
        raise SettingsError(
            f"The keyring cannot be read ({type(error).__name__}).",
            hint='Unlock it, or keep the secret elsewhere: { env = "NAME" } or { file = "path" }.',
        ) from None
    if found is None:
        raise SettingsError(f"The keyring has no entry {name!r}.", hint=f"Add it: keyring set {service} {user}")
    return str(found)


_READERS: Mapping[str, Callable[[str, _Sources], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
}
