"""What is said when a request cannot be carried out: here what the command line refuses, beside it the other parts.

Everything that a command, a recipe or a file of a user's can bring about is said in both languages. What only a program
that calls a function wrongly can meet is English, and stands where it is raised.
"""

from homeschool.messages.sentence import Sentence

DID_YOU_MEAN = Sentence('; did you mean "{name}"?', "；是不是想写“{name}”？")
KNOWN = Sentence("; known: {names}", "；可以写的有：{names}")
TOO_MANY = Sentence("; --help lists all there are", "；--help 会列出全部")

NO_COLUMNS = Sentence("none", "一列也没有")
"""In the place of a list of columns."""

# the command line and recipes
NO_VERB = Sentence('no verb "{verb}"{nearest}', "没有“{verb}”这个子命令{nearest}")
NO_OPTION = Sentence('no option "{option}"{nearest}', "没有“{option}”这个选项{nearest}")
NO_SETTING = Sentence(
    'no setting "{name}" to give the value "{value}"{nearest}', "没有“{name}”这项设置，没法设成“{value}”{nearest}"
)
NO_RECIPE = Sentence("no recipe {path}: there is no such file", "没有配方 {path}：找不到这个文件")
NO_KEY = Sentence('{source}: unknown key "{key}"{nearest}', "{source}：不认识的设置“{key}”{nearest}")
NO_ALGORITHM = Sentence('unknown algorithm "{name}"{nearest}', "没有“{name}”这个算法{nearest}")
NO_TASK = Sentence('no task is called "{name}"{nearest}', "没有“{name}”这个任务{nearest}")

NO_VALUE = Sentence("{option} needs a value", "{option} 后面要跟一个值")
MISSING_VALUE = Sentence(
    "{option} received no value, expected {expected}, as in {example}; what it means: homeschool {verb} --help",
    "{option} 后面没有值，应该是{expected}，例如 {example}；含义见 homeschool {verb} --help",
)
WRONG_VALUE = Sentence(
    '{option} received "{value}", expected {expected}, as in {example}; what it means: homeschool {verb} --help',
    "{option} 收到的是“{value}”，应该是{expected}，例如 {example}；含义见 homeschool {verb} --help",
)
CODE_INSIDE = Sentence(
    "the run names a reward file inside its own folder, {scorer}, and code that comes with one is not run unasked. "
    "Look at it, then name it: {option} {scorer}, or do without it: {option} {other}",
    "这次训练指定的打分文件就在它自己的文件夹里（{scorer}），跟着文件夹来的代码不会自动运行；先看一遍，再自己写上："
    "{option} {scorer}，或者不用它：{option} {other}",
)
SWITCH = Sentence(
    'the switch --{name} received "{value}", and takes no value; write {name}=true or {name}=false',
    "开关 --{name} 收到的是“{value}”，可它不带值；写 {name}=true 或 {name}=false",
)
SWITCHES = {
    "resume": Sentence(
        'the switch --resume received "{value}", and takes no value: it goes on with the run in the folder that --out '
        "names; write --out FOLDER --resume",
        "开关 --resume 收到的是“{value}”，可它不带值：要接着跑哪个文件夹里的训练，由 --out 指定；"
        "写 --out 文件夹 --resume",
    )
}
"""The same of switches of which one knows what was meant."""
STRAY = Sentence(
    'received "{value}", which belongs to no option; expected --setting value or setting=value, and a recipe before '
    "all of them",
    "收到的“{value}”不属于任何选项；应该写 --设置 值 或 设置=值，配方要放在它们前面",
)
WHOLE_NUMBER = Sentence("a whole number", "整数")
NUMBER = Sentence("a number", "数")
TRUE_OR_FALSE = Sentence("True or False", "布尔值 True 或 False")
TEXT = Sentence("a text", "文字")
ONE_OF = Sentence("one of {names}", "以下之一：{names}")
SEVERAL = Sentence("values with spaces between them, each of them {what}", "用空格隔开的几个值，每个都是{what}")
SO_MANY = Sentence("{count} numbers with a space between them", "用空格隔开的 {count} 个数")

# models
NO_POLICY = Sentence(
    "{verb} needs a model to start from: --policy FOLDER (a run folder or a model folder)",
    "{verb} 要有一个模型做起点：--policy FOLDER（训练文件夹或模型文件夹）",
)
NO_ONE_TO_CHAT_WITH = Sentence(
    "chat with whom? homeschool chat FOLDER (a run folder or a model folder)",
    "和谁聊？homeschool chat FOLDER（训练文件夹或模型文件夹）",
)
NO_MODEL = Sentence(
    'no model "{source}": there is no such folder, and none was fetched under that name; `homeschool fetch smollm2` or '
    "`homeschool fetch owner/name` brings one",
    "没有模型“{source}”：没有这个文件夹，也没有下载过叫这个名字的；`homeschool fetch smollm2` 或 "
    "`homeschool fetch owner/name` 可以取一个来",
)
NO_MODEL_YET = Sentence(
    'no model "{source}" yet; this makes it: {command}', "还没有模型“{source}”；用这条命令来训练：{command}"
)

# run folders
HOLDS_RUN = Sentence(
    "{path} holds a run already; add --resume to go on with it, or choose another folder with --out",
    "{path} 里已经有一次训练；接着跑就加 --resume，重新开始就用 --out 换个文件夹",
)
NOT_EMPTY = Sentence(
    "{path} is not empty and holds no run; choose another folder with --out",
    "{path} 不是空的，里面也不是训练；用 --out 换个文件夹",
)
OTHER_SETTINGS = Sentence(
    "{path} was started with other settings ({changes}); a resumed run keeps its settings",
    "{path} 开始时用的是别的设置（{changes}）；续跑不能改设置",
)
CHANGE = Sentence("{key} was {old}, is {new}", "{key} 原来是 {old}，现在是 {new}")
NOT_WRITTEN = Sentence(
    "could not write {path}: {error}; checkpoints kept: {kept}; free some space and continue with --resume",
    "{path} 写不进去：{error}；已经存好的检查点：{kept}；腾出空间，再用 --resume 接着跑",
)
NONE_KEPT = Sentence("none", "没有")
