"""What every setting means, in Chinese, by the class that has it: ``GuardConfig.rate``, and ``GuardConfig`` for all.

The English stands beside the setting itself in its class, where whoever changes one reads it; ``option_list`` puts
the two together.
"""

from homeschool.messages.settings import algorithm, guard, marking, training, verbs

CHINESE: dict[str, str] = {
    f"{owner}.{name}" if name else owner: text
    for part in (training, algorithm, marking, guard, verbs)
    for owner, texts in part.CHINESE.items()
    for name, text in texts.items()
}
