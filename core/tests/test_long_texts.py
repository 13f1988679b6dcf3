"""Whatever others send, and however long it is: what searches it comes to an end.

A pattern that begins anew at each letter of a word, or that can be divided in many ways, takes hours for a text of
this length. Nothing is measured here; the alarm rings for what would not end.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from rundbrief.cli import log
from rundbrief.crm.local.csv_cells import protect
from rundbrief.errors import InputError
from rundbrief.fields import FieldType
from rundbrief.fields.converting.forms import to_mail, to_site
from rundbrief.fields.converting.outcome import Unfit
from rundbrief.fields.spelling import parse
from rundbrief.http import redaction
from rundbrief.masking import mask_addresses

LENGTH = 50_000
WORDS = [
    *("a", "1", " ", "'", "@", "a-", "a.", "1.111", "1 ", "a@", "a@a.", "%40", "token=", "bearer ", "|", "\\"),
    "0123456789abcdefghij-",
]
TEXTS = [start + word * (LENGTH // len(word)) + end for word in WORDS for start, end in (("", ""), ("1", "x@"))]
SEARCHES: dict[str, Callable[[str], object]] = {
    "log": log.redacted,
    "path": redaction.masked,
    "refusal": mask_addresses,
    "cell": protect,
    "site": to_site,
    "mail": to_mail,
    **{f"parse {kind}": lambda text, kind=kind: parse(text, kind) for kind in FieldType},
}


@pytest.fixture
def ends() -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TimeoutError("it does not come to an end")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs an alarm clock")
@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_long_text_is_searched_to_its_end(search: Callable[[str], object]) -> None:
    for text in TEXTS:
        with suppress(ValueError, Unfit, InputError):
            search(text)
