"""Mending a data set: the table of its faces, findings, editing with undo.

Imports ``recognition`` and everything beneath it. A new finding is one function of ``findings``.
"""
