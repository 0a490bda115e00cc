"""Where a report lies: inside Jinan, in which community, served by which station."""
