"""The page's server: this machine, this page, these addresses, JSON of a bounded size, nothing but levels."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeschool.play.server import LARGEST_BODY, PlayServer
from homeschool.web import html


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayServer]:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "page.js").write_text("document.title;\n")
    (folder / "page.css").write_text("body{margin:0}\n")
    monkeypatch.setattr(html, "BUNDLE", folder)
    html.bundle.cache_clear()
    server = PlayServer(tmp_path / "out")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    html.bundle.cache_clear()


RULE = "def rule(attempt, history):\n    return 1.0\n"


def ask(
    server: PlayServer, path: str, body: bytes | None = None, method: str = "", **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    method = method or ("GET" if body is None else "POST")
    sent = {} if body is None else {"Content-Type": "application/json", "Origin": own(server)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {name: value for name, value in sent.items() if value})
    return connection.getresponse()


def own(server: PlayServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def post(server: PlayServer, action: str, sent: Any, **headers: str) -> tuple[int, Any]:
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    response = ask(server, f"/{server.token}/{action}", body, **headers)
    content = response.read()
    return response.status, json.loads(content) if content else None


def test_the_page_and_its_policy(server: PlayServer) -> None:
    response = ask(server, f"/{server.token}/")
    page = response.read().decode()
    assert response.status == 200 and '"play":{"levels":[' in page
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "connect-src 'self'" in policy
    assert server.server_address[0] == "127.0.0.1"


def test_a_level_is_played(server: PlayServer) -> None:
    status, found = post(server, "play", {"level": 4, "settings": {"group": 5.0, "divide": True}})
    assert status == 200 and found["passed"] is True and len(found["charts"][0]["lines"]) == 3


@pytest.mark.parametrize("path", ["/", "/play", "/wrong/play", "/TOKEN/events", "/TOKEN/rule", "/TOKEN/../train"])
def test_no_other_address(server: PlayServer, path: str) -> None:
    path = path.replace("TOKEN", server.token)
    assert ask(server, path).status == 404
    assert ask(server, path, b"{}").status == 404


def test_foreign_pages_and_names_are_turned_away(server: PlayServer) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"http://127.0.0.1:{server.server_port + 1}"},
        {"Host": "evil.example"},
    ):
        assert post(server, "play", {"level": 4}, **headers)[0] == 403
    assert ask(server, f"/{server.token}/", Host="evil.example").status == 403
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert ask(server, f"/{server.token}/play", method=method).status == 405


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no object"),
        (b"[" * 5000, "no JSON"),
        ({"level": 99}, "there is no level 99"),
        ({"level": 4, "settings": {"group": 1e9}}, "group is 1000000000.0, expected a number from 2 to 16"),
        ({"level": 8, "settings": {"group": 10**400}}, "expected a number from 2 to 16"),
        ({"level": 8, "settings": {"group": float("nan")}}, "group is nan, expected a number from 2 to 16"),
        ({"level": 4, "settings": {"out": "/etc"}}, 'level 4 has no control "out"'),
        ({"level": 7, "settings": {"program": "x" * 30_000}}, "at most 20000 characters"),
    ],
)
def test_what_no_control_could_have_sent_is_refused_in_words(server: PlayServer, sent: Any, said: str) -> None:
    status, found = post(server, "play", sent)
    assert status == 400 and said in found["error"]


def test_a_body_has_a_size_and_a_kind(server: PlayServer) -> None:
    assert post(server, "play", b" " * (LARGEST_BODY + 1))[0] == 400
    assert post(server, "play", {"level": 4}, Content_Type="text/plain")[0] == 400
    assert post(server, "play", {"level": 4}, Content_Length="-1")[0] == 400


def test_what_is_wrong_with_a_rule_is_said(server: PlayServer) -> None:
    status, found = post(server, "play", {"level": 7, "settings": {"program": "import torch\n"}})
    assert status == 400 and "torch, which is not in the standard library" in found["error"]


def test_a_training_takes_a_rule_and_nothing_else(server: PlayServer) -> None:
    for sent in (
        *({}, {"program": RULE}, {"level": 2, "settings": {}}, {"level": 99}),
        *({"level": 7, "settings": {"program": program}} for program in (3, "", "import torch\n")),
        *({"level": 3, "settings": {"layers": 9}}, {"level": 6, "settings": {"clip_low": "0.2"}}),
        *({"level": 8, "settings": {"rule": "/etc/passwd"}}, {"level": 8, "settings": {"group": 1e9}}),
        {"level": 8, "settings": {"out": "/etc"}},
    ):
        assert post(server, "train", sent)[0] == 400
    assert post(server, "stop", {})[1]["state"] == "idle"
    assert json.loads(ask(server, f"/{server.token}/training").read())["state"] == "idle"
