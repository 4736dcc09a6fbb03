"""This computer: files, paths, jobs, processor, memory, downloads and archives.

Imports nothing of facerec but ``errors``. A new module here is one service of the computer that
several packages need.
"""
