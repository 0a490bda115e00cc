"""What runs beside requests: loops, due steps, and calls that wait for each other."""
