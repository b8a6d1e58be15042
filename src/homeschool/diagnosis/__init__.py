"""Plain-language diagnosis: what the numbers of a run mean, and what to do next.

::

    metrics.jsonl row --> History --> each Check of the table --> Watch: what began, got worse, ended --> Episodes

A check looks at the run so far and at nothing else, so the same code works after each step, on a finished folder and on
a page. Standard library only. The words are in ``messages.findings``.
"""
