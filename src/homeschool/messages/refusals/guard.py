"""What is refused of a gold check, before a run and on the way, and of the records of a guard."""

from homeschool.messages.sentence import Sentence

# rewards/guard/gold.py: which check is asked
NO_GOLD = Sentence(
    "the guard needs a check to trust; name one with --{setting} file.py:function, or --{setting} task where the task "
    "has one of its own",
    "守卫需要一个可信的金标准检查；用 --{setting} file.py:function 指定一个，任务自带的就写 --{setting} task",
)
NO_OWN_GOLD = Sentence(
    'the task "{task}" has no gold check of its own; name one with --{setting} file.py:function',
    "任务“{task}”没有自带的金标准检查；用 --{setting} file.py:function 指定一个",
)
SAME_AS_GRADER = {
    "guard.gold": Sentence(
        "guard.gold is {name}, the very grader that is paid for: an audit by it finds nothing; name a check that is "
        "dearer and better, or leave the guard off",
        "guard.gold 是 {name}，正是给分的那个评分器：让它抽查什么也查不出；请指定一个更贵、更可靠的检查，或者关掉守卫",
    ),
    "gold": Sentence(
        "gold is {name}, the very grader that marks the exam: it would say the same again; name a check that is dearer "
        "and better, or leave gold out",
        "gold 是 {name}，正是给这场考试打分的那个评分器：再问一遍结果也一样；请指定一个更贵、更可靠的检查，"
        "或者去掉 gold",
    ),
}
"""By the setting that names the check."""

# rewards/guard/gold.py: audits
SEALED_PROMPT = Sentence(
    "the prompt {prompt!r} is kept for tuning or for the sealed exam, but was asked in training: gold marks would be "
    "used twice; give the task files or splits that share no prompt",
    "题 {prompt!r} 是留给调参或隐藏考试的，训练里却问到了：金标准的分数会被用两次；"
    "请让任务的各个文件或划分没有相同的题",
)
GOLD_FAILS = Sentence(
    "the gold check {name} gave no mark for {failed} of the last {audits} audits, and one that fails cannot be "
    "trusted; {why}",
    "金标准检查 {name} 在最近 {audits} 次抽查里有 {failed} 次没给分，老是失败的检查不可信；{why}",
)
RETURNED_NONE = Sentence("it returned None", "它返回了 None")

# rewards/guard/gold.py: the trial before a run
GOLD_FAILS_TRIAL = Sentence(
    "the gold check {name} gave no mark for {failed} of {count} trial answers: {why}; mend it before it judges others",
    "金标准检查 {name} 对 {count} 个试探用的回答有 {failed} 个没给分：{why}；先把它修好，再用它来判别人",
)
GOLD_DISAGREES = Sentence(
    "the gold check {name} disagrees with itself: {answer!r} to {question!r} was marked {first} and then {second}; "
    "make it deterministic, for instance by a fixed seed",
    "金标准检查 {name} 前后不一：问题 {question!r} 的回答 {answer!r} 先打了 {first}，再打成了 {second}；"
    "请让它每次结果一样，例如固定随机种子",
)
OTHER_SCALE = Sentence(
    "the gold check {name} marks {answer!r} to {question!r}, which is right, with {mark}, but full marks are {full:g}: "
    "pay, check and full marks need one scale. Set reward.full_marks {mark:g} if the grader that is paid goes as far, "
    "else let the check mark out of {full:g}",
    "金标准检查 {name} 给问题 {question!r} 的正确回答 {answer!r} 打了 {mark}，可满分是 {full:g}："
    "给分、检查和满分要用同一个尺度。给分的评分器如果也打到这么高，就设 reward.full_marks {mark:g}；"
    "否则让检查按满分 {full:g} 来打",
)
REJECTS_RIGHT = Sentence(
    "the gold check {name} rejects {refused} of {count} answers known to be right, the first {answer!r} to "
    "{question!r}, marked {mark} where full marks are {full:g}; a check that punishes right answers teaches the wrong "
    "thing: mend it first",
    "金标准检查 {name} 把 {count} 个已知正确的回答判错了 {refused} 个，头一个是问题 {question!r} 的回答 {answer!r}，"
    "打了 {mark}，而满分是 {full:g}；惩罚正确回答的检查只会教错：先把它修好",
)
ALL_THE_SAME = Sentence(
    "the gold check {name} gives {mark} to everything it was tried on, right answers and junk alike; a check has to "
    "tell them apart",
    "金标准检查 {name} 试什么都打 {mark}，正确回答和废话一个样；检查得能把它们分开",
)

# rewards/guard/replay.py
NO_GUARD_BEGAN = Sentence(
    "no guard began in these events; name the events.jsonl of a run with --guard observe or --guard audited",
    "这些事件里没有守卫开始的记录；请给出一次用了 --guard observe 或 --guard audited 的训练的 events.jsonl",
)
