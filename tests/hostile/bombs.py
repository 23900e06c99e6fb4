"""Writes ``samples/``: files of a kilobyte or two that unpack to gigabytes. ``python -m tests.hostile.bombs``"""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.hostile import SAMPLES


def write() -> None:
    """One dictionary entry of 5 MB that 50,000 rows name; cells that repeat the one before; a list of nulls."""
    entry = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 5_000_000]))
    _save("dictionary", {"prompt": entry})
    repeats: dict[str, Any] = {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}
    _save("prefixes", {"prompt": ["z" * 200_000] * 50_000}, **repeats)
    nulls = pa.ListArray.from_arrays(pa.array([0, 200_000_000], pa.int32()), pa.nulls(200_000_000, pa.int8()))
    _save("list", {"prompt": pa.array(["a"]), "tags": nulls})
    kinds: dict[str, Any] = {"webp": {"lossless": True, "method": 0}, "avif": {"speed": 10}, "jp2": {}}
    for kind, side in (("webp", 5477), ("avif", 6123), ("jp2", 5000)):  # the most that is read, and more than is
        for name, length in (("largest", side), ("bomb", 2 * side)):
            picture = Image.new("RGBA", (length, length), (9, 9, 9, 9))
            picture.save(SAMPLES / f"{name}.{kind}", **kinds[kind])


def _save(name: str, columns: dict[str, Any], **options: Any) -> None:
    pq.write_table(pa.table(columns), SAMPLES / f"{name}.parquet", compression="zstd", **options)


if __name__ == "__main__":
    write()
