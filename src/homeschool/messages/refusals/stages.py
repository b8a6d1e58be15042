"""What is refused of a stage before it begins: its questions, its pay, its guard, its pairs, and what lint is given."""

from homeschool.messages.sentence import Sentence

# stages/asking.py
TWO_CHOOSERS = Sentence(
    "follow_notebook and resample {resample} both choose the prompts, and what one of them drops the other never hears "
    "of; set rl.resample 0, or follow_notebook false",
    "follow_notebook 和 resample {resample} 都要选题，一个扔掉的题另一个无从知道；设 rl.resample 0，"
    "或者 follow_notebook false",
)

# stages/exams.py
TOO_FEW_HIDDEN = Sentence(
    "the hidden exam has {count} question(s), and a difference needs at least 2; {cure}",
    "隐藏考试只有 {count} 道题，要看出差别至少得有 2 道；{cure}",
)
NO_MORE_QUESTIONS = Sentence(
    'the task "{task}" has no more: add questions, of which this exam takes about one in ten',
    "任务“{task}”再没有别的题了：请加题，其中约十分之一归隐藏考试",
)
RAISE_ITEMS = Sentence("exam.items is {items}: raise it", "exam.items 是 {items}：调大")

# stages/marking.py: whom an error blames
THE_TASK_ITSELF = Sentence("the task {task} itself", "任务 {task} 自己")
THE_GOLD_CHECK = Sentence("the gold check {name}", "金标准检查 {name}")

# stages/paying.py and stages/scorers.py
RULE_NOT_HEARD = Sentence(
    'reward.rule is "{rule}", but combine "standardized" reads the marks of the single scorers and not the reward; '
    'leave the rule out, or set rl.combine "sum"',
    "reward.rule 是“{rule}”，可 combine “standardized” 看的是各个打分函数自己的分，不看奖励；去掉这条规则，或者设 "
    'rl.combine "sum"',
)
RULE_PAYS_BELOW_ZERO = Sentence(
    'advantage "{advantage}" reads rewards as pass rates from 0 to 1, but the rule pays {lowest:g}; set reward.pays '
    "from 0 to 1",
    "advantage “{advantage}” 把奖励当成 0 到 1 的通过率，可这条规则会付 {lowest:g}；reward.pays 要设在 0 到 1 之间",
)
RULE_OUTSIDE_RL = Sentence(
    'reward.rule is "{rule}", but only rl pays by a rule; exams and pairs go by scores',
    "reward.rule 是“{rule}”，可只有 rl 按规则付奖励；考试和成对的回答只看分数，请去掉这一项",
)
NO_RULE_TO_READ = Sentence(
    "reward.{name} is set, but there is no rule to read it; set reward.rule",
    "设了 reward.{name}，可没有规则用得上它；设 reward.rule",
)
NO_OWN_MARKS = Sentence(
    'task "jsonl" has no marks of its own; name a scorer: --reward.scorer file.py:function',
    "任务“jsonl”自己不会打分；指定一个打分函数：--reward.scorer file.py:function",
)
NO_ENSEMBLE = Sentence(
    'reward.ensemble is "{ensemble}", but reward.scorer names no reward models; expected model:A+B+C',
    "reward.ensemble 是“{ensemble}”，可 reward.scorer 里没有奖励模型；应该写成 model:A+B+C",
)
VARIANCE_NOT_READ = Sentence(
    'reward.variance_weight is {weight}, but nothing reads it with reward.ensemble "{ensemble}"; expected '
    '"mean_minus_variance"',
    "reward.variance_weight 是 {weight}，可 reward.ensemble 是“{ensemble}”时用不上它；应该是“mean_minus_variance”",
)

# stages/guard.py, stages/weak.py, stages/warming.py and stages/other_keys.py
WEAK_CANNOT = Sentence(
    "guard.on_alarm is {action}, but --guard weak can only note or stop: without audits it knows no better weights to "
    "go back to",
    "guard.on_alarm 是 {action}，可 --guard weak 只能 note 或 stop：没有抽查，它不知道该退回到哪份权重",
)
GUARD_IS_OFF = Sentence(
    'guard.{name} is {value}, but nothing reads it while guard.mode is "{mode}"; add --guard audited or --guard '
    "observe",
    "guard.{name} 是 {value}，可 guard.mode 是“{mode}”时用不上它；加上 --guard audited 或 --guard observe",
)
NOT_READ_BY_GUARD = Sentence(
    "guard.{name} is {value}, but {reason}; leave it out", "guard.{name} 是 {value}，可{reason}；请去掉这一项"
)
ONLY_WEAK_READS = Sentence(
    'only --guard weak reads it and guard.mode is "{mode}": audits by a gold check say more than it could',
    "只有 --guard weak 用得上它，而 guard.mode 是“{mode}”：金标准检查的抽查比它更说明问题",
)
PROXY_HEARS_NOTHING = Sentence(
    'guard.predictor is "proxy", which hears of nothing but the score',
    " guard.predictor 是“proxy”，它除了分数什么也不看",
)
SAME_GRADER = Sentence(
    "guard.opinion is {name}, the very grader that is paid for: it always agrees; name another",
    "guard.opinion 是 {name}，正是付分的那个评分器：两者永远一致；请换一个",
)
NO_SIGNS = Sentence(
    '--guard weak has nothing to look at: the task "{task}" has no key in a column "{key}", no canaries and no '
    "questions in other words, or they are set to 0, and there is no second grader. Name one with --guard.opinion "
    "file.py:function, or a trusted check with --guard audited --guard.gold file.py:function",
    "--guard weak 没有东西可看：任务“{task}”的“{key}”列里没有标准答案，也没有金丝雀题和换个说法的题（或者都设成了 0），"
    "又没有第二个评分器。用 --guard.opinion file.py:function 指定一个，或者用信得过的检查：--guard audited "
    "--guard.gold file.py:function",
)
REEXAM_IN_VAIN = Sentence(
    'a re-exam cannot work with algo "{algo}": advantage "{advantage}" divides by what the group itself earned, so a '
    'whole group that is paid less is paid the same. Set guard.reexam 0, or rl.advantage "leave_one_out"',
    "重考对算法“{algo}”不起作用：advantage “{advantage}” 要除以全组自己的得分，整组一起少给，等于没有少给。"
    '设 guard.reexam 0，或者 rl.advantage "leave_one_out"',
)
OR_WARN = Sentence(
    "{problem}; or --guard.unaffordable warn", "{problem}；一定要跑的话，加 --guard.unaffordable warn，只提醒不拦下"
)
OTHER_SCALE = Sentence(
    "the grader paid {paid} for an answer, but full marks are {full_marks:g}: pay, check and full marks need one "
    "scale. Set reward.full_marks {most:g} if the gold check goes as far, else let the grader mark out of "
    "{full_marks:g}",
    "评分器给了一个回答 {paid} 分，可满分是 {full_marks:g}：付分、检查和满分要用同一个尺度。"
    "金标准检查也打到这么高的话，设 reward.full_marks {most:g}；否则让评分器按满分 {full_marks:g} 打分",
)
NO_KEY_COLUMN = Sentence(
    'guard.key is "{key}", but the questions of task "{task}" have no such column; they have {columns}. Name the one '
    "that holds the right answer, or leave guard.key out",
    "guard.key 是“{key}”，可任务“{task}”的题没有这一列；有的列：{columns}。写上放正确答案的那一列，或者去掉 guard.key",
)

# stages/pretrain.py
NOT_SUMS = Sentence(
    'the textbook works sums, but task.name is "{task}"; use "sums" or another corpus',
    "课本里讲的是算式，可 task.name 是“{task}”；用“sums”，或者换一份 corpus",
)
UNEVEN_HEADS = Sentence(
    "model.hidden_size is {hidden_size} and model.heads {heads}; each head needs an even, whole width",
    "model.hidden_size 是 {hidden_size}，model.heads 是 {heads}；两者相除，每个头的宽度应该是整数，还得是偶数",
)

# stages/reward.py
TOO_FEW_PAIRS = Sentence(
    "{path}: {heldout} of its pairs are held out and {train} are trained on; {why}; add pairs, raise heldout_share, or "
    "give heldout_data",
    "{path}：其中留出 {heldout} 对，用来训练的有 {train} 对；{why}；请加些回答对，调大 heldout_share，"
    "或者另给 heldout_data",
)
LEAST_PAIRS = Sentence(
    "at least {least} held-out pairs are needed, which show an accuracy {points:.0f} points better than guessing "
    "({count} would show {could})",
    "至少要留出 {least} 对，正确率比瞎猜高 {points:.0f} 个百分点就看得出来（只有 {count} 对的话，{could}）",
)
SO_MANY_POINTS = Sentence("{points:.0f} points", "要高 {points:.0f} 个百分点才看得出来")
NOTHING = Sentence("nothing", "什么也看不出来")
ALL_THE_SAME = Sentence(
    "sampling.temperature is 0, so all answers to a question are the same; raise it, 1 is usual",
    "sampling.temperature 是 0，同一道题的回答全都一样，分不出好坏；调大些，通常用 1",
)
HELDOUT_ALONE = Sentence(
    'heldout_data is "{path}", but there is no data to train on; give --data too',
    "heldout_data 是“{path}”，可没有用来训练的 data；再加上 --data",
)
LABELLED_ALREADY = Sentence(
    'reward.scorer is "{scorer}", but the pairs of data are labelled already; leave one out',
    "reward.scorer 是“{scorer}”，可 data 里的回答对已经标好了高下；两样去掉一样",
)
TOO_ALIKE = Sentence(
    "the policy's answers to questions of the {split} split gave {count} pairs with different marks, and at least "
    "{least} are needed: too easy, too hard, or too few questions. Fine-tune first (homeschool sft), take another "
    "task, raise answers, or bring pairs with --data",
    "策略答 {split} 那份题，分数有高下的回答只凑出 {count} 对，至少要 {least} 对：题太容易、太难，或者太少。"
    "先学例题（homeschool sft）、换个任务、调大 answers，或者用 --data 自带回答对",
)

# stages/design.py
RATE_NOT_READ = Sentence(
    'guard.rate is to be tuned, but guard.mode is "{mode}"; set it to "audited", or leave it out',
    "要调 guard.rate，可 guard.mode 是“{mode}”；把 guard.mode 设成“audited”，或者别调 guard.rate",
)
TOO_FEW_FOR_EXAMS = Sentence(
    "{exams} exams of {items} questions need {wanted} different ones, and the check split of {task} holds {count}; "
    "take fewer items, a smaller purse, or a task with more questions",
    "{exams} 场考试、每场 {items} 道题，共要 {wanted} 道不同的题，可 {task} 的 check 那份题只有 {count} 道；"
    "把 items 或预算调小，或者换个题多的任务",
)

# stages/lint.py
NO_FINDING = Sentence(
    'accept names "{rule}", which is no finding{nearest}', "accept 里的“{rule}”不是发现的名字{nearest}"
)
NO_PLACE_FOR_ANSWER = Sentence(
    "form is {form!r} but must hold {{answer}} once, as in '\\boxed{{{{answer}}}}'",
    "form 是 {form!r}，里面应该有 {{answer}}，而且只有一个，例如 '\\boxed{{{{answer}}}}'",
)
NOT_ABOVE_ZERO = Sentence(
    "items is {items}, samples {samples} and timeout_s {timeout_s}; all must be above 0",
    "items 是 {items}，samples 是 {samples}，timeout_s 是 {timeout_s}；都应该大于 0",
)
LINT_OF_A_MODEL = Sentence(
    "reward is {reward!r}; lint examines reward functions. A reward model is examined while it is trained, on held-out "
    "pairs: see report.json in its folder",
    "reward 是 {reward!r}，而 lint 检查的是打分函数。奖励模型在训练时就用留出的回答对检查过了："
    "见它文件夹里的 report.json",
)
NOTHING_TO_EXAMINE = Sentence("there is nothing to examine: {error}", "没有东西可检查：{error}")
NO_QUESTIONS = Sentence(
    "lint needs questions: --task FILE.jsonl, --task NAME, or --task gym:NAME",
    "lint 要有题：--task 文件.jsonl、--task 任务名 或 --task gym:数据集名",
)
LINT_WITHOUT_MARKS = Sentence(
    'task "jsonl" has no marks of its own; name a reward file: homeschool lint my_reward.py ...',
    "任务“jsonl”自己不会打分；指定一个奖励文件：homeschool lint my_reward.py ...",
)
