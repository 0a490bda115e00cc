"""What we are measured against: the same servers, used as plainly as can be, with the same
durability."""
