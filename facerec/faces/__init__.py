"""From a picture or a video to 224x224 RGB faces: detection, preprocessing, alignment, quality.

Imports ``system``. A new detector is an entry of ``detection.DETECTORS``.
"""
