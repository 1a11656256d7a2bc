"""What goes wrong for a reason that a person can mend."""


class Failure(Exception):
    """One line that says what is wrong and where; the command ends with status 1 after it."""
