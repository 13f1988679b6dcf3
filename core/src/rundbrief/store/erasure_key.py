"""The key under which the addresses of erased persons are hashed.

It stands in a file of its own beside the state, so that whoever gets hold of one of the two cannot try out whose
*no* is kept there. A state with such hashes and without their key is of no use, and is refused.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from rundbrief.errors import ErasureKeyLost, StateUnwritable
from rundbrief.private_files import replacement

__all__ = ["ErasureKey", "KeyFile", "key_path"]

_BYTES = 32


def key_path(state: Path) -> Path:
    """Return where the key of a state stands."""
    return state.with_name(f"{state.name}.key")


@dataclass(frozen=True, slots=True)
class ErasureKey:
    """Hashes addresses so that only whoever has the key can tell which they were."""

    _value: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """Tells this key from another one, and nothing about it."""
        return hashlib.sha256(b"rundbrief erasure key " + self._value).digest()[:16]

    def digest(self, address: str) -> bytes:
        """Return the keyed hash of an address (an `address_key`)."""
        return hmac.digest(self._value, address.encode(), "sha256")


class KeyFile:
    """The file with the key, read when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: ErasureKey | None = None

    def load(self) -> ErasureKey | None:
        """Return the key; None where there is no file.

        Raises:
            ErasureKeyLost: the file holds no key, or cannot be read.
        """
        if self._key is None:
            try:
                self._key = ErasureKey(_decoded(self.path.read_text("ascii")))
            except FileNotFoundError:
                return None
            except (OSError, ValueError):
                raise ErasureKeyLost(
                    f"The file {self.path} should hold the key to who was erased, and cannot be read as one.",
                    hint="Restore it from the backup of the state.",
                ) from None
        return self._key

    def load_or_create(self) -> ErasureKey:
        """Return the key; the first time, make one, for its owner alone, and see to it that it is on the disk.

        The caller holds the state's write lock, so that no two are made.

        Raises:
            StateUnwritable: the file cannot be written.
            ErasureKeyLost: see `load`.
        """
        key = self.load()
        if key is not None:
            return key
        try:
            with replacement(self.path, encoding="ascii") as file:
                file.write(f"{os.urandom(_BYTES).hex()}\n")
        except OSError as error:
            raise StateUnwritable(
                f"The file {self.path} cannot be written: {error.strerror}.",
                hint="Check the folder and its rights. Nobody was erased.",
            ) from None
        return self.load_or_create()


def _decoded(text: str) -> bytes:
    value = bytes.fromhex(text.strip())
    if len(value) != _BYTES:
        raise ValueError
    return value
