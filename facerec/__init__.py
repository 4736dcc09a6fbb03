"""Collect faces, train face classifiers, compare them and recognise people live."""
