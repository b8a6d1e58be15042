"""The stages of a school, each from its configuration to a finished run folder.

:mod:`pretrain`, :mod:`sft`, :mod:`rl` and :mod:`reward` train; :mod:`design` tunes a rule over many runs of ``rl``;
:mod:`exams` only asks and :mod:`lint` examines a reward before anything is trained on it. What they share: how a stage
starts (:mod:`refusing`, :mod:`starting`) and ends (:mod:`finishing`), who marks (:mod:`scorers`, :mod:`marking`), what
a mark pays (:mod:`paying`), and who watches the marks (:mod:`watch`, over :mod:`guard` and :mod:`weak`).
"""
