"""What an earlier version wrote and printed, and how it was made: see ``make.py``."""
