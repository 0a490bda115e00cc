"""What operators run by hand: dead letters, keys, back-up."""
