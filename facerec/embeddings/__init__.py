"""Faces as points: embedded faces, the map, pairs.

Imports ``evaluation``, ``recognition`` and everything beneath them. A new way to draw a map is an
entry of ``map.METHODS``.
"""
