"""Folders of faces: where they lie, how they are written, split, read and exchanged.

Imports ``faces`` and ``system``. A new way to split is an entry of ``splits.SPLITS``.
"""
