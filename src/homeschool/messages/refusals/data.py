"""What is refused of data files: texts, worked examples, pairs of answers, results of exams."""

from homeschool.messages.sentence import Sentence

# files
NO_FILE = Sentence("no file {path}", "没有文件 {path}")
EMPTY_FILE = Sentence("{path} is empty", "{path} 是空的")
NOT_UTF8 = Sentence(
    "{path} is not UTF-8 text: {error}; save the file as UTF-8", "{path} 不是 UTF-8 文字：{error}；请把文件存成 UTF-8"
)
NOT_JSON = Sentence(
    "{place}: not JSON ({error}); the line begins {shown!r}", "{place}：不是 JSON（{error}）；这一行的开头是 {shown!r}"
)
NOT_AN_OBJECT = Sentence(
    "{place}: expected an object, received {kind}", "{place}：应该是一个 JSON 对象，收到的是 {kind}"
)
AT = Sentence("{place}: {error}", "{place}：{error}")

# data.py
TOO_FEW_TOKENS = Sentence(
    "{path} has {found} tokens, one row needs {needed}; add text or lower length",
    "{path} 里有 {found} 个 token，一段就要 {needed} 个；请加些文本，或者调小 length",
)
NO_TEXT = Sentence(
    '{place}: no "text" in it; its columns are {columns}', "{place}：没有“text”这一列；这一行有的列：{columns}"
)
NO_EXAMPLE = Sentence(
    '{place}: expected "messages", or "prompt" and "completion" as text; its columns are {columns}',
    "{place}：应该有“messages”，或者有文字的“prompt”和“completion”；这一行有的列：{columns}",
)
NOTHING_TRAINS = Sentence(
    "{place}: no assistant message, so nothing in it would train", "{place}：没有 assistant 的消息，这一行没有可学的"
)
EXAMPLE_TOO_LONG = Sentence(
    "{place}: {tokens} tokens, the model's context is {context}; shorten the example",
    "{place}：有 {tokens} 个 token，模型的上下文只有 {context}；请缩短这道例题",
)

# preferences.py
SIDE = Sentence('{place}: "{name}"', "{place} 的“{name}”")
SIDE_MISSING = Sentence(
    '{place}: the column "{name}" is missing; its columns are {columns}',
    "{place}：缺少“{name}”这一列；这一行有的列：{columns}",
)
TEXT_AND_MESSAGES = Sentence(
    "{place}: one side is text and the other is messages; write both the same way",
    "{place}：一边是文字，一边是消息列表；两边请用同样的写法",
)
SAME_SIDES = Sentence(
    "{place}: both sides are the same, so neither is better; remove the line",
    "{place}：两边一模一样，分不出好坏；请删掉这一行",
)
UNUSABLE_PROMPT = Sentence(
    '{place}: "prompt" is {shown}; expected text that is not empty, or a list of messages',
    "{place}：“prompt”是 {shown}；应该是不为空的文字，或者消息列表",
)
EMPTY_SIDE = Sentence("{what} is empty; expected an answer", "{what}是空的；应该是一个回答")
UNUSABLE_SIDE = Sentence(
    "{what} is {shown}; expected text, or a list of messages", "{what}是 {shown}；应该是文字，或者消息列表"
)
NO_ANSWER_AT_END = Sentence(
    "{what} ends with a message of role {role}; expected the assistant's at the end",
    "{what}的最后一条消息，role 是 {role}；最后一条应该是 assistant 的",
)
BAD_MARGIN = Sentence(
    '{place}: "margin" is {value!r}; expected a number, 0 or more', "{place}：“margin”是 {value!r}；应该是 0 或更大的数"
)
PROMPT_TWICE = Sentence(
    "{place}: the same prompt stands at {other}; what is held out must not be trained on, so remove one of them",
    "{place}：同样的提示在 {other} 也有；留作检验的不能拿来训练，请删掉其中一个",
)
PAIR_TOO_LONG = Sentence(
    "{place}: prompt and answer have {tokens} tokens, the model's context is {context}; shorten the pair",
    "{place}：提示加回答有 {tokens} 个 token，模型的上下文只有 {context}；请缩短这一对",
)
SAME_TOKENS = Sentence(
    "{place}: both sides are the same tokens to this tokenizer, so neither is better",
    "{place}：在这个分词器看来，两边是一样的 token，分不出好坏",
)
NO_ANSWER_LEFT = Sentence(
    "{place}: no token of the answer is left after the chat template; check the messages",
    "{place}：套上对话模板之后，回答里一个 token 也不剩；请检查这些消息",
)

# exam.py
NO_EXAM = Sentence("{path} is not the result of an exam: {error}", "{path} 不是考试的成绩文件：{error}")
