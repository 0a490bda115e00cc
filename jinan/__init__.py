"""Facts of the city of Jinan: areas, divisions, boundaries, coordinates, local time. Knows nothing
of services."""
