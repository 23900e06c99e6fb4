"""The tables at the target: their rows, their sums and their bytes."""

from tasks.manifest.costs import total_costs
from tasks.manifest.csv_file import disarm
from tasks.manifest.files import TableHead, build_tables, load_attempts, load_manifest, summary
from tasks.manifest.rows import MANIFEST, Row, row_keys

__all__ = [
    "MANIFEST",
    "Row",
    "TableHead",
    "build_tables",
    "disarm",
    "load_attempts",
    "load_manifest",
    "row_keys",
    "summary",
    "total_costs",
]
