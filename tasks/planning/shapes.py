"""How a picture of another shape or of few pixels fits into a shot. Pure."""

from tasks.domain.shot import Fit, Size

CUT = 1 / 3  # share that may be cut away in silence: people expect that 4:3 in 16:9 loses a quarter
ENLARGED = 2.0  # times that a picture may be enlarged in silence


def describe_fit(picture: tuple[int, int] | None, size: Size, fit: Fit) -> tuple[str, ...]:
    """What a user should know before paying, a line each: that ``cover`` cuts much of the picture away, and that it is
    enlarged over twice.

    ``picture`` has its upright width and height in pixels; None where they are not known, and then nothing is said.
    """
    if picture is None:
        return ()
    width, height = picture
    factors = size.width / width, size.height / height
    cut = 1 - min(factors) / max(factors)
    turned = (width - height) * (size.width - size.height) < 0
    said = []
    if fit == "cover" and (cut > CUT or turned):
        way = f'fit = "blur" shows all of its {width}x{height}'
        said.append(f"cover cuts {100 * cut:.0f} % of the picture away to fill {size}; {way}")
    if (factor := max(factors) if fit == "cover" else min(factors)) > ENLARGED:
        times = f"{factor:.1f}".removesuffix(".0")
        said.append(f"the picture of {width}x{height} is scaled up {times} times for {size}")
    return tuple(said)
