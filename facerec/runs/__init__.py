"""The run folder: settings, run, creating, catalogue, history, held-out images.

Imports ``decisions``, ``augmentation``, ``networks``, ``datasets`` and ``system``. A new training
setting is one ``Setting`` of ``settings.TrainingConfig``.
"""
