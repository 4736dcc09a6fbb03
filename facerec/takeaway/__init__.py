"""A run as a program of its own, which runs without facerec: networks, people, check, model card.

It may use all packages below ``charts``; nothing but pages and the command line uses it.
"""
