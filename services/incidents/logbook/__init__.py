"""The log book of volunteers: what they did, read by the station."""
