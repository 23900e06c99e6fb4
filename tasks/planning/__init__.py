"""Decides what to do with each shot, by which routes and for how much. Pure."""

from tasks.planning.deadline import Time, asked_time, schedule
from tasks.planning.offers import OfferFinder
from tasks.planning.pace import Lane, Measured, Pace, measure, of_attempts, of_rows
from tasks.planning.planner import Planner
from tasks.planning.snapshot import ShotSelection, Snapshot

__all__ = [
    "Lane",
    "Measured",
    "OfferFinder",
    "Pace",
    "Planner",
    "ShotSelection",
    "Snapshot",
    "Time",
    "asked_time",
    "measure",
    "of_attempts",
    "of_rows",
    "schedule",
]
