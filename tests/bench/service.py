"""The service of a benchmark: a Mailchimp sandbox on a port, until its standard input says stop.

python service.py FOLDER PEOPLE LATENCY_MS
"""

import json
import sys
from pathlib import Path

from rundbrief_mailchimp.testing import MailchimpSandbox


def main(folder: Path, people: int, latency_ms: int) -> None:
    sandbox = MailchimpSandbox()
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
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
