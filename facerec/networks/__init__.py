"""The networks that can be trained or taken as they are, one file each.

Imports ``faces`` and ``system``. A new network is one file: its module, and its entry.
"""
