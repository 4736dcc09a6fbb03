"""A run that looks at faces: recogniser, engines, enrolment.

Imports ``runs`` and everything beneath it. A new way to calculate is an entry of
``engines.ENGINES``.
"""
