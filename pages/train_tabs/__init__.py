"""The tabs of the Train page, one in each file."""
