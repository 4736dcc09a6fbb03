"""The tabs of the Data set page, one in each file: each draws itself for a data set."""
