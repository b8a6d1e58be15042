"""The words of the story beside those of the field and the place in the code: one source for both languages.

The first table of docs/*/glossary.md is made from it, by ``table``, and a test compares the two.
"""

from typing import NamedTuple

from homeschool.messages.sentence import Language, Sentence


class Word(NamedTuple):
    """One row: what the story says, what the field says, where it is."""

    story: Sentence
    term: Sentence
    place: str
    """A path in the package, or a verb of the command line."""


WORDS = (
    Word(
        Sentence("two children", "两个孩子"),
        Sentence("two policies: the same shape, another past", "两个策略模型：形状一样，经历不同"),
        "models/",
    ),
    Word(Sentence("reading the textbook", "读课本"), Sentence("pre-training", "预训练"), "homeschool pretrain"),
    Word(
        Sentence("worked examples", "照着例题做"),
        Sentence("supervised fine-tuning (SFT)", "监督微调（SFT）"),
        "homeschool sft",
    ),
    Word(
        Sentence("exams, with marks and no answers", "考试：只给分，不给答案"),
        Sentence("reinforcement learning (RL)", "强化学习（RL）"),
        "homeschool rl",
    ),
    Word(Sentence("paper, answer sheet", "试卷，答卷"), Sentence("prompt, completion", "提示，回答"), "types.py"),
    Word(Sentence("mark", "分数"), Sentence("score", "打分"), "rewards/"),
    Word(Sentence("pocket money", "零花钱"), Sentence("reward", "奖励"), "types.py"),
    Word(Sentence("house rule", "家规"), Sentence("reward rule", "奖励规则"), "rewards/rules/"),
    Word(
        Sentence("the whole group at the top; at the bottom", "全组躺平；全组放弃"),
        Sentence("coasting index, give-up index: no signal", "躺平指数，放弃指数：没有学习信号"),
        "rewards/incentive.py",
    ),
    Word(
        Sentence("a line for each child that keeps itself up to date", "每个孩子一条线，自己跟着走"),
        Sentence("tracked ability, calibrated tiers", "能力跟踪，自校准的分档"),
        "rewards/ability.py",
    ),
    Word(Sentence("one's own passing line", "自己的及格线"), Sentence("baseline", "基线"), "algos/advantages.py"),
    Word(Sentence("above or below the line", "比线高多少"), Sentence("advantage", "优势"), "algos/advantages.py"),
    Word(
        Sentence("the tutor's forecast", "家教的估分"),
        Sentence("value model (critic), GAE", "价值模型（评论家），GAE"),
        "models/heads.py",
    ),
    Word(
        Sentence("the mean of five mock papers", "五次模拟考的平均"),
        Sentence("group baseline, group size 5: GRPO, Dr. GRPO, RLOO", "组内基线，每组 5 个：GRPO、Dr. GRPO、RLOO"),
        "algos/advantages.py",
    ),
    Word(
        Sentence("small steps", "步子别太大"),
        Sentence("clip on the probability ratio", "概率比裁剪"),
        "algos/losses.py",
    ),
    Word(
        Sentence("remember who you were", "别忘本"), Sentence("KL to the reference", "与参考模型的 KL"), "algos/kl.py"
    ),
    Word(
        Sentence("mistakes, kept in a notebook", "错题本"),
        Sentence("pass-rate posterior per item, adaptive sampling", "每道题的通过率后验，自适应抽题"),
        "tasks/notebook.py",
    ),
    Word(Sentence("the sealed exam", "密封的期末卷"), Sentence("hidden split", "隐藏集"), "tasks/"),
    Word(
        Sentence("copying, talking the examiner round", "抄答案，糊弄阅卷人"),
        Sentence("reward hacking: proxy up, true score flat", "钻奖励的空子：代理分上涨，真实分不动"),
        "rewards/lint/",
    ),
    Word(
        Sentence("a mark far above the recent level is not simply paid", "比近来高出太多的分，不直接给钱"),
        Sentence("jump discount", "跳变打折"),
        "rewards/rules/jump_discount.py",
    ),
    Word(
        Sentence("the invigilator, spot checks", "监考，抽查"),
        Sentence("guard, hidden audits, audited credit", "守卫，暗中抽查，抽查后的记分"),
        "rewards/guard/",
    ),
    Word(
        Sentence("the father learns too", "父亲也在学"),
        Sentence("outer loop: rule search against audited true scores", "外层循环：拿抽查得来的真实分去找更好的规则"),
        "rewards/designer/",
    ),
)
"""The story's words, in the order of the story."""

HEADINGS = (Sentence("Story", "故事"), Sentence("Term", "术语"), Sentence("Where", "在哪里"))


def table(language: Language) -> list[str]:
    """The rows of the glossary, heading first: own language before the other, as Markdown."""
    other: Language = "zh" if language == "en" else "en"
    story, term, place = HEADINGS
    head = [_in(language, story), _in(other, story), _in(language, term), _in(other, term)]
    rows = [
        [*(_in(one, text) for text in (word.story, word.term) for one in (language, other)), f"`{word.place}`"]
        for word in WORDS
    ]
    return [f"| {' | '.join(cells)} |" for cells in ([*head, _in(language, place)], ["---"] * 5, *rows)]


def _in(language: Language, sentence: Sentence) -> str:
    return sentence.en if language == "en" else sentence.zh
