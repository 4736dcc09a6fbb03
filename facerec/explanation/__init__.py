"""What a network sees in a face: heat maps.

Imports ``runs`` and everything beneath it.
"""
