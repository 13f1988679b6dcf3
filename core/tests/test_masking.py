"""Texts of others lose every address before they are logged or reported."""

from hypothesis import given
from hypothesis import strategies as st

from rundbrief.masking import mask_addresses


@given(
    local=st.from_regex(r"[a-z0-9.+_'-]{1,20}", fullmatch=True), text=st.sampled_from(["{}", "<{}>.", '"{}", no'])
)
def test_no_address_survives_masking(local: str, text: str) -> None:
    address = f"{local}@example.org"
    assert address not in mask_addresses(text.format(address))
    assert address.replace("@", "%40") not in mask_addresses(text.format(address.replace("@", "%40")))


def test_a_report_line_stays_short() -> None:
    assert len(mask_addresses("word " * 5000)) == 300
