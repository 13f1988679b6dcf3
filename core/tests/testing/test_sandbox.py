"""The base of the sandboxes: time, latency, and serving on a port."""

import http.client
import socket
import threading
import time
from typing import Any

import httpx
import pytest


def test_the_date_is_the_clocks(counter: Any, client: httpx.Client, clock: Any) -> None:
    assert client.get("/").headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    clock.advance(90)
    assert client.get("/").headers["Date"] == "Mon, 23 Nov 2026 12:01:30 GMT"


def test_latency_is_waited_for_side_by_side(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All four wait at the same time: whoever held the lock meanwhile would keep the others out."""
    waiting = threading.Barrier(4)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        waiting.wait(10)

    counter.latency = 0.05
    with counter.serve() as base_url:
        monkeypatch.setattr(time, "sleep", wait)
        threads = [threading.Thread(target=lambda: httpx.post(base_url, trust_env=False)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert waits == [0.05] * 4
    assert counter.applied == 4


def test_many_clients_at_once_lose_no_update(counter: Any) -> None:
    def post_some() -> None:
        with httpx.Client(base_url=base_url, trust_env=False) as client:
            for _ in range(20):
                client.post("/")

    with counter.serve() as base_url:
        threads = [threading.Thread(target=post_some) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counter.applied == 160


def test_an_answer_is_sent_in_one_piece(counter: Any) -> None:
    with counter.serve() as base_url:
        _, _, port = base_url.rpartition(":")
        with socket.create_connection(("127.0.0.1", int(port))) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: counter\r\n\r\n")
            first = connection.recv(65536)
    assert first.endswith(b'\r\n\r\n{"count": 0}')


def test_a_connection_is_kept(counter: Any) -> None:
    with counter.serve() as base_url:
        connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
        connection.request("POST", "/")
        connection.getresponse().read()
        kept = connection.sock
        connection.request("POST", "/")
        assert connection.getresponse().read() == b'{"count": 2}'
        assert connection.sock is kept
        connection.close()


def test_serving_leaves_nothing_behind(counter: Any) -> None:
    before = threading.active_count()
    ports = set()
    for _ in range(5):
        with counter.serve() as base_url, httpx.Client(base_url=base_url, trust_env=False) as client:
            client.get("/")
            ports.add(base_url)
    assert threading.active_count() == before
    for base_url in ports:
        with pytest.raises(httpx.ConnectError):
            httpx.get(base_url, trust_env=False)


def test_serving_ends_also_when_a_client_is_still_connected(counter: Any) -> None:
    with httpx.Client(trust_env=False) as client:
        with counter.serve() as base_url:
            client.get(base_url)
        with pytest.raises(httpx.TransportError):
            client.get(base_url)


def test_a_port_that_is_taken_is_an_error(counter: Any) -> None:
    with counter.serve() as base_url:
        port = int(base_url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), counter.serve(port):
            pass
