"""The service of a benchmark: a provider's sandbox on a port, until its standard input says stop.

python service.py FOLDER PROVIDER PEOPLE LATENCY_MS
"""

import json
import sys
from pathlib import Path

from rundbrief.plugins import load_provider


def main(folder: Path, provider: str, people: int, latency_ms: int) -> None:
    sandbox = load_provider(provider).sandbox()
    assert sandbox is not None
    list_id = sandbox.add_list("Benchmark")
    if people:
        sandbox.seed(list_id, people)
    sandbox.latency = latency_ms / 1000
    with sandbox.serve() as base_url:
        settings = dict(sandbox.settings(base_url))
        place = {"list_id": list_id, "settings": settings, "environ": dict(sandbox.environ())}
        (folder / "service.json").write_text(json.dumps(place), encoding="utf-8")
        print("ready", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
