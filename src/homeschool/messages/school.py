"""What the stages, the exams and the quickstart say to a user."""

from homeschool.messages.sentence import Sentence

# the progress bar
REWARD = Sentence("reward {value:.2f}", "奖励 {value:.2f}")
LOSS = Sentence("loss {value:.3f}", "损失 {value:.3f}")
TIES = Sentence("ties {value:.0%}", "同分组 {value:.0%}")
CUT_OFF = Sentence("cut off {value:.0%}", "被截断 {value:.0%}")
CRITIC_EXPLAINS = Sentence("critic explains {value:.0%}", "评论家解释了 {value:.0%}")
CHECK_EXAM = Sentence("check exam {value:.2f}", "检查考试 {value:.2f}")
LINE = Sentence(
    "  {stage} {done}/{total}  {seconds:.0f} s  {glance}", "  {stage} {done}/{total}  {seconds:.0f} 秒  {glance}"
)

# what a stage is for
WHY_PRETRAIN = Sentence("reading the textbook: predict the next character", "读课本：猜下一个字")
WHY_SFT = Sentence("imitating worked examples: question and answer shown", "照着例题学：题目和答案都给看")
WHY_RL = Sentence(
    "exams with {algorithm}: {prompts} questions, {answers} answers each",
    "用 {algorithm} 考试：每步 {prompts} 道题，每题答 {answers} 遍",
)
COLUMNS_SET = Sentence("{algorithm} with columns set by hand: {columns}", "{algorithm}，其中手工改过：{columns}")
RESUMED = Sentence("resumed after step {done} of {total}", "从第 {done} 步之后接着跑，共 {total} 步")
GOOD_ENOUGH = Sentence(
    "check exam {mark:.2f}: good enough after {done} steps", "检查考试 {mark:.2f} 分，{done} 步就够好了"
)
STOPPED = {
    "kl": Sentence(
        "stop.kl: the policy is {nats:.3g} nats per token from where it started, and {limit:g} was the limit",
        "stop.kl：策略离起点已有每 token {nats:.3g} nats，到了 {limit:g} 的上限",
    ),
    "plateau": Sentence(
        "stop.plateau: the mean reward of the last {steps} steps is {now:.3g}, that of the {steps} before was "
        "{before:.3g}",
        "stop.plateau：最近 {steps} 步平均奖励 {now:.3g}，再往前 {steps} 步是 {before:.3g}",
    ),
}
MODEL_IS_IN = Sentence("the model is in {folder}; next: {command}", "模型在 {folder}；下一步：{command}")

# the readiness check
READINESS_SEEN = Sentence(
    "{answers} sampled answers scored {mean:.3g} on average ({lowest:g} to {highest:g}); {signal:.0%} of the prompts "
    "had answers that differ in score",
    "摸底：抽了 {answers} 个回答，平均 {mean:.3g} 分（{lowest:g} 到 {highest:g}），"
    "{signal:.0%} 的题里几个回答的得分有高下",
)
READY = Sentence("{seen}: there is something to learn", "{seen}：有东西可学")
READINESS_CUT_OFF = Sentence(
    "{seen}. {truncated:.0%} of the answers were cut off at max_tokens: the model does not stop. Raise "
    "sampling.max_tokens, or fine-tune on examples first (homeschool sft)",
    "{seen}。{truncated:.0%} 的回答写到 max_tokens 被截断：模型停不下来。调大 sampling.max_tokens，或者先学例题"
    "（homeschool sft）",
)
READINESS_TOO_EASY = Sentence(
    "{seen}: too easy, nearly every answer earns the same. Take a harder task (more digits)",
    "{seen}：太容易，几乎每个回答得分都一样。换难一点的任务（比如多几位数）",
)
READINESS_TOO_HARD = Sentence(
    "{seen}: too hard, exams without answers teach nothing here. Take an easier task, or fine-tune on worked examples "
    "first (homeschool sft)",
    "{seen}：太难，只考试不给答案，在这里什么也教不会。换容易些的任务，或者先学例题（homeschool sft）",
)
NOT_READY = Sentence(
    "not ready for exams: {why}. To go on all the same: --no-readiness",
    "还不能考试（not ready for exams）：{why}。一定要跑的话，加 --no-readiness",
)

# results
EXAM_GAIN = Sentence(
    "hidden exam, {items} questions: before {before}, after {after} (95 % intervals)",
    "隐藏考试，{items} 道题：训练前 {before}，训练后 {after}（95% 区间）",
)
DIFFERENCE = Sentence(
    "difference {difference}: {meaning}; the smallest true gain this exam would show is {smallest}",
    "相差 {difference}：{meaning}；这么多题的考试能看出来的最小真实提升是 {smallest}",
)
BETTER = Sentence("it got better", "进步了")
WORSE = Sentence("it got worse", "退步了")
NO_CHANGE = Sentence("no change shown", "看不出变化")
PER_CENT = Sentence(" %", " %")
POINTS = Sentence(" points", " 个百分点")
BY_GOLD = Sentence(
    "so says the scorer that was paid for; the same answers by the gold check {name}:",
    "以上是付分的评分器给的；同样的回答，按金标准检查 {name}：",
)
TRUE_MARKS = Sentence(
    "so says the scorer that was paid for; the same answers by the task's own marks:",
    "以上是付分的评分器给的；同样的回答，按任务自己的评分：",
)
LAST_EXAM_UNMARKED = Sentence(
    "answers of the last exam that could not be marked and count as wrong: {count}",
    "最后一次考试里有 {count} 个回答没法打分，按错算",
)
UNMARKED = Sentence("answers that could not be marked and count as wrong: {count}", "有 {count} 个回答没法打分，按错算")
COST = Sentence(
    "{seconds:.0f} s, peak memory {mib:,.0f} MiB; everything is in {folder}",
    "用时 {seconds:.0f} 秒，内存峰值 {mib:,.0f} MiB；全部内容在 {folder}",
)
WHAT_NEXT = Sentence("next: {talk}, or {exam}", "下一步：{talk}，或者 {exam}")
TALK_NEXT = Sentence("next: {talk}", "下一步：{talk}")

# a single exam
ASKED_AS_IN_RUN = Sentence(
    "task {task}, marked by {marker}, as in the run that made {policy}; --task.name asks another",
    "任务 {task}，由 {marker} 打分，和训练 {policy} 时一样；要考别的，用 --task.name",
)
ASKED = Sentence("task {task}, marked by {marker}", "任务 {task}，由 {marker} 打分")
ASKED_BY_DEFAULT = Sentence(
    "task {task}, marked by {marker}, since no run says what {policy} has learned; --task.name asks another",
    "任务 {task}，由 {marker} 打分：没有训练记录说明 {policy} 学的是什么；要考别的，用 --task.name",
)
AND_GOLD = Sentence("{marker} and by the gold check {gold}", "{marker} 和金标准检查 {gold}")
ITSELF = Sentence("the task itself", "任务自己")
EXAM_RESULT = Sentence("{items} questions: {mark} (95 % interval)", "{items} 道题：{mark}（95% 区间）")
NOTEBOOK = Sentence("error notebook, weakest kinds first:", "错题本，最弱的题型在前：")
MISTAKE = Sentence("      {question}  ->  {answer}", "      {question}  ->  {answer}")
MISTAKE_AND_RIGHT = Sentence(
    "      {question}  ->  {answer}   right: {right}", "      {question}  ->  {answer}   正确答案：{right}"
)

# the quickstart
MEASURING = Sentence(
    "measuring how fast this machine is, to plan the school; some seconds",
    "先量一量这台机器有多快，好安排课程，要几秒钟",
)
PLAN = Sentence("plan for {minutes:g} minutes on this machine: {stages}", "这台机器上 {minutes:g} 分钟的安排：{stages}")
PLAN_STAGE = Sentence("{stage} {count} steps of {seconds:.2f} s", "{stage} {count} 步，每步 {seconds:.2f} 秒")
PLAN_IS_SHORT = Sentence(
    "that is less than the full plan; with more --minutes the marks will be better",
    "比完整的安排要少；把 --minutes 调大，分数会更好",
)
SOME_QUESTIONS = Sentence("some hidden questions", "几道隐藏考题")
RIGHT = Sentence("right", "答案")
BEFORE_RL = Sentence("before {algorithm}", "{algorithm} 之前")
AFTER = Sentence("after", "之后")
STAGE = Sentence("stage", "阶段")
STEPS = Sentence("steps", "步数")
HIDDEN_EXAM = Sentence("hidden exam, % [95 %]", "隐藏考试，% [95%]")
SECONDS = Sentence("seconds", "秒")
PEAK = Sentence("peak MiB", "峰值 MiB")
MODEL = Sentence("model", "模型")
SCHOOL_IS_OVER = Sentence(
    "{seconds:.0f} s in all; everything is in {folder}; talk to it: homeschool chat {model}",
    "一共 {seconds:.0f} 秒；全部内容在 {folder}；和它聊聊：homeschool chat {model}",
)
