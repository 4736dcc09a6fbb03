"""The networks that can be trained or used with published weights, one file each.

Imports ``faces`` and ``system``. A new network is one file here: its class, and at its end
``ENTRIES`` with its ``Network``, as in ``custom_cnn``. ``catalogue`` finds it by that name.
"""
