"""The tabs of the Compare page, one in each file, and what they judge by (``evaluations``)."""
