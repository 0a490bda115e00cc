"""Plays at the same station as the journeys."""

from tests.journeys.conftest import somebody, station, volunteer, web, whole_station

__all__ = ["somebody", "station", "volunteer", "web", "whole_station"]
