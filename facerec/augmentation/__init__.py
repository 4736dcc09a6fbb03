"""Random changes of training images: recipes, the changes, saved recipes, augmented copies.

Imports ``datasets``, ``faces`` and ``system``. A new change is a function in ``changes`` and a
field of ``recipe.Augmentation`` that names the function.
"""
