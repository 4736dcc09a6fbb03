"""Plotly figures, one file a theme, and the report; colours and fonts are in ``style``.

Imports everything beneath ``pages`` and ``cli``. A new chart is a function of its theme's file.
"""
