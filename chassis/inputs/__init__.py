"""What people type, brought into one form; and what is wrong with it, in words."""
