"""The one error a person sees."""


class PrintError(Exception):
    """Nothing could be printed; the text says why."""
