"""Who asks: tokens and grants."""
