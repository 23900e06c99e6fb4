"""Decides what to do with each shot, by which routes and for how much. Pure."""

from tasks.planning.planner import Planner, ShotSelection
from tasks.planning.snapshot import Snapshot

__all__ = ["Planner", "ShotSelection", "Snapshot"]
