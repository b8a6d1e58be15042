"""What is refused of a comparison and of a whole school: arms, runs, starts, trackers, folders that are taken."""

from homeschool.messages.sentence import Sentence

# comparison/plan.py
TOO_FEW_SEEDS = Sentence("seeds is {seeds}, expected at least 1", "seeds 是 {seeds}，至少要有 1 个")
NOT_A_TABLE = Sentence(
    "{source}: {kind}.{name} is {table!r}, expected a table of settings",
    "{source}：{kind}.{name} 是 {table!r}，应该是一张写着设置的表",
)
NOT_A_FOLDER_NAME = Sentence(
    '{source}: "{name}" cannot be a name in {kind}: it becomes the name of a folder',
    "{source}：{kind} 里的名字不能是“{name}”：它要用来给文件夹命名",
)
NO_SUCH_ARM = Sentence(
    '{source}: only names "{name}", which is no arm{nearest}', "{source}：only 里写的“{name}”不是任何一个方案{nearest}"
)
TOO_FEW_ARMS = Sentence(
    "{source}: there are {count} arms {names}, and a comparison needs at least 2; name rows with --algos ppo,grpo or "
    "write tables [arms.NAME] into a recipe",
    "{source}：只有 {count} 个方案 {names}，比较至少要两个；用 --algos ppo,grpo 写明算法表里的几行，"
    "或者在配方里写几张 [arms.名字] 表",
)
NO_BASELINE = Sentence(
    '{source}: the baseline "{name}" is no arm{nearest}', "{source}：基准“{name}”不是任何一个方案{nearest}"
)
SHARED_BY_ARMS = Sentence(
    "{source}: arm {name} sets {setting}, which all arms share so that they sit the same exams; set it at the top, or "
    "in [tasks.NAME]",
    "{source}：方案 {name} 自己设了 {setting}，这一项所有方案都要一样，考试才一样；请写在最上面，"
    "或者写在 [tasks.名字] 里",
)
IN = Sentence("{source}: {problem}", "{source}：{problem}")
NO_START = Sentence(
    "{source}: there is no model to start from; name one with --policy FOLDER",
    "{source}：没有模型做起点；用 --policy FOLDER 指定一个",
)

# comparison/run.py and comparison/runner.py
NOT_A_RUN = Sentence(
    "{folder} holds no run (no config.toml); give the folder of a run",
    "{folder} 里没有训练（没有 config.toml）；请写训练文件夹",
)
SAME_RUN_TWICE = Sentence(
    "the same run twice: {folders}; give two different ones", "同一次训练写了两遍：{folders}；请写两次不同的"
)
NOT_A_START = Sentence(
    'starts: "{command}" is not a verb and a recipe that says where its "out" is',
    "starts：“{command}”应该是一个子命令加一份配方，配方里要写明“out”在哪里",
)
START_FAILED = Sentence(
    'the start "homeschool {command}" ended with exit code {code}; see above',
    "做起点的命令“homeschool {command}”以退出码 {code} 结束；原因见上面",
)

# quickstart.py
SCHOOL_IS_OVER = Sentence(
    "{folder} holds a school that is over; choose --out DIR", "{folder} 里的课程已经结束；用 --out 文件夹 换个地方"
)
SCHOOL_BEGUN = Sentence(
    "{folder} holds a school already; add --resume to go on with it, or choose --out DIR",
    "{folder} 里已经有一套课程；接着上就加 --resume，或者用 --out 文件夹 换个地方",
)
TOO_LITTLE_TIME = Sentence(
    "{pretrain} steps of pretrain and {sft} steps of sft, all that this machine was given time for, were too few to "
    "make a model ready for exams; begin again without --resume, which makes a folder of its own, and with --minutes "
    "{minutes:g} or more ({error})",
    "pretrain {pretrain} 步，sft {sft} 步，给这台机器的时间只够这些，模型还不能上考场；重来一次，不加 --resume"
    "（会另建一个文件夹），加上 --minutes {minutes:g} 或更多（{error}）",
)

# track/table.py
NO_TRACKER = Sentence('track: no tracker "{name}"{nearest}', "track：没有“{name}”这种实验跟踪{nearest}")
TRACKER_MISSING = Sentence(
    "track is \"{listed}\", but {packages} is not installed: pip install 'homeschool[{extras}]', or leave it out of "
    "track; metrics.jsonl is written in any case",
    "track 是“{listed}”，可还没有安装 {packages}：pip install 'homeschool[{extras}]'，或者把它从 track 里去掉；"
    "metrics.jsonl 总会写",
)
