"""One large board in parts that any number of workers share."""

from tasks.season.coordinator import PartOrder, Season, Start
from tasks.season.parts import SeasonPart
from tasks.season.worker import PartSession, join_season, part_session

__all__ = ["PartOrder", "PartSession", "Season", "SeasonPart", "Start", "join_season", "part_session"]
