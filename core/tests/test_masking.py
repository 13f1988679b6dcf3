"""Texts of others lose every address and key before they are logged or reported."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.known_secrets import without_secrets
from rundbrief.masking import mask_addresses
from rundbrief.session import Secret


@pytest.fixture(scope="module", autouse=True)
def keys_of_these_tests_alone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rundbrief.known_secrets._secrets", set())
        yield


@given(
    local=st.from_regex(r"[a-z0-9.+_'-]{1,20}", fullmatch=True), text=st.sampled_from(["{}", "<{}>.", '"{}", no'])
)
def test_no_address_survives_masking(local: str, text: str) -> None:
    address = f"{local}@example.org"
    assert address not in mask_addresses(text.format(address))
    assert address.replace("@", "%40") not in mask_addresses(text.format(address.replace("@", "%40")))


@given(st.from_regex(r"[A-Za-z0-9+/=._~-]{8,40}", fullmatch=True).filter(lambda key: not key.isalpha()))
def test_no_key_survives_masking_once_it_was_used(key: str) -> None:
    Secret(key)
    assert key not in without_secrets(f"Invalid key {key}, or {key}{key}.")
    assert key not in mask_addresses(f"Invalid key {key}")


@pytest.mark.parametrize("word", ["", "rundbrief", "key-1", "Nachname"])
def test_a_mere_word_is_no_key(word: str) -> None:
    Secret(word)
    assert without_secrets(f"The field {word} is missing.") == f"The field {word} is missing."


def test_a_report_line_stays_short() -> None:
    assert len(mask_addresses("word " * 5000)) == 300
