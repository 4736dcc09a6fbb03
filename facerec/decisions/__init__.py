"""From a network's outputs to a name: scores, operating point, face space, gallery, matchers.

Imports ``datasets``, ``networks`` and ``system``. A new score is an entry of ``scores.SCORES``, a
new matcher one of ``matchers.MATCHERS``.
"""
