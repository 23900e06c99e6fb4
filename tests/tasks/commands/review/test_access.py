"""Who may ask: tables of hosts, origins, sites and tokens."""

import pytest

from tasks.commands.review.access import LOOPBACK, Access, is_loopback, reach

CLOSED = Access("secret", 8000)
OPEN = Access("secret", 8000, frozenset((*LOOPBACK, "studio", "studio.local")), anywhere=True)


@pytest.mark.parametrize(
    ("host", "closed", "anywhere"),
    [
        ("127.0.0.1:8000", True, True),
        ("localhost:8000", True, True),
        ("LOCALHOST", True, True),
        ("[::1]:8000", True, True),
        ("localhost:9000", True, True),  # through a tunnel
        ("192.168.1.7:8000", False, True),
        ("studio:8000", False, True),
        ("studio.local:8000", False, True),
        ("evil.example:8000", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("localhost.", False, False),
        ("", False, False),
        ("a@localhost", False, False),
        ("localhost:x", False, False),
        ("localhost/evil", False, False),
        ("[::1", False, False),
    ],
)
def test_hosts(host: str, closed: bool, anywhere: bool) -> None:
    """Only names of this machine are answered; addresses only where it listens at more than loopback."""
    assert (CLOSED.is_own(host), OPEN.is_own(host)) == (closed, anywhere)
    assert (CLOSED.why_not({"host": host}) == "") is closed


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"origin": "http://localhost:8000"}, False),
        ({"origin": "https://localhost:8000"}, True),
        ({"origin": "http://localhost:3000"}, True),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
    ],
)
def test_origins(headers: dict[str, str], refused: bool) -> None:
    """Pages of others, those of another port of this machine too, are refused."""
    assert bool(CLOSED.why_not({"host": "localhost:8000", **headers})) is refused


@pytest.mark.parametrize(("token", "opens"), [("secret", True), ("", False), ("secre", False), ("sécret\ud800", False)])
def test_tokens(token: str, opens: bool) -> None:
    """The token of this start opens, and nothing else."""
    assert CLOSED.opens(token) is opens


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "only this machine"),
        ("localhost", "only this machine"),
        ("::1", "only this machine"),
        ("0.0.0.0", "any address of this machine"),
        ("::", "any address of this machine"),
        ("192.168.1.7", "reaches 192.168.1.7"),
        ("studio", "reaches studio"),
    ],
)
def test_reach(host: str, words: str) -> None:
    """One line says who can reach it."""
    assert words in reach(host)
    assert "\n" not in reach(host)
    assert is_loopback(host) is ("only" in words)
