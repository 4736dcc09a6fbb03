"""The one kind of error whose message is meant for the person at the screen."""


class FacerecError(Exception):
    """Bad input or a missing resource; the message says what is wrong and what to do.

    A page shows it as it is; the command line prints it as one line and exits with code 2.
    """
