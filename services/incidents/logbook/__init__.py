"""The log book: what volunteers did, read by the station."""
