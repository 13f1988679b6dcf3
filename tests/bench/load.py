"""Load: so many contacts through import, export and runs that change nothing, against each service's sandbox.

    python tests/bench/load.py                                      1,000,000 contacts, all services: hours
    python tests/bench/load.py --size 100000 --services mailchimp   smaller

Each sandbox is served on a port by a process of its own, each run happens in a fresh one. A run that does not do
what it is called ends this; nothing else is asserted.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import Measurement, client, service

from rundbrief.plugins import installed

IMPORTS = ("import", "import again")
EXPORTS = ("export new", "export again")
SETTINGS = {"brevo": {"poll_seconds": 30.0}}
"""Provider -> what somebody with so many contacts sets. Brevo is asked a hundred times an hour at most whether an
import has ended, and its sandbox takes half a minute for one."""
COLUMNS = (
    ("service", 12),
    ("run", 13),
    ("contacts", 10),
    ("minutes", 8),
    ("contacts/s", 11),
    ("CPU s", 8),
    ("requests", 9),
    ("peak memory", 12),
    ("state", 9),
    ("CRM", 9),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000, help="contacts")
    parser.add_argument("--services", nargs="+", default=sorted(plugin.name for plugin in installed()))
    parser.add_argument("--only", choices=("import", "export"), help="one direction")
    options = parser.parse_args()

    print_row(*(title for title, _ in COLUMNS))
    for provider in options.services:
        for one in measure(provider, options.size, options.only or ""):
            print_row(
                provider,
                one.scenario,
                f"{one.size:,}",
                f"{one.seconds / 60:.1f}",
                f"{one.per_second:,.0f}",
                f"{one.cpu_seconds:,.0f}",
                f"{one.requests:,}",
                f"{one.peak_mb:.0f} MB",
                f"{one.state_mb:,.0f} MB",
                f"{one.crm_mb:,.0f} MB",
            )


def print_row(*cells: str) -> None:
    print("  ".join(cell.rjust(width) for cell, (_, width) in zip(cells, COLUMNS, strict=True)), flush=True)


def measure(provider: str, size: int, only: str = "") -> Iterator[Measurement]:
    """Import everybody into an empty CRM, then export everybody to an empty service."""
    directions = {"import": (size, IMPORTS), "export": (0, EXPORTS)}
    for people, scenarios in (directions[one] for one in directions if only in ("", one)):
        with tempfile.TemporaryDirectory(prefix="rundbrief-load-") as place:
            folder = Path(place)
            with service(folder, provider, people, settings=SETTINGS.get(provider)):
                for scenario in scenarios:
                    yield client(folder, scenario, size)


if __name__ == "__main__":
    main()
