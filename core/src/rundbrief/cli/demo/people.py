"""The people of the demo: invented, the same every time, with addresses in reserved domains only (RFC 2606)."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

__all__ = ["HEROINE", "Person", "people"]

_DOMAINS = (
    "example.com",
    "example.org",
    "example.net",
    "post.example",
    "mail.example",
    "uni-nordstadt.example",
    "werkstatt.example",
    "praxis.test",
)

_GERMAN = (
    "Jürgen Björn Käthe Günther Jördis Anna Lukas Sören Ute Heike Matthias Änne Rüdiger Friederike Karl-Heinz "
    "Marie-Luise Torsten Gülsen Ömer Aylin Jan Mirjam Bärbel Götz Leonie Felix",
    "Müller Weiß Schäfer Großmann Jäger Köhler Schröder Vogt Krüger Böhm Grünwald Möller Özdemir Yilmaz Straßer "
    "Lüdemann Hübner Brandt Schmidt-Rottluff König Fuchs Wölfel Zöllner Kühn",
    (("10115", "Berlin"), ("80331", "München"), ("50667", "Köln"), ("20095", "Hamburg"), ("90402", "Nürnberg")),
    "DE",
)
_FRENCH = (
    "Élodie François Chloé Benoît Anaïs Jérôme Zoé Loïc",
    "Lefèvre Béranger Dupré Gauthier Noël Rousseau d'Aubigné",
    (("69001", "Lyon"), ("67000", "Strasbourg")),
    "FR",
)
_POLISH_CZECH = (
    "Łukasz Agnieszka Zbigniew Małgorzata Jiří Kateřina Ondřej Růžena",
    "Wójcik Mazur Łoś Gołąb Dzięcioł Janů Jirků",
    (("00-001", "Warszawa"), ("110 00", "Praha")),
    "PL",
)
_NORDIC = (
    "Åsa Øyvind Søren Þóra Mikkel Sigrún Lærke Bjørg",
    "Sørensen Åkerlund Ødegård Bjørnstad Nygaard Kjær",
    (("1050", "København"), ("111 20", "Stockholm")),
    "DK",
)
_SOUTHERN = (
    "José Núria João Inês Niccolò Zoë Íñigo Conceição",
    "García Muñoz Gonçalves D'Angelo Peña Conti Ibáñez Simões",
    (("28001", "Madrid"), ("1100-148", "Lisboa"), ("20121", "Milano")),
    "ES",
)
_IRISH = (
    "Siobhán Aoife Pádraig Sinéad Eoghan",
    "O'Neill Ó-Conaill Mac-Gabhann D'Arcy",
    (("D02", "Dublin"), ("H91", "Galway")),
    "IE",
)
_VIETNAMESE = ("Hương Ngọc Đức Thảo Minh-Châu", "Nguyễn Trần Phạm Đặng", (("10369", "Berlin"),), "DE")
_REGIONS = (_GERMAN, _GERMAN, _GERMAN, _FRENCH, _POLISH_CZECH, _NORDIC, _SOUTHERN, _IRISH, _VIETNAMESE)

_COMPANIES = (
    "Bäckerei Krüger & Söhne",
    "Möbelhaus Süd GmbH",
    "Zahnarztpraxis Dr. Weiß",
    "Blumen-Café Jäger",
    "Straßenbau Lüdemann AG",
    "L'Atelier du Vélo",
    "Książki i Kawa",
    "Nordlys Ægir ApS",
)

_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "ł": "l", "þ": "th"}
    | {"đ": "d", "'": "", " ": ""}
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the demo. An empty address is a missing one."""

    first_name: str
    last_name: str
    email: str
    postcode: str
    city: str
    country: str
    company: str = ""


HEROINE = Person("Jördis", "Weiß", "joerdis.weiss+brief@example.org", "20095", "Hamburg", "DE")
"""She unsubscribes, and stays out."""


def people(count: int) -> Sequence[Person]:
    """Return so many different people, the heroine first; each has an address of their own."""
    return [HEROINE, *islice(_strangers(), count - 1)]


def _strangers() -> Iterator[Person]:
    # Sample data, and it has to be the same every time.
    chance = random.Random("rundbrief")  # noqa: S311  # nosec B311
    taken = {HEROINE.email}
    while True:
        person = _somebody(chance)
        number = 1
        while person.email in taken:
            number += 1
            local, domain = person.email.split("@")
            person = replace(person, email=f"{local.rstrip('0123456789')}{number}@{domain}")
        taken.add(person.email)
        yield person


def _somebody(chance: random.Random) -> Person:
    first_names, last_names, cities, country = chance.choice(_REGIONS)
    first, last = chance.choice(first_names.split()), chance.choice(last_names.split())
    postcode, city = chance.choice(cities)
    company = chance.choice(_COMPANIES) if chance.random() < 0.2 else ""
    return Person(first, last, _address(chance, first, last), postcode, city, country, company)


def _address(chance: random.Random, first: str, last: str) -> str:
    first, last = _ascii(first), _ascii(last)
    local = chance.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{last}.{first}", f"{first}{last[0]}"))
    tag = chance.choice(("+news", "+shop", "+rundbrief")) if chance.random() < 0.08 else ""
    return f"{local}{tag}@{chance.choice(_DOMAINS)}"


def _ascii(name: str) -> str:
    """Spell a name the way people do when they choose a mail address."""
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(_SPELT_OUT))
    return "".join(
        character for character in decomposed if character.isascii() and (character.isalnum() or character in "-")
    )
