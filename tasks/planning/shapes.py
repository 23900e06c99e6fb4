"""What becomes of a picture whose shape or number of pixels is not the shot's. Pure."""

from tasks.domain.shot import Fit, Size

CUT = 1 / 3  # 4:3 in 16:9 loses a quarter: that is what people expect
ENLARGED = 2.0


def told(picture: tuple[int, int] | None, size: Size, fit: Fit) -> tuple[str, ...]:
    """What a user would want to know before paying: how much of the picture (width and height in pixels, upright)
    ``cover`` cuts away, and that it is enlarged over twice. Nothing of a picture whose size is not known."""
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
