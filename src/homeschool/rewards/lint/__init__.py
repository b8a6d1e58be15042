"""An exam for a reward function, before anything is trained on it: what does it pay, and what does it refuse?

``items`` says what is known to be right, ``attacks`` and ``mutations`` write answers that are known to be wrong,
``harness`` has them marked, ``judge`` says which marks are certainly mistaken, ``report`` says it in words.
"""
