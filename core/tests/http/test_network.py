"""The same over real sockets: what a machine's network does when things go wrong."""

import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass
class Certificate:
    """Who a server says it is, and how long that is good for."""

    host: str = "localhost"
    days: int = 2
    is_trusted: bool = True


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.parametrize(
    ("certificate", "is_believed"),
    [
        (Certificate(), True),
        (Certificate(is_trusted=False), False),
        (Certificate(host="other.example"), False),
        (Certificate(days=-1), False),
    ],
    ids=["good", "self-signed", "other host", "expired"],
)
def test_only_a_certificate_that_proves_who_it_is_gets_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Certificate, is_believed: bool
) -> None:
    seen = []
    context = context_with(certificate, tmp_path)

    def answer(line: socket.socket) -> None:
        try:
            with context.wrap_socket(line, server_side=True) as encrypted:
                seen.append(encrypted.recv(65_536))
                encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except (ssl.SSLError, ConnectionError):
            return  # the client hung up, as it should

    if certificate.is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    waits: list[float] = []
    with listening(answer) as port, client_for(f"https://localhost:{port}", wait=waits.append) as client:
        if is_believed:
            client.get("/lists")
        else:
            with pytest.raises(ServiceUnavailable, match="identity"):
                client.get("/lists")
    assert waits == [], "another attempt meets the same certificate"
    assert (KEY.encode() in b"".join(seen)) == is_believed


def context_with(certificate: Certificate, folder: Path) -> ssl.SSLContext:
    """Return what a server with this certificate encrypts with."""
    key, wish, names, made = (folder / name for name in ("key.pem", "wish.pem", "names", "certificate.pem"))
    names.write_text(f"subjectAltName=DNS:{certificate.host}", encoding="utf-8")
    ask = f"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={certificate.host}"
    sign = f"openssl x509 -req -days {certificate.days}"
    for command in (
        [*ask.split(), "-keyout", str(key), "-out", str(wish)],
        [*sign.split(), "-in", str(wish), "-signkey", str(key), "-extfile", str(names), "-out", str(made)],
    ):
        subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_redirect_takes_nothing_to_another_port(method: str, status: str) -> None:
    arrived: list[Any] = []

    def elsewhere(environ: Any, start_response: Any) -> list[bytes]:
        arrived.append(environ)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"{}"]

    with served(elsewhere) as target:

        def app(_: Any, start_response: Any) -> list[bytes]:
            start_response(status, [("Location", f"{target}/members"), ("Content-Length", "0")])
            return [b""]

        with served(app) as url, client_for(url) as client, pytest.raises(ProtocolError, match="redirects"):
            client.request(method, "/members", json={"email": "jo@example.org"})
    assert arrived == []


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
