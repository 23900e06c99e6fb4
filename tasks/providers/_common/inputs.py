"""What an order holds beside its words, as adapters send it: frames, pictures of what is to be seen, and a source."""

import re

from tasks.domain.errors import Refused
from tasks.domain.order import Order

_INLINE = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,([\w+/=-]+)", re.ASCII | re.IGNORECASE)
AS_REFERENCES = (
    "Use the given image(s) as references for video generation. "
    "The images should not be used as literal initial frames."
)


def frames_of(order: Order, first: str = "first_frame", last: str = "last_frame") -> dict[str, str]:
    """The addresses of the picture that a clip begins with and of the one that it ends on, by what a gateway calls
    them; without those that the order does not hold."""
    begins = order.frame if order.shot.mode == "image_to_video" else None
    return {name: frame.uri for name, frame in ((first, begins), (last, order.last_frame)) if frame}


def references_of(order: Order) -> list[str]:
    """The addresses of the pictures of what is to be seen, in the order of the row."""
    return [one.frame.uri for one in order.references]


def by_role(order: Order) -> list[tuple[str, str]]:
    """Frames and references alike, each address with the role by which several gateways know it."""
    return [*frames_of(order).items(), *(("reference_image", uri) for uri in references_of(order))]


def inline_of(uri: str) -> tuple[str, str] | None:
    """The type and the base64 text of a data URI; None for any other address."""
    found = _INLINE.fullmatch(uri)
    return (found[1], found[2]) if found else None


def tag_prompt(order: Order) -> str:
    """The prompt with the tags by which Google's Omni is told what each picture is, in the order of `by_role`; a first
    frame alone needs none. Documents, checked 2026-11-27: https://ai.google.dev/gemini-api/docs/omni (tags)."""
    frames, shown = [f"<{name.upper()}>" for name in frames_of(order)], len(order.references)
    if len(frames) + shown == len(frames[:1]):
        return order.prompt
    sources = [f"{tag}@Image{at}" for at, tag in enumerate(frames, start=1)]
    pictures = [f"<IMAGE_REF_{at}>@Image{at + len(frames) + 1}" for at in range(shown)]
    heads = [f"[# {name} {' '.join(tags)}]" for name, tags in (("Sources", sources), ("References", pictures)) if tags]
    return " ".join([*heads, order.prompt, *([] if frames else [AS_REFERENCES])])


def source_of(order: Order, *, inline: bool = True) -> str:
    """The address of the clip that a remix starts from, which is a data URI only where the gateway takes it ``inline``.

    Raises ``Refused`` when there is none that can be sent.
    """
    uri = order.source.uri if order.source else ""
    if not uri.startswith(("https://", "data:") if inline else "https://"):
        small = ", or one small enough to go inline" * inline
        raise Refused(f"needs a source with an https address{small}")
    return uri
