"""The tables at the target: their rows, their sums and their bytes."""

from tasks.manifest.costs import total_costs
from tasks.manifest.csv_file import disarm
from tasks.manifest.csv_file import write as write_csv
from tasks.manifest.files import TableHead, build_tables, load_attempts, load_manifest, read_manifest, summary
from tasks.manifest.parquet_file import write as write_parquet
from tasks.manifest.refunds import refunds_line
from tasks.manifest.rows import MANIFEST, Row, Table, kept_again, row_keys
from tasks.manifest.sounds import SHEET, RowSound, SoundFile, Sounds, dump_sounds, load_sounds
from tasks.manifest.takes import TAKES, load_takes, takes_rows

__all__ = [
    "MANIFEST",
    "SHEET",
    "TAKES",
    "Row",
    "RowSound",
    "SoundFile",
    "Sounds",
    "Table",
    "TableHead",
    "build_tables",
    "disarm",
    "dump_sounds",
    "kept_again",
    "load_attempts",
    "load_manifest",
    "load_sounds",
    "load_takes",
    "read_manifest",
    "refunds_line",
    "row_keys",
    "summary",
    "takes_rows",
    "total_costs",
    "write_csv",
    "write_parquet",
]
