"""Tests of the chassis, in the order of its packages."""
