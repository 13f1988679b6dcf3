"""Nobody makes the contract smaller without saying so."""

from typing import Any

import pytest

from rundbrief.testing import ProviderContract
from rundbrief.testing.contract import RULES, Level


def test_a_dropped_rule_is_refused() -> None:
    with pytest.raises(TypeError, match=r"drops or overrides test_r11_.*xfail"):

        class Smaller(ProviderContract):
            provider = "pigeon"
            test_r11_a_checkpoint_is_where_to_go_on = None


def test_a_rule_stated_anew_is_refused() -> None:
    with pytest.raises(TypeError, match="test_c08_an_empty_list_is_read_to_its_end"):

        class Easier(ProviderContract):
            provider = "pigeon"

            def test_c08_an_empty_list_is_read_to_its_end(self) -> None:  # type: ignore[override]
                pass


def test_so_is_one_that_a_mixin_hides() -> None:
    class Mixin:
        test_t01_who_unsubscribes_meanwhile_stays_out: Any = None

    with pytest.raises(TypeError, match="test_t01_"):

        class Hidden(Mixin, ProviderContract):
            provider = "pigeon"


def test_skipping_is_no_reason() -> None:
    with pytest.raises(TypeError, match="test_c08_"):

        class Skipping(ProviderContract):
            provider = "pigeon"

            @pytest.mark.skip(reason="later")
            def test_c08_an_empty_list_is_read_to_its_end(self) -> None:  # type: ignore[override]
                pass


def test_an_expected_failure_needs_its_reason() -> None:
    with pytest.raises(TypeError, match="test_c08_"):

        class Silent(ProviderContract):
            provider = "pigeon"

            @pytest.mark.xfail
            def test_c08_an_empty_list_is_read_to_its_end(self) -> None:  # type: ignore[override]
                pass


def test_what_is_said_openly_is_allowed() -> None:
    class Open(ProviderContract):
        provider = "pigeon"
        crowd = 5_000

        @pytest.mark.xfail(reason="The service has no checkpoint on an empty list.")
        def test_c08_an_empty_list_is_read_to_its_end(self, bench: Any) -> None:
            super().test_c08_an_empty_list_is_read_to_its_end(bench)

        def test_more_of_our_own(self) -> None:
            pass

    assert Open.crowd == 5_000


def test_rules_are_numbered_without_a_gap_and_explained() -> None:
    for level in Level:
        numbers = [rule.number for rule in RULES if rule.level is level]
        letter = level.value[0].upper()
        assert numbers == [f"{letter}{number:02}" for number in range(1, len(numbers) + 1)]
    for rule in RULES:
        assert rule.title.endswith("."), rule
        assert rule.why.endswith("."), rule
