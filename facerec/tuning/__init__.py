"""The search for good settings: study, search space, storage, workers.

Imports ``training`` and everything beneath it. What can be searched of a setting stands with it, in
``runs.settings``.
"""
