"""The networks that can be trained or used with published weights, one file each.

Imports ``faces`` and ``system``. A new network is one file with its module and its entry.
"""
