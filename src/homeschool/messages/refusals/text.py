"""What is refused of tokenizers, chat templates and the messages of a dialogue."""

from homeschool.messages.sentence import Sentence

NOTHING = Sentence("nothing", "什么也没有")

# text.py
OTHER_KIND = Sentence(
    '{folder} has a tokenizer of kind "{kind}"{nearest}', "{folder} 的分词器类型是“{kind}”，这里没有这一种{nearest}"
)
NO_VOCABULARY = Sentence(
    "{owner}/tokenizer.json has no vocabulary counted from 0; expected a saved CharTokenizer",
    "{owner}/tokenizer.json 里没有从 0 编号的词表；应该是保存下来的 CharTokenizer",
)
OTHER_START = Sentence(
    "{owner}/tokenizer.json starts with {found}; expected {expected}",
    "{owner}/tokenizer.json 的开头是 {found}；应该是 {expected}",
)
TOO_MANY_IDS = Sentence(
    "the tokenizer {name} has {ids} ids but the model has vocab_size {size}; they must come from the same folder, or "
    "the model needs more embedding rows",
    "分词器 {name} 有 {ids} 个 id，而模型的 vocab_size 是 {size}；两者要来自同一个模型文件夹，"
    "不然就要给模型增加嵌入的行数",
)
NOT_ONE_CHARACTER = Sentence(
    "the alphabet holds {entry!r}; expected single characters", "字符表里有 {entry!r}；每一项应该是一个字符"
)
CHARACTER_TWICE = Sentence(
    "the alphabet holds a character twice; expected each once", "字符表里有重复的字符；每个应该只出现一次"
)
ROLE_UNKNOWN_HERE = Sentence(
    'the {name} tokenizer got a message with role "{role}"; its dialogues have only user and assistant: put the text '
    "into the user's message",
    "{name} 分词器收到一条 role 是“{role}”的消息，可它的对话只有 user 和 assistant：把这段文字放进 user 的消息里",
)

# chat_template.py: messages
NO_MESSAGES = Sentence("the dialogue is empty; expected at least one message", "对话是空的；至少要有一条消息")
ENDS_WITH_ANSWER = Sentence(
    "the prompt ends with an assistant message; a prompt ends with what is to be answered",
    "提示的最后一条消息是 assistant 的；提示应该以等着回答的内容结尾",
)
NOT_A_MESSAGE = Sentence(
    "message {number} is {message!r}; expected an object with role and content",
    "第 {number} 条消息是 {message!r}；应该是带 role 和 content 的对象",
)
NOT_TEXT = Sentence(
    "message {number} has {key!r}: {value!r}; expected text", "第 {number} 条消息里的 {key!r} 是 {value!r}；应该是文字"
)
OTHER_ROLE = Sentence(
    'message {number} has role "{role}"; expected one of {roles}',
    "第 {number} 条消息的 role 是“{role}”；应该是以下之一：{roles}",
)
TOO_MANY_CHARACTERS = Sentence(
    "a dialogue has {count} different characters; expected at most 131068",
    "一段对话里有 {count} 种不同的字符；最多 131068 种",
)

# chat_template.py and hf_tokenizer.py: templates
BAD_TEMPLATE = Sentence(
    "the chat template of {owner} {reason}; expected {expected}", "{owner} 的对话模板{reason}；应该{expected}"
)
TEMPLATE_UNREADABLE = Sentence("cannot be read ({error})", "读不懂（{error}）")
VALID_JINJA = Sentence("valid Jinja", "是正确的 Jinja")
TEMPLATE_FAILS = Sentence(
    "refuses the roles {roles} or fails ({error})", "不接受 role 依次为 {roles} 的对话，或者出了错（{error}）"
)
WRITES_ONLY = Sentence(
    "a dialogue it accepts, or a template that only writes text", "给它能接受的对话，或者换一个只写文字的模板"
)
REWRITES = Sentence(
    "writes the dialogue up to message {number} differently once the answer follows",
    "写到第 {number} 条消息为止的对话，后面一有回答，写法就变了",
)
ONLY_APPENDS = Sentence(
    "one that only appends, so that what trains is what will be asked", "只往后添，这样训练的和以后要问的才一样"
)
NO_STOP_BEHIND = Sentence("writes no stop token behind message {number}", "在第 {number} 条消息后面没有写停止符")
STOP_BEHIND_EACH = Sentence(
    "eos_token behind each answer, or a model could not learn to stop", "在每个回答后面写 eos_token，否则模型学不会停"
)
OTHER_ANSWER = Sentence(
    "writes {found!r} before the stop token of message {number}", "在第 {number} 条消息的停止符前面写的是 {found!r}"
)
THE_ANSWER = Sentence("the answer {answer!r}", "写回答 {answer!r}")
NO_TEMPLATE = Sentence(
    "{name} has no chat template, so it cannot write a dialogue of {received}; expected {expected}, or a model with a "
    "chat template",
    "{name} 没有对话模板，写不出由 {received} 组成的对话；应该是 {expected}，或者换一个有对话模板的模型",
)
THEN = Sentence(" then ", " 接 ")

# hf_tokenizer.py
EATS_A_CHARACTER = Sentence(
    "the tokenizer of {name} reads one character of {text!r} as a control token; expected one whose control tokens are "
    "longer than that",
    "{name} 的分词器把 {text!r} 里的一个字符当成了控制符；它的控制符应该不止一个字符长",
)
NO_TOKENIZERS = Sentence(
    "the tokenizer of {name} needs the library tokenizers, which is not installed; run: pip install 'homeschool[hf]'",
    "{name} 的分词器要用 tokenizers 这个库，可还没有安装；运行：pip install 'homeschool[hf]'",
)
TOKENIZER_UNREADABLE = Sentence(
    "{name}/tokenizer.json cannot be read ({error}); expected a file that tokenizers saved",
    "{name}/tokenizer.json 读不了（{error}）；应该是 tokenizers 保存的文件",
)
BAD_STOP_IDS = Sentence(
    "{name}/generation_config.json has eos_token_id {value!r}; expected an id or ids",
    "{name}/generation_config.json 里的 eos_token_id 是 {value!r}；应该是一个或几个 id",
)
NO_STOP_TOKEN = Sentence(
    "{name} names no stop token, so no completion would end; expected eos_token in tokenizer_config.json to be a token "
    "of the vocabulary",
    "{name} 没有写明停止符，回答就停不下来；tokenizer_config.json 里的 eos_token 应该是词表里的一个 token",
)

# tokenizer_files.py
NO_MODEL_FOLDER = Sentence(
    "no model folder at {folder}; expected a folder with tokenizer.json",
    "没有 {folder} 这个模型文件夹；应该是一个带 tokenizer.json 的文件夹",
)
FILE_UNREADABLE = Sentence(
    "{file} cannot be read ({error}); check its permissions", "{file} 读不了（{error}）；请检查它的权限"
)
NO_TOKENIZER_FILE = Sentence(
    "{folder} has no tokenizer.json (it holds {found}); if it has a tokenizer in another format, "
    "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) of transformers writes one",
    "{folder} 里没有 tokenizer.json（里面有：{found}）；如果它的分词器是别的格式，用 transformers 的 "
    "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) 就能写出来",
)
TOKENIZER_NOT_JSON = Sentence(
    "{owner}/{name} is not JSON ({error}); expected the file as its author saved it",
    "{owner}/{name} 不是 JSON（{error}）；应该是作者保存的原样",
)
NOT_AN_OBJECT = Sentence(
    "{owner}/{name} holds a {kind}; expected a JSON object", "{owner}/{name} 里是 {kind}；应该是一个 JSON 对象"
)
