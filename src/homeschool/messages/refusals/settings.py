"""What is said of a recipe that cannot be read, and of settings with a value that they cannot have."""

from homeschool.messages.sentence import Sentence

# reading a recipe
NOT_UTF8 = Sentence("{path} is not UTF-8 text: {error}", "{path} 不是 UTF-8 文字：{error}")
NOT_TOML = Sentence("{path} is not valid TOML: {error}", "{path} 不是合法的 TOML：{error}")
NOT_YAML = Sentence("{path} is not valid YAML: {error}", "{path} 不是合法的 YAML：{error}")
NO_PYYAML = Sentence(
    "{path} is YAML, which needs `pip install pyyaml`; TOML needs nothing",
    "{path} 是 YAML，要先 `pip install pyyaml`；用 TOML 就什么都不用装",
)
NO_TABLE_INSIDE = Sentence(
    "{path} holds {kind}, expected a table of settings", "{path} 里是{kind}，应该是一张写着设置的表"
)
KINDS = {
    "int": Sentence("int", "整数"),
    "float": Sentence("float", "数"),
    "str": Sentence("str", "文字"),
    "bool": Sentence("bool", "布尔值 true 或 false"),
    "list": Sentence("list", "列表"),
    "NoneType": Sentence("nothing", "空的"),
}
"""Kinds of values by their name in Python."""

# a value of the wrong kind; ``where`` is a PLACE
PLACE = Sentence("{source}: {key}", "{source}：{key}")
NO_TABLE = Sentence(
    "{where} is a table of settings, received {value!r}", "{where} 应该是一张写着设置的表，收到的是 {value!r}"
)
NOT_A_CHOICE = Sentence("{where} is {value!r}{nearest}", "{where} 不能是 {value!r}{nearest}")
NOT_A_TABLE = Sentence("{where} is {value!r}, expected a table", "{where} 是 {value!r}，应该是一张表")
NOT_A_LIST = Sentence("{where} is {value!r}, expected a list", "{where} 是 {value!r}，应该是列表")
OTHER_LENGTH = Sentence(
    "{where} is {value!r}, expected a list of {count}", "{where} 是 {value!r}，应该是 {count} 个值的列表"
)
OTHER_KIND = Sentence("{where} is {value!r}, expected {kind}", "{where} 是 {value!r}，应该是{kind}")

# numbers that no run can be made with
OUT_OF_RANGE = Sentence("{name} is {value}, expected {expected}", "{name} 是 {value}，应该是{expected}")
AT_LEAST = Sentence("at least {least:g}", "不小于 {least:g} 的数")
BETWEEN = Sentence("a number from {least:g} to {most:g}", "从 {least:g} 到 {most:g} 的数")
ONLY_WARM_UP = Sentence(
    "critic_warmup is {warmup} and steps {steps}: the policy would never learn; raise steps, or lower rl.critic_warmup",
    "critic_warmup 是 {warmup}，steps 是 {steps}：策略一步也学不到；调大 steps，或者调小 rl.critic_warmup",
)
LONGER_THAN_CONTEXT = Sentence(
    "length is {length}, but model.context is {context}: the model could not look back over a whole sequence; lower "
    "length or raise model.context",
    "length 是 {length}，而 model.context 是 {context}：模型看不全一整条序列；调小 length，或者调大 model.context",
)
