"""Decides what to do with each shot, by which routes and for how much. Pure."""

from tasks.planning.offers import OfferFinder
from tasks.planning.planner import Planner
from tasks.planning.snapshot import ShotSelection, Snapshot

__all__ = ["OfferFinder", "Planner", "ShotSelection", "Snapshot"]
