"""Bringing faces in: importing files, capturing with guidance, drawing the sample data.

Imports ``datasets``, ``faces``, ``sample_data`` and ``system``. A new kind of source is a function
of ``sources``, a new hint one of ``guidance``.
"""
