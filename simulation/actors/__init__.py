"""The people who act on a simulated day, and the answers they give."""
