"""Fair comparison: the same start, prompts, order, seeds and hidden exam for every arm, at an equal budget.

``plan`` says which runs there are, ``runner`` makes them, ``records`` reads what they left, ``judge`` draws the
conclusions, and ``pages`` and ``picture`` write them down.
"""
