"""What is refused by reports, pages, diagnoses and play, and what a caller in Python is told."""

from homeschool.messages.sentence import Sentence

# web and diagnosis
NOT_BUILT = Sentence(
    "the page is not built: there is no {path}. An installed homeschool brings it; in the repository run: cd web && "
    "npm ci && npm run build",
    "页面还没有构建：没有 {path}。安装好的 homeschool 自带；在仓库里请运行：cd web && npm ci && npm run build",
)
NO_RUN_NAMED = Sentence(
    "no run folder was named; expected one or more, as in runs/quickstart-grpo",
    "没有写训练文件夹；至少要写一个，例如 runs/quickstart-grpo",
)
IS_A_FILE = Sentence("{folder} is a file; give the folder of a run", "{folder} 是文件；请写训练文件夹")
IS_A_FOLDER = Sentence(
    "{out} is a folder; expected the file to write, as in {example}",
    "{out} 是文件夹；应该写要生成的文件，例如 {example}",
)
REPORT_TOO_LARGE = Sentence(
    "the report would be {size} bytes, more than {most}; name fewer of the {runs} runs",
    "报告会有 {size} 字节，超过 {most}；这 {runs} 次训练请少写几次",
)
NO_RUN_FOLDER = Sentence(
    "{folder} is no run folder: it has no config.toml. Name the folder that --out named",
    "{folder} 不是训练文件夹：没有 config.toml。请写训练时 --out 指定的那个文件夹",
)
NO_RUN_INSIDE = Sentence(
    "{folder} holds no run: there is no config.toml in it or in a folder in it",
    "{folder} 里没有训练：它和它下面的文件夹里都没有 config.toml",
)
NO_FOLDER = Sentence(
    "there is no folder {folders}; give the folder of a run, see ls runs",
    "没有 {folders} 这个文件夹；请写训练文件夹，可以用 ls runs 看看有哪些",
)
OR = Sentence(" or ", " 或 ")
NO_PORT = Sentence(
    "port {port} cannot be had ({error}); without --port a free one is taken",
    "端口 {port} 用不了（{error}）；不写 --port 就自动找一个空着的",
)

# concepts.py
NO_RUN_WITH_EXAMS = Sentence(
    "there is no run with exams in {folder}; name one: homeschool explain --concepts RUN",
    "{folder} 里没有带考试的训练；请指定一个：homeschool explain --concepts RUN",
)
NO_EXAMS = Sentence(
    "{folder} holds no exams (metrics.jsonl and rollouts.jsonl); give the folder of a run of homeschool rl",
    "{folder} 里没有考试（metrics.jsonl 和 rollouts.jsonl）；请写一次 homeschool rl 的训练文件夹",
)

# play
OUT_OF_BOUNDS = Sentence(
    "{name} is {shown}, expected a number from {low:g} to {high:g}",
    "{name} 是 {shown}，应该是 {low:g} 到 {high:g} 之间的数",
)
TEXT_TOO_LONG = Sentence("{name} must be a text of at most {most} characters", "{name} 应该是文字，最多 {most} 个字符")
RULE_TOO_SLOW = Sentence(
    "the rule took more than {seconds:.0f} s for all exams; a page cannot wait longer",
    "这条规则算完全部考试用了 {seconds:.0f} 秒还不够；页面不能再等了",
)
TOO_MANY_REQUESTS = Sentence("too many requests are waiting; try again in a moment", "排队的请求太多；过一会儿再试")
TRAINING_ALREADY = Sentence(
    "a training is running already; wait for it, or stop it", "已经有一次训练在跑；等它结束，或者先停掉"
)

# facade.py
TOO_LATE = Sentence(
    "{name} is {value!r}, but the policy is loaded already; give it to load_policy",
    "{name} 是 {value!r}，可策略已经加载好了；请写在 load_policy 里",
)
RESUME_NEEDS_FOLDER = Sentence(
    "resume needs the policy as it was before the run, and the weights of a loaded one may have moved on; pass its "
    'folder: "{name}"',
    "resume 要用训练之前的策略，而加载进来的权重可能已经变了；请传它的文件夹：“{name}”",
)
GOLD_IS_A_FUNCTION = Sentence(
    "guard.gold is the function {name}, but the check runs in a process of its own: name its file and it, "
    '"FILE.py:{function}"',
    "guard.gold 是函数 {name}，可金标准检查要在单独的进程里运行：请写它的文件和名字，“FILE.py:{function}”",
)
