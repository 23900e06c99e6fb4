"""One large board in parts that any number of workers share."""

from tasks.season.coordinator import PartOrder, Season, Start
from tasks.season.parts import SeasonPart
from tasks.season.worker import join_season

__all__ = ["PartOrder", "Season", "SeasonPart", "Start", "join_season"]
