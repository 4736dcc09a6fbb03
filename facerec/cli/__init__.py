"""The command line: a file of commands for each topic; ``python -m facerec`` calls ``parser``.

Imports ``charts`` and everything beneath it. A new command is one ``Command`` in the ``COMMANDS``
of its topic's file, and adds its own arguments.
"""
