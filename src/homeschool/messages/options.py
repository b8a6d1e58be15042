"""The words of ``--help``, and the settings that are wanted first, in a line each: it begins with those of its verb."""

from homeschool.messages.sentence import Sentence

CALL = Sentence("[RECIPE.toml] [--setting value | setting=value ...]", "[配方.toml] [--设置 值 | 设置=值 ...]")
CALLS = {
    "eval": Sentence("[MODEL | RECIPE.toml] [--setting value ...]", "[模型 | 配方.toml] [--设置 值 ...]"),
    "chat": Sentence("[MODEL | RECIPE.toml] [--setting value ...]", "[模型 | 配方.toml] [--设置 值 ...]"),
    "lint": Sentence("[REWARD.py] --task TASK [--setting value ...]", "[奖励.py] --task 任务 [--设置 值 ...]"),
}
"""How a verb is called, where that is not as the others are."""
FIRST = Sentence("wanted first:", "先看这些：")
ALL = Sentence(
    "all settings, and in brackets what each is where nothing is said (of the recipe, where one is named):",
    "全部设置；方括号里是不写时的取值（写了配方，就是配方里的）：",
)
ONE_OF = Sentence(" One of {words}.", "可选：{words}。")
ON = Sentence("on; {off} turns it off", "开；{off} 关掉")
OPTIONS = {
    "reward": Sentence("the reward function to examine: file.py", "要体检的奖励函数：file.py"),
    "policy": Sentence(
        "the model: a folder, a run, or a name that was fetched", "模型：模型文件夹、训练文件夹，或下载过的模型名"
    ),
    "out": Sentence("where the result is kept", "结果放在哪里"),
    "resume": Sentence("go on where the run in --out stopped", "从 --out 里的训练停下的地方接着跑"),
    "seed": Sentence("another number, other luck", "随机种子：换一个数，就换一次运气"),
    "corpus": Sentence("the text to read, or textbook", "读什么文本；textbook 是自动生成的课本"),
    "data": Sentence("a JSONL file of examples, or of pairs", "例题或成对回答的 JSONL 文件"),
    "algo": Sentence("grpo, ppo, or another row of the table", "grpo、ppo，或算法表里的别的行"),
    "algos": Sentence("rows to compare, with commas between them", "要比较的几行，用逗号隔开"),
    "seeds": Sentence("runs of each arm", "每个方案跑几次"),
    "task.name": Sentence("the task: sums, chain, papers, jsonl ...", "任务：sums、chain、papers、jsonl 等"),
    "task.path": Sentence("jsonl: the file of questions", "jsonl 任务的题目文件"),
    "reward.scorer": Sentence(
        "who marks: file.py, model:FOLDER, or the task", "谁来打分：file.py、model:文件夹；默认是任务自己"
    ),
    "steps": Sentence("how long to train, in steps", "训练多少步"),
    "prompts": Sentence("questions in a step", "每步多少道题"),
    "rl.group_size": Sentence("answers to each question", "每道题答多少遍"),
    "rl.kl_coef": Sentence("how strongly it is held to where it began", "离起点太远的惩罚有多重（KL 系数）"),
    "sampling.max_tokens": Sentence("the longest answer, in tokens", "回答最长多少 token"),
    "sampling.temperature": Sentence("how varied the answers are; 0: the likeliest", "回答有多随机；0 只取最可能的"),
    "optim.lr": Sentence("the learning rate", "学习率"),
    "guard.mode": Sentence("who watches the marks: off, observe, audited, weak", "守卫：off、observe、audited、weak"),
    "exam.items": Sentence("questions of the hidden exam", "隐藏考试多少道题"),
    "check.every": Sentence("steps between check exams; 0: none", "隔多少步查一次成绩；0 不查"),
    "split": Sentence("check on the way, hidden once at the end", "考哪一份：途中用 check，最后用一次 hidden"),
    "items": Sentence("how many questions", "多少道题"),
    "baseline": Sentence("a second model, on the same questions", "拿来对比的另一个模型，考同样的题"),
    "minutes": Sentence("how long the whole school may take", "全程最多多少分钟"),
    "threads": Sentence("processor threads; 0: all cores", "用几个线程；0 用全部核"),
    "device": Sentence("cpu, cuda, or cuda:N", "cpu、cuda 或 cuda:N"),
}
