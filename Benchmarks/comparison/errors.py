"""What can go wrong, as a sentence that says how to mend it."""


class BenchError(Exception):
    """A run could not be made, or its server broke down."""
