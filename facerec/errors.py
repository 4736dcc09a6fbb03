"""The exception whose message is shown to the user."""


class FacerecError(Exception):
    """Bad input or a missing resource; the message says what is wrong and what to do.

    Pages show the message unchanged. The command line prints it as one line and exits with code 2.
    """
