"""Recognition on a stream: pipeline, memory, tracking, recorder, assessment, corrections.

Imports ``cleaning``, ``recognition`` and everything beneath them. Who wants to hear of frames and
recognitions subscribes to the pipeline.
"""
