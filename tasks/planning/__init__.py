"""What to do with each shot, by which routes and for how much. Pure."""

from tasks.planning.planner import Planner
from tasks.planning.snapshot import ShotSelection, Snapshot

__all__ = ["Planner", "ShotSelection", "Snapshot"]
