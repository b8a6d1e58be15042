"""What a user reads, in English and Chinese side by side; what is refused stands in ``refusals``.

Errors that only a program can bring about, which calls a function wrongly, are English and live where they are raised.
"""
