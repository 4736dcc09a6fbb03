"""Drawn portraits of invented people: sample pictures that need no camera and no real person.

A head is a small solid (``geometry``) with painted skin (``painting``) and a shell of hair
(``hair``); ``head`` lights it in a pose, ``portrait`` sets it on a ``body`` in a room
(``scenes``), and ``collection`` and ``video`` make data sets and films of that. Imports nothing of
facerec.
"""
