"""What other services said of their own things, as far as it is needed here."""
