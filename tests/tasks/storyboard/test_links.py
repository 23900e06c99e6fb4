"""What rows start from, end on and show: the columns last_image, continues, references, and the cast."""

import pytest

from tasks.domain.identity import fingerprint_of, parts_of
from tasks.domain.shot import Before, CastMember, Shown
from tests.tasks.boards import BASE, board, faults_of, read_after, shot_of

CAST = {
    "hero": CastMember("hero", "a tall woman", ("hero/front.jpg", "hero/side.jpg")),
    "dog": CastMember("dog", "a wet dog", ("dog.png",), required=True),
    "voice": CastMember("voice", "a voice"),
}
FRONT, SIDE = (Shown(f"{BASE}/hero/{name}.jpg", "hero", "a tall woman", firm=False) for name in ("front", "side"))


def told(data: str) -> list[tuple[str, str]]:
    return [(fault.column, fault.message) for fault in faults_of(data, vars={}, cast=CAST)]


@pytest.mark.parametrize("header", ["last_image", "end frame", "Last Frame", "End Image URL", "尾帧", "Schlussbild"])
def test_the_picture_that_a_shot_ends_on(header: str) -> None:
    """It is read under the names that people give it, beside the board."""
    shot = shot_of(f"prompt,image,{header}", "x,a.png,b.png")
    assert (shot.image, shot.last_image, shot.mode) == (f"{BASE}/a.png", f"{BASE}/b.png", "image_to_video")


@pytest.mark.parametrize("row", ["x,,b.png,", "x,a.png,b.png,text_to_video", "x,a.mp4,b.png,remix"])
def test_an_end_needs_a_start(row: str) -> None:
    """Without a first picture, or in a mode that has none, a last one is a fault."""
    (column, message), *_ = told(f"prompt,image,last_image,mode\n{row}\n")
    assert column == "last_image" and "starts from" in message


@pytest.mark.parametrize("header", ["continues", "continues from", "Fortsetzung von", "承接"])
def test_a_row_continues_another(header: str) -> None:
    """It is image_to_video and waits for that row, which may stand below it."""
    first, second = board(f"shot_id,prompt,{header}\na,x,b\nb,y,\n").shots
    assert (first.mode, first.source_shot, first.continues, first.image) == ("image_to_video", "b", "b", "")
    assert (second.mode, second.continues) == ("text_to_video", "")


def test_a_row_without_an_id_is_continued_by_its_place() -> None:
    """The ids that rows get by their place can be named."""
    assert board("prompt,continues\nx,\ny,sh010\n").shots[1].continues == "sh010"


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("b,y,sh1,,,", "continues", "no shot of this board"),
        ("b,y,aa,,,", "continues", "no shot of this board"),
        ("b,y,a,i.png,,", "image", "leave image empty"),
        ("b,y,a,,v.mp4,", "source", "leave source empty"),
        ("b,y,a,,a,", "source", "leave source empty"),
        ("b,y,a,,,t2v", "mode", "leave the mode empty"),
        ("b,y,a,,,remix", "mode", "leave the mode empty"),
        ("b,y,-,,,", "continues", "says that there is none; leave the cell empty"),
        ("b,y,n/a,,,", "continues", "says that there is none; leave the cell empty"),
        ("b,y,b,,,", "continues", "not its own source (b -> b); name another row or a picture"),
    ],
)
def test_what_a_row_that_continues_may_not_say(row: str, column: str, words: str) -> None:
    """Each contradiction is a fault of its own column."""
    found = told(f"shot_id,prompt,continues,image,source,mode\na,x,,,,\n{row}\nc,z,a,,,\n")
    assert [one for one in found if one[0] == column and words in one[1]], found
    assert len(found) == 1


def test_a_ring_of_both_kinds_is_told() -> None:
    """Rows that wait for each other by continues and source together are one fault."""
    [(column, message)] = told("shot_id,prompt,continues,source\na,x,b,\nb,y,,a\n")
    assert column == "continues" and "these shots start from each other: a -> b -> a" in message


def test_names_of_the_cast_and_pictures() -> None:
    """A cell of references lists both; what a row names is firm, whatever its prompt names too."""
    shot = shot_of("prompt,references", '"{hero} waits","hero; p/q.png|dog\nhttps://e.org/x.jpg"', vars={}, cast=CAST)
    assert [one.image.removeprefix(f"{BASE}/") for one in shot.references] == [
        *("hero/front.jpg", "hero/side.jpg", "p/q.png", "dog.png", "https://e.org/x.jpg"),
    ]
    assert all(one.firm for one in shot.references)
    assert shot.prompt == "a tall woman waits"


@pytest.mark.parametrize(
    "cell", ["hero;c.png", "hero；c.png", "hero｜c.png", "| hero ;; c.png ;", "hero\r\n\r\nc.png", "hero\u2028c.png"]
)
def test_whatever_divides_a_list(cell: str) -> None:
    """Full-width signs are read as the others are, here too; what is empty between two is nothing."""
    shot = shot_of("prompt,references", f'x,"{cell}"', vars={}, cast=CAST)
    assert [one.image.removeprefix(f"{BASE}/") for one in shot.references] == [
        *("hero/front.jpg", "hero/side.jpg", "c.png"),
    ]


@pytest.mark.parametrize("cell", ["hero;hero/front.jpg", "hero/front.jpg;./hero/front.jpg;hero", "hero;hero;hero"])
def test_a_picture_that_is_named_twice_is_shown_once(cell: str) -> None:
    """By its member's name, by its own, or by another way to it: it goes out once, and is paid for once."""
    shot = shot_of("prompt,references", f"x,{cell}", vars={}, cast=CAST)
    assert shot.references == tuple(one._replace(firm=True) for one in (FRONT, SIDE))


def test_a_picture_that_the_row_names_goes_out_whoever_it_shows() -> None:
    """The prompt names its member, who need not be seen; the row names the file, which is never dropped."""
    shot = shot_of("prompt,references", "{hero} waits,hero/side.jpg", vars={}, cast=CAST)
    assert shot.references == (FRONT, SIDE._replace(firm=True))


def test_a_picture_of_two_members_stands_for_each() -> None:
    """Two who share a picture have each their own text, which is part of what is asked."""
    cast = {name: CastMember(name, f"the {name}", ("twins.png",)) for name in ("older", "younger")}
    shot = shot_of("prompt,references", "{older} and {younger},", vars={}, cast=cast)
    assert [one.text for one in shot.references] == ["the older", "the younger"]


def test_a_prompt_names_the_cast() -> None:
    """Text and pictures come with the name; they are firm only where the member is required."""
    shot = shot_of("prompt", "{hero} and {hero} with {dog} and {voice}", vars={}, cast=CAST)
    assert shot.prompt == "a tall woman and a tall woman with a wet dog and a voice"
    assert shot.references == (FRONT, SIDE, Shown(f"{BASE}/dog.png", "dog", "a wet dog"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("hro;a.png", "'hro' is neither in [cast] nor a picture; did you mean 'hero'?"),
        ("voice;a.png", "[cast.voice] has no images"),
        ("voice;hro;a.png", "[cast.voice] has no images"),
        ("voice;hro;a.png", "'hro' is neither in [cast] nor a picture; did you mean 'hero'?"),
        ("hro|a.png|=IMAGE(A1)", "is a formula"),
    ],
)
def test_what_references_cannot_be(cell: str, words: str) -> None:
    """A name that nobody has is a fault with the near one; so is a member without pictures."""
    [(column, message)] = told(f"prompt,references\nx,{cell}\n")
    assert column == "references" and words in message


def test_references_without_a_name_or_picture_are_carried() -> None:
    """Prose under that name is text for the manifest."""
    read = board("prompt,references\nx,see the mood board\n", cast=CAST)
    assert read.extra_columns == ("references",) and read.shots[0].references == ()


@pytest.mark.parametrize(
    ("header", "cell", "name"),
    [("End Frame", "z.png", "last_image"), ("continues", "a", "continues"), ("references", "r.png", "references")],
)
def test_a_target_that_carried_it_goes_on(header: str, cell: str, name: str) -> None:
    """A column that the last manifest carries stays one, until [columns] names it."""
    data = f"shot_id,prompt,image,{header}\na,x,i.png,\nb,y,{'' if name == 'continues' else 'i.png'},{cell}\n"
    kept = read_after(data, Before(frozenset({header})))
    assert kept.extra_columns == (header,)
    assert [(one.header, one.name) for one in kept.told.held] == [(header, name)]
    assert parts_of(kept.shots[1]).keys() == parts_of(kept.shots[0]).keys()
    taken = read_after(data, Before(frozenset({header})), columns={name: header})
    assert taken.extra_columns == () and taken.told.held == ()


def test_what_is_new_is_in_the_fingerprint_where_it_is_used() -> None:
    """Last picture, continued row and each reference's text and picture count; a cast name does not."""
    plain = shot_of("prompt,image", "x,a.png")
    parts = parts_of(plain, image_digest="ab")
    both = plain._replace(last_image="b.png", references=(FRONT,))
    digests = {FRONT.image: "cd", "b.png": "ef"}
    asked = parts_of(both, image_digest="ab", digests=digests)
    assert asked == parts | {"last_image": "ef", "references": [["a tall woman", "cd"]]}
    row = plain._replace(image="", source_shot="a")
    assert parts_of(row, source="12" * 32) == parts_of(row) | {"continues": "12" * 32, "fit": "cover", "source": ""}
    other = both._replace(references=(FRONT._replace(name="heroine"),))
    assert fingerprint_of(parts_of(other, image_digest="ab", digests=digests)) == fingerprint_of(asked)
