import hashlib
import json
import re
import string
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.domain.identity import (
    clip_stem,
    fingerprint_of,
    frame_stem,
    key_of,
    nearest_name,
    number_text,
    parts_of,
    slug_of,
)
from tasks.domain.shot import Shot, Size
from tests.tasks.purchases import shot


def asked(**values: Any) -> str:
    return fingerprint_of(parts_of(shot(**values), image_digest="ab" * 32, source="cd" * 32))


def test_the_fingerprint_is_pinned() -> None:
    """The same question has the same fingerprint in every version: another one would buy every clip again."""
    bare = Shot("sh010", 2, "A", "a cat", "text_to_video", Decimal(8), Size(1280, 720), "cover")
    all_ = {"negative_prompt": "blur", "mode": "remix", "fit": "blur", "seed": 7, "audio": True}
    full = bare._replace(route="pixazo:sora-2-pro", **all_)
    unicode_ = bare._replace(prompt="Übung 😀 „x“\nzwei", seconds=Decimal("4.50"))
    files = {"image_digest": "ab" * 32, "source": "cd" * 32}
    asked = (parts_of(bare), parts_of(full, **files), parts_of(unicode_, **files))
    assert tuple(map(fingerprint_of, asked)) == (
        "63e1f48aa10453f7205f4fa991456997fe8bfbc2f4028b2cce06e8a3a8c1eed2",
        "9484376871dba7f1655219a43b6658b95ccd3dac654367b2fec2dfb5fdf77644",
        "ff9db8e858d5c44541325fe7498eac7e893cf08cd79297109f63f57c4ecb202f",
    )


PINNED: list[tuple[dict[str, Any], dict[str, str], str]] = [
    # as 0.1 computed them
    ({}, {}, "63e1f48aa10453f7205f4fa991456997fe8bfbc2f4028b2cce06e8a3a8c1eed2"),
    (
        {"prompt": "Übung 😀 „x“\nzwei", "scene": "Z", "shot_id": "sh999"},
        {},
        "c6742bde4f06ee7be4d216f8708fa1b24e19b4ebd91a2213d98761f567f2cea2",
    ),
    ({"prompt": "  two  spaces\tand a tab  "}, {}, "aaa779f376decb5977ce26e809a98e2722bde835764a810744a19e27f08abbc1"),
    ({"negative_prompt": "blur, rain"}, {}, "0967edbd810a2b926add0310f940c9bc43953475b548ba389aa660f3ab69ad47"),
    (
        {"mode": "image_to_video", "image": "boat.png"},
        {"image_digest": "ab" * 32},
        "21b005d55cfa11e63c7673ea23f099cd426e823e2de72ff78b96021cc1c50470",
    ),
    (
        {"mode": "image_to_video", "image": "boat.png", "fit": "blur"},
        {"image_digest": "ab" * 32},
        "86dde6ae1e3301e7fc626613c105b21a48f0b9bd7cdf295408140f6b34579139",
    ),
    (
        {"mode": "remix", "source_shot": "sh010"},
        {"source": "cd" * 32},
        "64812dca503669cc3b78b2d1ee1dafa7274b9a9deab76d4a72d33dcbaccb41c3",
    ),
    (
        {"mode": "remix", "source": "https://h/a.mp4", "seconds": Decimal("4.50")},
        {"source": "ab" * 32},
        "dfc06da7665fc37e546ff2c5e1fbc8dcde6219e7eede361a429ffeccb623d0d6",
    ),
    (
        {"seed": 0, "audio": False, "size": Size(720, 1280)},
        {},
        "753118d3fae7f0171bdcd3ad960d0443f799c12182275ecc0a94af13f6b06d87",
    ),
    (
        {"seed": 7, "audio": True, "route": "hero", "seconds": Decimal("12.0")},
        {},
        "cae4ba7f63390e94bc7f561fb66c81fe76a2de97f495689444eda523454d276d",
    ),
    (
        {"prompt": 'quotes " \\ and \u2028 \x7f', "route": "pixazo:sora-2-pro"},
        {},
        "ddd4df0902be24368ed04ff233b091b26b119fd35ff50735c191cf9a2f79891a",
    ),
]


@pytest.mark.parametrize(("cells", "files", "fingerprint"), PINNED)
def test_a_row_that_uses_nothing_new_has_the_fingerprint_of_0_1(
    cells: dict[str, Any], files: dict[str, str], fingerprint: str
) -> None:
    """What 0.1 bought is known by the same name: another one would buy it again."""
    assert fingerprint_of(parts_of(shot(**cells), **files)) == fingerprint


CHANGES: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": "a dog"},
    "negative_prompt": {"negative_prompt": "blur"},
    "mode": {"mode": "remix"},
    "fit": {"fit": "blur"},
    "seconds": {"seconds": Decimal("8.5")},
    "size": {"size": Size(720, 1280)},
    "seed": {"seed": 0},
    "audio": {"audio": False},
    "route": {"route": "hero"},
}


def test_what_was_asked_changes_the_fingerprint() -> None:
    """Each thing that a row asks for, and each of its files, makes another question."""
    parts = parts_of(shot(), image_digest="ab" * 32, source="cd" * 32)
    files = [parts | {"image": "ef" * 32}, parts | {"source": "ef" * 32}]
    found = [asked(), *(asked(**change) for change in CHANGES.values()), *map(fingerprint_of, files)]
    assert len(set(found)) == 2 + 1 + len(CHANGES)


@pytest.mark.parametrize(
    "change",
    [
        {"shot_id": "sh999"},
        {"row": 77},
        {"scene": "B"},
        {"image": "elsewhere/same.png"},
        {"source": "elsewhere/same.mp4"},
        {"source_shot": "sh020"},
        {"seconds": Decimal("8.00")},
        {"extras": {"note": "x"}},
        {"warnings": ("snapped",)},
    ],
)
def test_what_was_not_asked_changes_nothing(change: dict[str, Any]) -> None:
    """No id, row, scene, path, spelling of a number or carried column is in a fingerprint."""
    assert asked(**change) == asked()


def test_fit_counts_with_an_image_only() -> None:
    """How an image would fit is no part of a question without one."""
    assert parts_of(shot(fit="blur")) == parts_of(shot(fit="cover"))


def test_false_and_silence_differ() -> None:
    """A cell that says no is not an empty cell."""
    assert len({asked(audio=value) for value in (None, False, True)}) == 3
    assert len({asked(seed=value) for value in (None, 0, 1)}) == 3


@given(st.fixed_dictionaries({"prompt": st.text(st.characters(), max_size=20)}))
def test_any_text_has_a_fingerprint(cells: dict[str, str]) -> None:
    """Any text, halves of characters too, can be asked for, and the order of the parts is nothing."""
    parts = parts_of(shot(**cells))
    assert re.fullmatch("[0-9a-f]{64}", fingerprint_of(parts))
    assert fingerprint_of(dict(reversed(parts.items()))) == fingerprint_of(parts)


@given(
    st.dictionaries(
        st.text(string.ascii_lowercase),
        st.one_of(st.text(), st.text(string.printable), st.none(), st.booleans(), st.integers(0, 2**32)),
    )
)
@example({"prompt": '\x7f\x00\u2028\ud800 " \\ / é 😀'})
@example({"prompt": "".join(map(chr, range(128)))})
def test_the_quick_spelling_is_the_canonical_one(parts: dict[str, Any]) -> None:
    """The bytes that are digested are those of the standard library, whichever encoder wrote them."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    assert fingerprint_of(parts) == hashlib.sha256(text.encode()).hexdigest()


def test_keys_count() -> None:
    """A key is 16 hex of the fingerprint and the number of the row with it."""
    assert [key_of("0123456789abcdef" * 4, k) for k in (1, 2, 10)] == [
        "0123456789abcdef-1",
        "0123456789abcdef-2",
        "0123456789abcdef-10",
    ]


def six(shot_id: str) -> str:
    return hashlib.sha256(shot_id.encode()).hexdigest()[:6]


@pytest.mark.parametrize(
    ("shot_id", "slug"),
    [
        ("sh010", "sh010"),
        ("a_b-c", "a_b-c"),
        ("-", "-"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 50 + "-" + six("x" * 61)),
        ("SH010", "sh010-" + six("SH010")),
        ("Sc 1 / Übung", "sc-1-ubung-" + six("Sc 1 / Übung")),
        ("../../etc/passwd", "etc-passwd-" + six("../../etc/passwd")),
        ("sh010\n", "sh010-" + six("sh010\n")),
        ("001.5", "001-5-" + six("001.5")),
        ("日本", "ri-ben-" + six("日本")),
        ("!!!", "shot-" + six("!!!")),
        ("Ab " * 30, ("ab-" * 30)[:50].strip("-") + "-" + six("Ab " * 30)),
    ],
)
def test_slugs(shot_id: str, slug: str) -> None:
    """A safe id is its own slug; any other is its slug cut to 50 and 6 hex of its sha256."""
    assert slug_of(shot_id) == slug


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100))
def test_slugs_are_safe(shot_id: str) -> None:
    """A slug is a plain file name on every system, whatever the id holds."""
    assert re.fullmatch(r"[a-z0-9_-]{1,60}", slug_of(shot_id))


ids = st.text(st.sampled_from("aAbB -_.é"), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ids, st.sampled_from(["a cat", "a dog", "a fox"])), unique_by=lambda row: row[0]))
def test_no_two_rows_share_a_clip(rows: list[tuple[str, str]]) -> None:
    """On a board no two rows have the same clip name, even where names know no case."""
    seen: Counter[str] = Counter()
    stems = []
    for shot_id, prompt in rows:
        seen[prompt] += 1
        stems.append(clip_stem(shot_id, key_of(asked(prompt=prompt), seen[prompt]), 1))
    assert len({stem.lower() for stem in stems}) == len(rows)


@given(ids, st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40), st.integers(1, 9)), unique=True, max_size=12))
def test_one_id_never_names_two_takes_alike(shot_id: str, questions: list[tuple[int, int, int]]) -> None:
    """Over all runs an id may stand for many keys and attempts: each has a clip name of its own, twins too."""
    takes = [(key_of(asked(seed=seed), k), n) for seed, k, n in questions]
    assert len({clip_stem(shot_id, key, n) for key, n in takes}) == len(takes)


def test_the_first_row_shows_its_key() -> None:
    """A clip's name is its slug, 8 hex and its attempt's number; for a first row the hex is the key's."""
    assert clip_stem("sh010", "0123456789abcdef-1", 3) == "sh010-01234567-3"
    twin = "0123456789abcdef-11"
    assert clip_stem("sh010", twin, 1) == f"sh010-{hashlib.sha256(twin.encode()).hexdigest()[:8]}-1"


def test_frames_are_named_by_what_they_are() -> None:
    """A frame is named by its file's digest, size and fit."""
    assert frame_stem("0123456789abcdef", Size(1280, 720), "cover") == "0123456789ab-1280x720-cover"
    assert frame_stem("0123456789abcdef", Size(1280, 720), "blur", "white") == "0123456789ab-1280x720-blur-white"


@pytest.mark.parametrize(
    ("value", "text"),
    [("8", "8"), ("8.0", "8"), ("4.50", "4.5"), ("1E+1", "10"), ("0.0", "0"), ("-0", "0"), ("0.001", "0.001")],
)
def test_numbers_have_one_spelling(value: str, text: str) -> None:
    """Equal numbers are spelled alike, without exponents."""
    assert number_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("word", "known", "likeness", "wanted"),
    [
        ("promt", ("prompt", "image"), 0.6, "prompt"),
        ("PROMPT", ("prompt", "image"), 0.6, "prompt"),
        ("sh10", ("SH010", "SH020"), 0.6, "SH010"),
        ("zebra", ("sh010",), 0.6, ""),
        ("zebra", ("sh010",), 0.0, "sh010"),
        ("a", ("A", "a"), 0.6, "A"),
        ("x" * 500, ("x" * 100,), 0.6, "x" * 100),
        ("", ("sh010",), 0.6, ""),
        ("sh010", (), 0.0, ""),
    ],
)
def test_the_nearest_name(word: str, known: tuple[str, ...], likeness: float, wanted: str) -> None:
    """The most alike, whatever its case, as it is spelled there; nothing where none is alike enough."""
    assert nearest_name(word, iter(known), likeness) == wanted
