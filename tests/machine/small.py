"""Small pages and batches, one after the other: so that a handful of people takes several of each."""

import functools
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any
from unittest.mock import patch

import rundbrief_brevo
import rundbrief_brevo.contacts
import rundbrief_cleverreach
import rundbrief_cleverreach.receivers
import rundbrief_mailchimp
import rundbrief_mailchimp.members
import rundbrief_weclapp.api
import rundbrief_weclapp.writing
from rundbrief import paging
from rundbrief.crm.local import reading as local_reading
from rundbrief.engine import importing, lookups, orphans, people, reading, recovery, staging, writing
from rundbrief.hookspecs import ProviderInfo

__all__ = ["small_pages"]

PAGE = 4
OVERLAP = 1
BATCH = 3
CUT_PAGE = 6
"""CleverReach's pages are cut smaller, and still have to hold more than the overlap."""

_PAGES = (
    (rundbrief_brevo.contacts, "LIMIT"),
    (rundbrief_mailchimp.members, "COUNT"),
    (rundbrief_weclapp.api, "PAGE"),
    (local_reading, "CHUNK"),
    (importing, "PAGE"),
    (lookups, "CHUNK"),
    (orphans, "PAGE"),
    (people, "PAGE"),
    (recovery, "PAGE"),
    (staging, "CHUNK"),
    (writing, "SETTLE_BATCH"),
)
_PROVIDERS = (rundbrief_brevo, rundbrief_cleverreach, rundbrief_mailchimp)


@contextmanager
def small_pages() -> Iterator[None]:
    """Make pages and batches small as long as this lasts.

    Nothing runs side by side meanwhile, so that an example goes the same way each time.
    """
    with ExitStack() as stack:
        for module, name in _PAGES:
            stack.enter_context(patch.object(module, name, PAGE))
        stack.enter_context(patch.object(rundbrief_cleverreach.receivers, "PAGE", CUT_PAGE))
        stack.enter_context(patch.object(paging, "OVERLAP", OVERLAP))
        stack.enter_context(patch.object(rundbrief_weclapp.writing, "CONCURRENCY", 1))
        stack.enter_context(patch.object(reading, "read_ahead", _as_needed))
        for module in _PROVIDERS:
            stack.enter_context(patch.object(module, "provider_info", _one_by_one(module)))
        yield


def _as_needed(items: Iterable[Any], *_: object) -> Generator[Any]:
    yield from items


def _one_by_one(module: ModuleType) -> Callable[[], ProviderInfo]:
    present = module.provider_info

    @functools.wraps(present)
    def provider_info() -> ProviderInfo:
        info: ProviderInfo = present()
        return replace(info, concurrency=1, batch_sizes=dict.fromkeys(info.batch_sizes, BATCH))

    return provider_info
