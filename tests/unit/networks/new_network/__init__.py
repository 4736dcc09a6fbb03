"""A pytest plugin with which this folder's files lie in ``facerec/networks``, too."""

from pathlib import Path

from facerec import networks

networks.__path__.append(str(Path(__file__).parent))
