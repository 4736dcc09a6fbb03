"""Experiments: one cause, one effect. The report's factors, each turned while all others stay.

It may use everything but charts and the command line.
"""
