"""A day at the demonstration station, played through the gateway as its people would live it."""
