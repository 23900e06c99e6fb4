"""The card that holds a place in a reel: whose it is, and why there is no picture."""

from PIL import ImageDraw

from tasks.animatic import titles
from tasks.animatic.faces import font
from tasks.animatic.planes import Planes
from tasks.domain.shot import Size


def slate(scene: str, shot_id: str, words: str, size: Size) -> Planes:
    """The card as video holds it: scene and shot above, the words in the middle. The size must be even."""
    accent = titles.accent_of(scene)
    picture = titles.ground(size, accent)
    draw, unit = ImageDraw.Draw(picture), titles.unit(size)
    left, top = size.width * titles.TEXT_MARGIN, size.height * titles.TEXT_MARGIN
    room, small = size.width - 2 * left, font(3.4 * unit)
    head = " / ".join(text for text in map(titles.drawable, (scene, shot_id)) if text)
    small.write(draw, (left, top + 3.4 * unit), titles.shorten(head, small, room), accent)
    told, height = titles.drawable(words) or "no clip", size.height - 2 * top - 12 * unit
    type_size, lines = titles.fit(told, room, height, [n * unit / 4 for n in range(28, 11, -1)])
    tall = titles.CAP * type_size + titles.LEADING * type_size * (len(lines) - 1)
    base = (size.height - tall) / 2 + titles.CAP * type_size
    for number, line in enumerate(lines):
        y = base + number * titles.LEADING * type_size
        font(type_size).write(draw, (left, y), line, titles.CREAM, room)
    return Planes.of(picture)
