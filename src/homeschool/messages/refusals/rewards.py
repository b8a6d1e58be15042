"""What is refused of reward functions, reward models and rules, and what is said of a call that gave no marks."""

from homeschool.messages.sentence import Sentence

# rewards/conventions.py: how a reward function is called
NO_SUCH_COLUMN = Sentence(
    "the reward function needs {name!r}, and no column has that name; the columns are: {columns}",
    "打分函数要用 {name!r}，可没有哪一列叫这个名字；现有的列：{columns}",
)
PARAMETERS_UNREADABLE = Sentence(
    "the parameters of {name} cannot be read ({error}); wrap it in a function of your own",
    "读不出 {name} 的参数（{error}）；请自己写个函数把它包起来",
)
FITS_NONE = Sentence(
    "{shown} fits no convention, so how to call it would be a guess; rename its parameters to one of:{known}",
    "{shown} 不符合任何一种约定，怎么调用它只能靠猜；请按下面的一种改参数名：{known}",
)
FITS_SEVERAL = Sentence(
    "{shown} fits more than one convention ({fitting}), so how to call it would be a guess; rename its parameters to "
    "one of:{known}",
    "{shown} 同时符合几种约定（{fitting}），怎么调用它只能靠猜；请按下面的一种改参数名：{known}",
)
NOT_A_LIST = Sentence(
    "the reward function returned {shown}; expected a list of {count} numbers or None",
    "打分函数返回了 {shown}；应该返回一个列表，里面是 {count} 个数或 None",
)
OTHER_LENGTH = Sentence(
    "the reward function returned {found} scores for {count} completions",
    "打分函数对 {count} 个回答返回了 {found} 个分数",
)
NOT_A_SCORE = Sentence(
    "the reward function returned {shown} as a score", "打分函数返回的分数是 {shown}，不是一个有限的数"
)

# rewards/scorers.py
NOT_A_FUNCTION = Sentence(
    "{spec!r} is not a reward function; expected FILE.py or FILE.py:NAME",
    "{spec!r} 不是打分函数；应该写成 FILE.py 或 FILE.py:NAME",
)
NO_REWARD_FILE = Sentence(
    "there is no reward file {file} (looked in {folder}); expected FILE.py or FILE.py:NAME",
    "没有奖励文件 {file}（在 {folder} 里找过）；应该写成 FILE.py 或 FILE.py:NAME",
)
NOTHING_TO_TRY = Sentence(
    "there is no prompt or no completion to try the reward function on; expected at least one",
    "没有提示或回答可以拿来试打分函数；至少各要有一个",
)
NOT_IN_TIME = Sentence(
    "the reward function did not return within {seconds:.3g} s", "打分函数在 {seconds:.3g} 秒内没有返回"
)
NOT_REACHED = Sentence(
    "not reached: {seconds:.3g} s were spent on this batch", "没轮到：这一批已经用了 {seconds:.3g} 秒"
)
LOST_TOO_OFTEN = Sentence(
    "not tried: the process of the reward function was lost {deaths} times on this batch",
    "没有再试：打分函数的进程在这一批上已经丢了 {deaths} 次",
)
ALL_TRIALS_FAILED = Sentence(
    "{name} gave no score for any of {count} trial completions. {message}. Columns of the items: {columns}.{hint}",
    "{name} 对 {count} 个试探用的回答一个分数也没给。{message}。题目的列：{columns}。{hint}",
)
PLAIN_STRINGS = Sentence(
    " Completions are plain strings here, not lists of messages: use completion, not completion[0]['content'].",
    "这里的回答是普通字符串，不是消息列表：用 completion，不要用 completion[0]['content']。",
)

# rewards/worker.py and rewards/rule_file.py: files that run in a process of their own
FILE_REFUSED = Sentence("{problem}", "这个文件用不了：{problem}")
"""What the process itself says of the file."""
FILE_ENDED = Sentence(
    "{file} ended its process: {ending}; run it by itself to see why",
    "{file} 让自己的进程结束了：{ending}；单独运行它，看看为什么",
)
FILE_SLOW = Sentence(
    "{file} did not finish loading within {seconds:.3g} s; run it by itself to see why",
    "{file} 在 {seconds:.3g} 秒内没有加载完；单独运行它，看看为什么",
)
PROCESS_ENDED = Sentence("its process ended: {ending}", "它的进程结束了：{ending}")
EXIT_CODE = Sentence("exit code {code}", "退出码 {code}")
KILLED = Sentence("killed by {signal}", "被 {signal} 终止")
NOT_SENT = Sentence(
    "the columns {columns} cannot all be sent to {name}: {error}; use text, numbers, lists and dictionaries",
    "{columns} 这些列没法全部传给 {name}：{error}；请用文字、数、列表和字典",
)
NO_RULE_FILE = Sentence(
    "there is no rule file {file} (looked in {folder})", "没有规则文件 {file}（在 {folder} 里找过）；请检查文件名和路径"
)
RULE_REFUSED = Sentence("reward.rule: {error}", "设置 reward.rule：{error}")
RULE_FAILED = Sentence("{name}: {error}", "{name}：{error}")
NOT_THE_SAME_TWICE = Sentence(
    "{name}, in rule: paid the same attempts differently when asked again",
    "{name} 里的 rule：同样的作答再问一次，付的奖励就变了；请让它每次算出同样的结果",
)
THE_REWARD_FUNCTION = Sentence("the reward function", "打分函数")
THE_RULE = Sentence("the rule", "规则")
"""Takes its place where a rule file did not answer."""

# rewards/marker.py
THE_SCORER = Sentence("the scorer", "打分函数")
NO_SCORER = Sentence(
    "there is no scorer; give at least one function f(prompts, completions, **columns)",
    "没有打分函数；至少要给一个 f(prompts, completions, **columns)",
)
OTHER_WEIGHTS = Sentence(
    "there are {count} reward weights {weights} and {scorers} scorers; give one for each, or none at all",
    "奖励的权重有 {count} 个 {weights}，打分函数有 {scorers} 个；请给每个打分函数一个权重，或者一个也不给",
)
TOO_MANY_UNMARKED = Sentence(
    "{failed} of {count} completions got no mark from {who} (tolerated: {share:.0%}): {found}. {messages}",
    "{count} 个回答里有 {failed} 个没有从{who}得到分数（最多容许 {share:.0%}）：{found}。{messages}",
)

# rewards/learned.py
NO_FOLDER_NAMED = Sentence(
    'reward.scorer is "{name}"; expected model:FOLDER, or model:A+B+C for an ensemble',
    "reward.scorer 是“{name}”；应该写成 model:FOLDER，几个奖励模型一起用就写 model:A+B+C",
)
NAMED_TWICE = Sentence(
    'reward.scorer is "{name}": one reward model twice adds nothing; name each once',
    "reward.scorer 是“{name}”：同一个奖励模型写两遍没有用；每个只写一次",
)
ENSEMBLE_OF_ONE = Sentence(
    'reward.ensemble is "{ensemble}", but reward.scorer "{name}" names one reward model; name several with + between '
    "them, or leave reward.ensemble out",
    "reward.ensemble 是“{ensemble}”，可 reward.scorer “{name}”只有一个奖励模型；请用 + 连起几个，"
    "或者去掉 reward.ensemble",
)
TOO_LONG = Sentence(
    "prompt and answer have {tokens} tokens, the reward model's context is {context}; lower sampling.max_tokens, or "
    "shorten the prompts",
    "提示加回答有 {tokens} 个 token，奖励模型的上下文只有 {context}；调小 sampling.max_tokens，或者缩短提示",
)

# rewards/verify.py
EMPTY_ANSWER = Sentence(
    "the answer to compare with is empty ({answer!r}); correct the item's answer or remove the item",
    "用来比对的答案是空的（{answer!r}）；请改正这道题的答案，或者删掉这道题",
)
NOT_ONE_NUMBER = Sentence(
    "the answer {answer!r} is not one number in lowest terms; correct it or use exact_match",
    "答案 {answer!r} 不是单独一个数（分数要约到最简）；请改正它，或者改用 exact_match",
)
WRONG_TOLERANCE = Sentence(
    "tolerance is {tolerance}; expected a finite number, 0 or more",
    "tolerance 是 {tolerance}；应该是有限的数，0 或更大",
)

# rewards/incentive.py and rewards/rule_settings.py
NOT_ABOVE_ZERO = Sentence(
    "full_marks is {full_marks} and questions {questions}, expected numbers above 0",
    "full_marks 是 {full_marks}，questions 是 {questions}；两个都应该大于 0",
)
NO_RULE = Sentence(
    'reward.rule is "{name}"{nearest}; or a file FILE.py with rule(attempt, history)',
    "reward.rule 是“{name}”，没有这条规则{nearest}；也可以写一个文件 FILE.py，里面有 rule(attempt, history)",
)
NOT_READ = Sentence(
    'reward.{key} is set, but the rule "{rule}" reads {read}; leave it out',
    "设了 reward.{key}，可规则“{rule}”只看 {read}；请去掉这一项",
)
NOTHING_READ = Sentence(
    'reward.{key} is set, but the rule "{rule}" reads nothing; leave it out',
    "设了 reward.{key}，可规则“{rule}”什么设置也不看；请去掉这一项",
)
NOT_NUMBERS = Sentence("{key} are {value!r}, expected a list of numbers", "{key} 是 {value!r}，应该是一列数")
NOT_A_NUMBER = Sentence("{key} is {value!r}, expected a number", "{key} 是 {value!r}，应该是一个数")
NOT_MARKS = Sentence(
    "tiers are {tiers}, expected marks above 0 and up to {most:g}",
    "tiers 是 {tiers}，应该是大于 0、最多 {most:g} 的分数",
)
OTHER_PAYS = Sentence(
    "pays has {pays} entries and {key} {count}; expected one pay more, the first for attempts that reach no tier",
    "pays 有 {pays} 项，{key} 有 {count} 项；pays 应该多一项，第一项给一档也没够到的作答",
)
NOT_WITHIN = Sentence(
    "{key} is {value}, expected a number from {least:g}, up to {most:g}",
    "{key} 是 {value}，应该在 {least:g} 到 {most:g} 之间",
)
NOT_ABOVE = Sentence(
    "{key} is {value}, expected a number above 0, up to {most:g}", "{key} 是 {value}，应该大于 0，最多 {most:g}"
)
NOT_FINITE = Sentence(
    "{key} are {values}, expected finite numbers, at least one", "{key} 是 {values}，应该是有限的数，至少一个"
)
OVERLAP = Sentence(
    "{key} overlap: {low:g} stands twice in {values}; each has to be above the one before",
    "{key} 有重复：{values} 里 {low:g} 出现了两次；每一项都要比前一项大",
)
NOT_SORTED = Sentence(
    "{key} are not sorted: {low:g} stands before {high:g} in {values}; expected the lowest first",
    "{key} 没有排好：{values} 里 {low:g} 排在 {high:g} 前面；应该从小到大",
)
NOT_SHARES = Sentence(
    "rates are {rates}, expected shares of attempts, each above 0 and below 1",
    "rates 是 {rates}，应该是作答所占的比例，每个都大于 0、小于 1",
)
NOT_FALLING = Sentence(
    "rates do not fit: {rates}; whoever reaches a tier has reached those below it, so each rate has to be smaller than "
    "the one before",
    "rates 前后不合：{rates}；够到一档的，下面各档也都够到了，所以每一项都要比前一项小",
)
