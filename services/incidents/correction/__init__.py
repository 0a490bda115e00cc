"""Place, community and category put right, with what was there before."""
