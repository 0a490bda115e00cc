"""A simulated day at the demonstration station, run through the gateway as its people would live
it."""
