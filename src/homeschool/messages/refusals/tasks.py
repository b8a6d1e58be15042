"""What is said of tasks: options that they cannot have, and the user's own questions, with the line that is wrong."""

from homeschool.messages.sentence import Sentence

# options by name
NO_OPTION = Sentence(
    'task "{task}" has no option "{option}"{nearest} (its options: {options})',
    "任务“{task}”没有“{option}”这个选项{nearest}（它的选项：{options}）",
)
OPTION_MISSING = Sentence(
    'task "{task}" needs the option "{option}" (its options: {options})',
    "任务“{task}”必须给出选项“{option}”（它的选项：{options}）",
)

# values of options
NOT_WHOLE = Sentence(
    "{task}: {name} is {value!r} but must be a whole number from {low} to {high}",
    "{task}：{name} 是 {value!r}，应该是从 {low} 到 {high} 的整数",
)
NOT_A_SHARE = Sentence(
    "{task}: {name} is {value!r} but must be a share from 0 to 1", "{task}：{name} 是 {value!r}，应该是从 0 到 1 的比例"
)
NOT_A_SWITCH = Sentence(
    "{task}: {name} is {value!r} but must be true or false", "{task}：{name} 是 {value!r}，应该是 true 或 false"
)
NO_OPERATORS = Sentence(
    '{task}: operators is {operators!r} but must be some of + - *, for instance "+-"',
    "{task}：operators 是 {operators!r}，应该是 + - * 里的一个或几个，例如“+-”",
)
OTHER_OPERATORS = Sentence(
    "{task}: operators is {operators!r} but must be some of + - *, each at most once",
    "{task}：operators 是 {operators!r}，应该是 + - * 里的一个或几个，每个最多写一次",
)
NO_PLACE_FOR_SUM = Sentence(
    "{task}: wording is {wording!r} but must hold {{sum}} once",
    "{task}：wording 是 {wording!r}，里面必须正好有一个 {{sum}}",
)
FORM_WITH_WORDING = Sentence(
    "sums: a form asks and answers in boxes of its own; set form alone, or show_work and wording without it",
    "sums：form 用自己的格子出题和作答；单用 form，或者不用它，只设 show_work 和 wording",
)
FORM_WITH_LENGTHS = Sentence(
    "papers: form, lettered and fewest are ways to show a small model where an answer belongs, and a form only does "
    "while all papers have one length; set form alone, or the others without it",
    "papers：form、lettered、fewest 都是帮小模型对上题号的办法，而 form 要所有卷子一样长才管用；单用 form，"
    "或者不用它，只用另外两个",
)
TOO_FEW_SUMS = Sentence(
    'papers: {questions} different questions are wanted but the split "{split}" holds {available} sums of this kind; '
    "ask fewer questions or allow more digits, operators or terms",
    "papers：要 {questions} 道不同的题，可“{split}”那份题里这样的算式只有 {available} 道；少出几道题，"
    "或者放宽 digits、operators、terms",
)
NO_LOOPHOLE_HERE = Sentence(
    "{task}: there is no loophole here; leave loophole false and seed_hack_rate 0",
    "{task}：这个任务没有漏洞；loophole 就用 false，seed_hack_rate 就用 0",
)

# marks
NO_COLUMN_TO_MARK = Sentence(
    '{task}: score needs the column "{name}" but received {received}; pass the prompt\'s columns',
    "{task}：打分要用“{name}”这一列，收到的列：{received}；把提示的各列都传进来",
)

# reasoning-gym
NO_GYM = Sentence(
    "gym:{name} needs the package reasoning-gym ({error}): pip install 'homeschool[gym]'",
    "gym:{name} 要用 reasoning-gym 这个包（{error}）：pip install 'homeschool[gym]'",
)
NO_DATASET = Sentence('reasoning-gym has no dataset "{name}"{nearest}', "reasoning-gym 没有“{name}”这个数据集{nearest}")
GYM_WANTS_SETTINGS = Sentence(
    "gym:{name} cannot be made with its default settings: {error}", "gym:{name} 用默认设置做不出题来：{error}"
)

# jsonl: options
SCORER_NOT_CALLABLE = Sentence(
    "jsonl: scorer is {scorer!r} but must be a function f(prompts, completions, **columns); load it from its file "
    "first",
    "jsonl：scorer 是 {scorer!r}，应该是函数 f(prompts, completions, **columns)；先从它的文件里加载出来",
)
NO_SCORER = Sentence(
    "jsonl: {path} has no scorer; give a function f(prompts, completions, **columns)",
    "jsonl：{path} 没有打分函数；请给一个函数 f(prompts, completions, **columns)",
)
NOT_SHARES = Sentence(
    "jsonl: shares is {shares!r} but must be three positive numbers, for train, check and hidden, with sum 1",
    "jsonl：shares 是 {shares!r}，应该是三个正数，依次是 train、check、hidden 的份额，加起来等于 1",
)

# jsonl: a file
UNREADABLE = Sentence(
    "{path}: cannot be read ({error}); give the path of a JSONL file",
    "{path}：读不了（{error}）；请写一个 JSONL 文件的路径",
)
NO_LINES = Sentence(
    '{path}: the file has no lines; write one JSON object a line, for instance {{"prompt": "..."}}',
    '{path}：文件里一行内容也没有；每行写一个 JSON 对象，例如 {{"prompt": "..."}}',
)
TOO_FEW_PROMPTS = Sentence(
    "{path}: {prompts} different prompts cannot fill {count} splits ({splits}), which takes at least {count} lines "
    "with different prompts; add lines, or give check_path and hidden_path",
    "{path}：{prompts} 个不同的提示不够分成 {count} 份（{splits}），至少要有 {count} 行提示各不相同；"
    "再添几行，或者给出 check_path 和 hidden_path",
)
SAME_PROMPT = Sentence(
    "{place} ({split}): the same prompt stands at {other_place} ({other}); what is examined must not be learned, so "
    "remove one of them",
    "{place}（{split}）：同样的提示在 {other_place}（{other}）也有；考的题不能拿来学，请删掉其中一个",
)

# jsonl: a line
NOT_UTF8 = Sentence(
    "{place}: not UTF-8 text, starting with {shown!r}; save the file as UTF-8",
    "{place}：不是 UTF-8 文字，开头是 {shown!r}；请把文件存成 UTF-8",
)
NOT_JSON = Sentence(
    "{place}: not JSON ({error}), starting with {shown!r}; write one JSON object a line",
    "{place}：不是 JSON（{error}），开头是 {shown!r}；每行写一个 JSON 对象",
)
NOT_AN_OBJECT = Sentence(
    '{place}: {shown!r} is not an object; each line must look like {{"prompt": "..."}}',
    '{place}：{shown!r} 不是对象；每行都要写成 {{"prompt": "..."}} 的样子',
)
NO_PROMPT = Sentence(
    '{place}: the column "prompt" is missing; columns seen: {seen}', "{place}：缺少“prompt”这一列；这一行有的列：{seen}"
)
RESERVED_COLUMN = Sentence(
    '{place}: a column cannot be called "{name}", which is an argument of the scorer; rename it',
    "{place}：列名不能叫“{name}”，打分函数有个参数就叫这个；请换个名字",
)
UNUSABLE_PROMPT = Sentence(
    '{place}: "prompt" is {shown} but must be text that is not empty, or a list of messages such as '
    '{{"role": "user", "content": "..."}}',
    "{place}：“prompt”是 {shown}，应该是不为空的文字，或者消息的列表，每条消息写成 "
    '{{"role": "user", "content": "..."}}',
)
OTHER_COLUMNS = Sentence(
    "{place}: columns differ from {first}: this line {said}; give every line the same columns (null where there is no "
    "value)",
    "{place}：列和 {first} 不一样：这一行{said}；每行都要有同样的列（没有值就写 null）",
)
LACKS = Sentence("lacks {names}", "缺少 {names}")
ADDS = Sentence("adds {names}", "多出 {names}")
AND = Sentence(" and ", "，还")

# jsonl: a worked answer
NO_WORKED_ANSWER = Sentence(
    'jsonl: a worked answer needs the column "completion" or "answer"; columns seen: {seen}',
    "jsonl：例题的答案取自“completion”或“answer”这一列；现有的列：{seen}",
)
NOT_TEXT = Sentence(
    'jsonl: column "{name}" of {identity} is {value!r:.60} but must be text or a number',
    "jsonl：{identity} 的“{name}”列是 {value!r:.60}，应该是文字或数",
)
