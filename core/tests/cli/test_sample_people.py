"""The demo's people are invented, many-coloured, and the same every time."""

from rundbrief.cli.demo.people import HEROINE, people

RESERVED = ("example.com", "example.org", "example.net", ".example", ".test")


def test_everybody_lives_in_a_reserved_domain() -> None:
    for person in people(500):
        domain = person.email.rpartition("@")[2]
        assert domain.endswith(RESERVED), person


def test_every_address_is_unique_and_plain() -> None:
    everybody = people(500)
    assert len({person.email for person in everybody}) == 500
    assert all(person.email.isascii() and " " not in person.email for person in everybody)


def test_the_same_people_come_every_time() -> None:
    assert people(50) == people(50)
    assert people(10)[0] == HEROINE


def test_names_are_international() -> None:
    everybody = people(300)
    assert sum(not person.last_name.isascii() for person in everybody) > 50
    assert any("+" in person.email for person in everybody[1:])
    assert len({person.country for person in everybody}) >= 5
