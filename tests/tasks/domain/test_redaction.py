"""What must not be shown or recorded is cut, one spelling and one kind of thing at a time."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from tasks.domain import redaction
from tasks.domain.redaction import CUT, SHORTEST

# every way to spell it is another one, and its base64 holds + and / wherever it begins
KEY = 'sk/a b"&>~?\x7f>>??~~o?>MARKED~>>?'

PLAIN = {
    "as it is": KEY,
    "in another case": KEY.swapcase(),
    "in an address": quote(KEY, safe=""),
    "in a form": quote_plus(KEY),
    "in a page": html.escape(KEY),
    "in hex": KEY.encode().hex(),
    "in large hex": KEY.encode().hex().upper(),
    "in JSON": json.dumps(KEY)[1:-1],
}


@pytest.mark.parametrize("name", PLAIN)
def test_each_spelling_is_cut_by_itself(name: str) -> None:
    """Of each way to write the key nothing is left, in a text as in a reply that is no JSON."""
    assert len(set(PLAIN.values())) == len(PLAIN)
    assert redaction.hidden(f"bad key {PLAIN[name]}!", KEY) == f"bad key {CUT}!"
    assert redaction.hidden_in(f"<p>bad key {PLAIN[name]}!".encode(), KEY) == f"<p>bad key {CUT}!".encode()


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("lead", ["", "k", "ke", "key"])
def test_base64_is_cut_wherever_the_key_begins(lead: str, encode: type[bytes]) -> None:
    """In base64 of either alphabet only the letters stay that the key shares with what stands around it."""
    echo = encode(f"{lead}{KEY} and more".encode()).decode()
    assert set(echo) & set("+-") and set(echo) & set("/_")
    left, cut, rest = redaction.hidden(echo, KEY).partition(CUT)
    assert cut and len(left) <= len(lead) * 8 // 6 + 1 and len(rest) <= len(" and more") * 8 // 6 + 4


def test_json_is_read_before_it_is_searched() -> None:
    """A reply may write each letter of the key as an escape, or only some: it is found, and the rest stays JSON."""
    key = "sk-live-MARKED"
    for echo in ("".join(f"\\u{ord(letter):04x}" for letter in key), key.replace("M", "\\u004D")):
        clean = redaction.hidden_in(f'{{"a": "bad {echo}"}}'.encode(), key)
        assert json.loads(clean) == {"a": f"bad {CUT}"}


def test_a_key_counts_from_eight_letters_on() -> None:
    """A key of seven is a word that honest replies hold, one of eight is looked for."""
    seven, eight = "abcdefg", "abcdefgh"
    assert len(eight) == SHORTEST
    assert redaction.hidden(f"id {seven}", seven) == f"id {seven}"
    assert redaction.hidden(f"id {eight}", eight) == f"id {CUT}"
    assert redaction.hidden_in(b'"abcdefg"', seven) == b'"abcdefg"'
    assert redaction.hidden_in(b'"abcdefgh"', eight) == b'"[cut]"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DATA:image/PNG;base64,AAAA", "data:..."),
        ("data:image/svg+xml;charset=utf-8;base64,AAAA x", "data:... x"),
        ("https://token@h/a", "https://h/a"),
        ("https://h/a?x=1", "https://h/a?..."),
        ("https://h/a#x", "https://h/a?..."),
        (r"https:\/\/u:p@h\/a", r"https:\/\/h\/a"),
        *((f"{name}=abcdefgh", f"{name}={CUT}") for name in ("x-amz-a", "x-goog-a", "x-ms-a", "sig", "signature")),
        *((f"{name}: abcdefgh", f"{name}: {CUT}") for name in ("token", "my-token", "secret", "password", "api_key")),
        *((f"{name}=abcdefgh", f"{name}={CUT}") for name in ("apikey", "Key-Pair-Id", "Policy", "SIG")),
        ("token: Bearer abcdefgh", f"token: {CUT}"),
        ("bearer abcdefgh", f"bearer {CUT}"),
        ("Authorization: Basic abcdefgh", f"Authorization: Basic {CUT}"),
        ("Authorization: abcdefgh", f"Authorization: {CUT}"),
        ("authorization=Key abcdefgh", f"authorization=Key {CUT}"),
    ],
)
def test_each_kind_of_secret_is_cut_by_itself(text: str, shown: str) -> None:
    """What opens something is cut by what stands before it, although nobody knows the secret."""
    assert redaction.cut(text) == shown
    assert (redaction.line(text), redaction.plain(text)) == (shown, shown)


MOVES = [*map(chr, (0, 7, 8, 9, 11, 13, 27, 31, 127, 128, 155, 159, 0x2028, 0x202E, 0x2066, 0x2069))]


@pytest.mark.parametrize("letter", MOVES, ids=lambda letter: f"U+{ord(letter):04X}")
def test_what_moves_a_terminal_is_a_blank(letter: str) -> None:
    """Controls of both sets and what turns text around are blanks, in a line and in lines; a line's end ends lines."""
    assert redaction.line(f"a{letter}{letter}b\nc") == "a b c"
    assert redaction.plain(f"a{letter}{letter}b\nc") == "a b\nc"
