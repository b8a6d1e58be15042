"""What is refused of GGUF files, which `homeschool fetch` converts: damage, and what the conversion would lose."""

from homeschool.messages.sentence import Sentence

# models/gguf.py
NOT_FINITE = Sentence(
    '{file}: tensor "{name}" holds numbers that are not finite; the file is damaged',
    "{file}：张量“{name}”里有无穷大或 NaN；文件损坏了",
)
NOT_GGUF = Sentence(
    "{file} is no GGUF file: it begins with {found}, expected {expected}",
    "{file} 不是 GGUF 文件：开头是 {found}，应该是 {expected}",
)
OTHER_VERSION = Sentence(
    "{file} is GGUF version {version}, expected one of {versions} (little-endian)",
    "{file} 的 GGUF 版本是 {version}，应该是 {versions} 之一（小端）",
)
OTHER_ENCODING = Sentence(
    '{file}: tensor "{name}" has GGUF type {kind}, but only {known} are read',
    "{file}：张量“{name}”的 GGUF 类型是 {kind}，可这里只读 {known}",
)
NOT_WHOLE_BLOCKS = Sentence(
    '{file}: tensor "{name}" has shape {shape}, not whole {encoding} blocks',
    "{file}：张量“{name}”的形状是 {shape}，凑不成整数个 {encoding} 块",
)
CUT_SHORT = Sentence(
    "{file} is damaged or cut short: {what} needs {size:,} bytes at {start:,}, the file has {total:,}; fetch it again",
    "{file} 损坏了或者不完整：{what}从第 {start:,} 字节起要占 {size:,} 字节，而文件只有 {total:,} 字节；请重新下载",
)
HEADER = Sentence("the header", "文件头")
LIST = Sentence("a list", "一个列表")
TENSOR = Sentence('tensor "{name}"', "张量“{name}”")
NOT_UTF8 = Sentence(
    "{file} is damaged: a string before byte {at:,} is not UTF-8",
    "{file} 损坏了：第 {at:,} 字节之前有个字符串不是 UTF-8",
)
OTHER_VALUE = Sentence(
    "{file} is damaged: a value before byte {at:,} has unknown type {kind}",
    "{file} 损坏了：第 {at:,} 字节之前有个值，类型 {kind} 不认识",
)

# models/gguf_folder.py
OTHER_ARCHITECTURE = Sentence(
    '{file} holds a "{architecture}" model, expected "llama"', "{file} 里是“{architecture}”模型，应该是“llama”"
)
ROPE_SCALING = Sentence(
    '{file} uses RoPE scaling "{scaling}", which this conversion does not carry over',
    "{file} 用了 RoPE 缩放“{scaling}”，转换时没法保留它",
)
OTHER_TENSOR = Sentence(
    '{file}: tensor "{name}" has shape {found}, this Llama expects {expected}',
    "{file}：张量“{name}”的形状是 {found}，这个 Llama 模型应该是 {expected}",
)
MISSING_TENSOR = Sentence(
    '{file}: tensor "{name}" has shape none (it is missing), this Llama expects {expected}',
    "{file}：缺张量“{name}”，这个 Llama 模型应该有它，形状是 {expected}",
)
EXTRA_TENSOR = Sentence(
    '{file}: tensor "{name}" has shape {found}, this Llama expects no such tensor',
    "{file}：多出张量“{name}”，形状是 {found}，这个 Llama 模型里不该有它",
)
OTHER_TOKENIZER = Sentence(
    '{file} has tokenizer "{model}" with splitting "{pre}", expected "gpt2" with "smollm"',
    "{file} 的分词器是“{model}”，切分方式是“{pre}”；应该是“gpt2”和“smollm”",
)
TOKENS_DISAGREE = Sentence(
    "{file}: {tokens} tokens, {distinct} distinct, {types} types; damaged",
    "{file}：{tokens} 个 token，其中不同的 {distinct} 个，类型标了 {types} 个，对不上；文件损坏了",
)
NO_TOKEN = Sentence(
    "{file}: the {name} token is number {index}, but there are {count}; the file is damaged",
    "{file}：{name} token 的编号是 {index}，可一共只有 {count} 个；文件损坏了",
)
NO_METADATA = Sentence(
    '{file} has no metadata "{key}", which the conversion needs', "{file} 的元数据里没有“{key}”，转换时少不了它"
)
NOT_A_SIZE = Sentence(
    "{file}: {key} is {value}, expected a positive size; the file is damaged",
    "{file}：{key} 是 {value}，应该是不太大的正整数；文件损坏了",
)
