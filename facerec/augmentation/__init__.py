"""Chance changes of training images: recipes, the changes, saved recipes, augmented copies.

Imports ``datasets``, ``faces`` and ``system``. A new change is its step in ``changes`` and one
field of ``recipe.Augmentation``, which names it.
"""
