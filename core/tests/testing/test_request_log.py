"""What a sandbox remembers of its requests."""

import threading
from typing import Any

import httpx

from rundbrief.testing.requestlog import RequestLog, RequestRecord


def test_reads_and_writes_are_counted(counter: Any, client: httpx.Client) -> None:
    client.get("/people?page=1")
    client.get("/people/7")
    client.post("/people", content=b"{}")
    client.patch("/people/7", content=b"{}")
    assert (counter.requests.reads, counter.requests.writes, len(counter.requests)) == (2, 2, 4)


def test_requests_are_counted_by_method_and_path(counter: Any, client: httpx.Client) -> None:
    client.get("/people/7")
    client.get("/people/8")
    client.post("/people")
    assert counter.requests.count("GET") == 2
    assert counter.requests.count(path=r"^/people/\d+$") == 2
    assert counter.requests.count("POST", "people") == 1
    assert counter.requests.count("DELETE") == 0


def test_a_record_tells_what_was_sent_and_answered(counter: Any, client: httpx.Client) -> None:
    client.post("/people?kind=new", content=b'{"name": "Jo"}')
    (record,) = counter.requests
    assert (record.method, record.path, record.query) == ("POST", "/people", "kind=new")
    assert record.body == b'{"name": "Jo"}'
    assert record.status == 200


def test_a_reset_forgets(counter: Any, client: httpx.Client) -> None:
    client.get("/")
    counter.requests.reset()
    assert (len(counter.requests), counter.requests.most_at_once) == (0, 0)


def test_the_oldest_bodies_make_room_and_their_records_stay() -> None:
    log = RequestLog(body_budget=25)
    for number in range(4):
        with log.entry(RequestRecord("POST", f"/{number}", "", b"ten bytes!")):
            pass
    assert [record.path for record in log] == ["/0", "/1", "/2", "/3"]
    assert [len(record.body) for record in log] == [0, 0, 10, 10]


def test_a_body_beyond_the_budget_is_not_kept_at_all() -> None:
    log = RequestLog(body_budget=5)
    with log.entry(RequestRecord("POST", "/", "", b"too long")):
        pass
    assert [record.body for record in log] == [b""]


def test_requests_that_are_under_way_together_are_seen(counter: Any) -> None:
    all_there = threading.Barrier(5)
    counter.faults.add(lambda answer: (all_there.wait(10), answer())[1], times=5)
    with counter.serve() as base_url:
        threads = [threading.Thread(target=lambda: httpx.get(base_url, trust_env=False)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counter.requests.most_at_once == 5
    assert counter.at_once == 5
    assert counter.requests.under_way == 0
