"""Faults: what goes wrong, when, and whether the request took effect."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Response

from rundbrief.testing import faults


def test_a_fault_meets_the_request_it_waits_for(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.answer_with(503), method="POST", path="^/people", skip=1, times=2)
    assert client.get("/people").status_code == 200
    assert client.post("/other").status_code == 200
    assert [client.post("/people").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_faults_that_are_cleared_do_not_come(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.answer_with(500))
    assert not counter.faults.clear(), "nobody has met it"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("times", [1, 2, 1_000])
def test_it_is_known_whether_a_fault_was_met(counter: Any, client: httpx.Client, times: int) -> None:
    counter.faults.add(faults.answer_with(500), skip=1, times=times)
    client.get("/")
    client.get("/")
    assert counter.faults.clear()


@pytest.mark.parametrize(("applied", "count"), [(False, 0), (True, 1)])
def test_an_error_comes_instead_of_the_effect_or_after_it(
    counter: Any, client: httpx.Client, applied: bool, count: int
) -> None:
    counter.faults.add(faults.answer_with(500, applied=applied))
    assert client.post("/").status_code == 500
    assert counter.applied == count


def test_patience_is_asked_for_in_three_ways(counter: Any, client: httpx.Client) -> None:
    until = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    counter.faults.add(faults.retry_after(30))
    counter.faults.add(faults.retry_at(until, 503))
    counter.faults.add(faults.answer_with(429))
    answers = [client.get("/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 503, 429]
    assert answers[0].headers["Retry-After"] == "30"
    assert parsedate_to_datetime(answers[1].headers["Retry-After"]) == until
    assert "Retry-After" not in answers[2].headers


def test_a_proxy_speaks_html(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.html_error())
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")


def test_a_refusal_may_be_empty(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.answer_with(403))
    assert client.get("/").content == b""


def test_an_answer_may_end_in_its_middle(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.truncated)
    answer = client.post("/")
    assert counter.applied == 1
    assert answer.text == '{"coun'


@pytest.mark.parametrize(
    ("fault", "error", "count"),
    [
        (faults.refused, httpx.ConnectError, 0),
        (faults.lost_before, httpx.ReadError, 0),
        (faults.lost_after, httpx.ReadError, 1),
        (faults.timeout_after, httpx.ReadTimeout, 1),
    ],
)
def test_a_lost_connection_in_process(
    counter: Any, client: httpx.Client, fault: faults.Fault, error: type[Exception], count: int
) -> None:
    counter.faults.add(fault)
    with pytest.raises(error):
        client.post("/")
    assert counter.applied == count
    assert next(iter(counter.requests)).status == 0
    assert counter.requests.under_way == 0


@pytest.mark.parametrize(
    ("fault", "count"), [(faults.lost_before, 0), (faults.lost_after, 1), (faults.timeout_after, 1)]
)
def test_a_lost_connection_on_a_port_is_closed_without_a_byte(
    counter: Any, fault: faults.Fault, count: int
) -> None:
    counter.faults.add(fault)
    with counter.serve() as base_url, httpx.Client(base_url=base_url, trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            client.post("/")
        assert counter.applied == count
        assert client.get("/").status_code == 200


def test_a_fault_may_wait_for_a_query(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.answer_with(503), path="^/people$", query="(^|&)since=")
    paths = ["/people", "/people?page=2", "/people?page=2&since=1", "/people?since=1"]
    assert [client.get(one).status_code for one in paths] == [200, 200, 503, 200]


def test_the_json_of_an_answer_can_be_edited(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.edited(lambda document: {**document, "more": [1]}))
    assert client.post("/").json() == {"count": 1, "more": [1]}
    assert counter.applied == 1


def test_types_can_be_wrong(counter: Any, client: httpx.Client) -> None:
    true = {"a": "text", "b": 1, "c": True, "d": None, "e": [{"f": 1.5}], "g": []}
    counter.faults.add(faults.edited(lambda _: true))
    counter.faults.add(faults.wrong_typed)
    assert client.get("/").json() == true
    assert client.get("/").json() == {"count": "a text"}
    assert faults.wrong_typed(lambda: Response(json.dumps(true))).get_data(as_text=True) == json.dumps(
        {"a": 4711, "b": "a text", "c": "a text", "d": None, "e": {"0": {"f": "a text"}}, "g": []}
    )
    assert faults.wrong_typed(lambda: Response("no JSON")).get_data() == b"no JSON"


def test_an_answer_may_be_gigantic(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.gigantic(3_000_000))
    answer = client.post("/")
    assert (answer.status_code, len(answer.content) > 3_000_000, counter.applied) == (200, True, 1)


def test_an_answer_may_drip(counter: Any, client: httpx.Client, clock: Any) -> None:
    counter.faults.add(faults.dripping(clock.advance, 30.0))
    began = clock()
    with client.stream("POST", "/") as answer:
        drops = answer.iter_raw()
        assert [next(drops) for _ in range(4)] == [b" "] * 4
    assert ((clock() - began).total_seconds(), counter.applied) == (120.0, 1)


def test_a_service_may_point_elsewhere_or_be_somebody_else(counter: Any, client: httpx.Client) -> None:
    counter.faults.add(faults.redirected("https://elsewhere.example/x"))
    answer = client.post("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/x")
    counter.faults.add(faults.untrusted)
    with pytest.raises(httpx.ConnectError, match="certificate"):
        client.post("/")
    assert counter.applied == 0


def test_somebody_acts_before_or_after_a_request(counter: Any, client: httpx.Client) -> None:
    seen: list[tuple[str, int]] = []
    counter.faults.add(faults.meanwhile(lambda: seen.append(("before", counter.applied))))
    counter.faults.add(faults.afterwards(lambda: seen.append(("after", counter.applied))))
    client.post("/")
    client.post("/")
    assert seen == [("before", 0), ("after", 2)]


def test_a_run_can_be_cut_off_at_a_request(counter: Any, client: httpx.Client) -> None:
    def cut_off() -> None:
        raise KeyboardInterrupt

    counter.faults.add(faults.afterwards(cut_off), skip=1)
    client.post("/")
    with pytest.raises(KeyboardInterrupt):
        client.post("/")
    assert counter.applied == 2
