"""The same over real sockets: what a machine's network does when things go wrong."""

import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rundbrief.errors import ProtocolError, RundbriefError, ServiceUnavailable
from rundbrief.http import AccountLimits, Client, RetryPolicy, open_client
from rundbrief.session import Endpoint, HeaderAuth, Secret
from rundbrief.testing.serving import served

KEY = "k-3c0ffee-us21"
IMPATIENT = RetryPolicy(total_seconds=0.0)


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Take connections on a port of this machine, and hand each to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    answer(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def client_for(url: str, **options: Any) -> Client:
    endpoint = Endpoint(url, HeaderAuth(Secret(KEY)), timeout=options.pop("timeout", 5.0))
    return open_client(endpoint, limits=AccountLimits(4), **options)


def failure_of(url: str, **options: Any) -> RundbriefError:
    with client_for(url, retry=IMPATIENT, **options) as client, pytest.raises(RundbriefError) as caught:
        client.get("/members/jo@example.org")
    return caught.value


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "cannot be reached" in str(failure_of(f"http://127.0.0.1:{port}"))


def test_nobody_answers() -> None:
    silence = threading.Event()

    def answer(_: socket.socket) -> None:
        silence.wait(5)

    with listening(answer) as port:
        error = failure_of(f"http://127.0.0.1:{port}", timeout=0.05)
        silence.set()
    assert "in time" in str(error)


@pytest.mark.parametrize(
    ("sent", "error", "told"),
    [
        (b"", ServiceUnavailable, "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", ServiceUnavailable, "broke off"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", ServiceUnavailable, "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nplain", ProtocolError, "cannot be read"),
    ],
)
def test_an_answer_that_is_none(sent: bytes, error: type[RundbriefError], told: str) -> None:
    def answer(line: socket.socket) -> None:
        line.recv(65_536)
        line.sendall(sent)

    with listening(answer) as port:
        failure = failure_of(f"http://127.0.0.1:{port}")
    assert isinstance(failure, error)
    assert told in str(failure)


def test_a_lost_line_is_taken_up_again() -> None:
    lines = 0

    def answer(line: socket.socket) -> None:
        nonlocal lines
        lines += 1
        line.recv(65_536)
        if lines > 2:
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with listening(answer) as port, client_for(f"http://127.0.0.1:{port}", wait=lambda _: None) as client:
        assert client.get("/lists").json() == {}
        assert client.requests_sent == 3


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_told_at_once(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    seen = []

    def answer(line: socket.socket) -> None:
        try:
            with context.wrap_socket(line, server_side=True) as encrypted:
                seen.append(encrypted.recv(65_536))
        except ssl.SSLError:
            return  # the client hung up, as it should

    waits: list[float] = []
    with (
        listening(answer) as port,
        client_for(f"https://localhost:{port}", wait=waits.append) as client,
        pytest.raises(ServiceUnavailable, match="identity"),
    ):
        client.get("/lists")
    assert waits == [], "another attempt meets the same certificate"
    assert KEY.encode() not in b"".join(seen)


def test_no_log_line_of_any_library_shows_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Link", "</members/jo@example.org>"), ("Content-Length", "2")])
        return [b"{}"]

    caplog.set_level(logging.DEBUG)
    with served(app) as url, client_for(url) as client:
        client.post("/members/jo@example.org", params={"email": "jo@example.org"}, json={"mail": "jo@example.org"})
    assert "POST /members/…: 200" in caplog.text
    for private in (KEY, "jo@", "jo%40"):
        assert private not in caplog.text


def test_threads_share_one_client_and_its_lines() -> None:
    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"{}"]

    with served(app) as url, client_for(url) as client:
        threads = [threading.Thread(target=lambda: [client.get("/lists") for _ in range(5)]) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.requests_sent == 60
