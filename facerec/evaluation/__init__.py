"""How well a run recognises: evaluation, judging, thresholds, confusion, comparison, robustness.

Imports ``recognition`` and everything beneath it. A new measure of the comparison is an entry of
``comparison``, a new disturbance one of ``robustness.DISTURBANCES``.
"""
