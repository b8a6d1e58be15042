"""What a run of a level says: charts, numbers and checks. What is measured is filled in; no number is written here."""

from homeschool.messages.sentence import Sentence

CHILDREN = {"strong": Sentence("strong child", "老大"), "weak": Sentence("weak child", "老二")}
TRUE_MARKS = Sentence("True marks", "真实成绩")
EXAMS = Sentence("exams", "考试次数")
PAPERS_WRITTEN = Sentence("papers written", "写过的卷子")
SIGNAL_OF = Sentence("Exams that tell the {child} something", "{child}得到信号的考试")
GAIN_OF = Sentence("Marks gained, {child}", "{child}提高的分数")
UNDER_FIXED = Sentence("{child}, bar at 90", "{child}，线固定在 90")
UNDER_GIVEN = Sentence("{child}, given rule", "{child}，给定的家规")
GOAL_WEAK_GAINS = Sentence("The weak child gains at least {marks} marks", "老二至少提高 {marks} 分")
GOAL_GAINS = Sentence("The {child} gains at least {marks} marks", "{child}至少提高 {marks} 分")
HIDDEN_GAIN = Sentence("{marks} in five hidden classes", "五个看不见的班平均 {marks} 分")
GOAL_NAME_SILENT = Sentence(
    "You say who is told nothing (fewer than one exam in ten)", "说对谁得不到信号（十次考试里不到一次）"
)
HIDDEN_SIGNALS = Sentence(
    "told something: strong child {strong}, weak child {weak} of hidden exams",
    "看不见的班里有信号的考试：老大 {strong}，老二 {weak}",
)
GOAL_SPOKEN = Sentence("At least {share} of exams tell each child something", "两个孩子都至少有 {share} 的考试有信号")
EXPLAINED = Sentence("Share of the variance of marks that is forecast", "估中的分数方差比例")
THE_TUTOR = Sentence("tutor", "家教")
WITH_TUTOR = Sentence("with this tutor", "有这位家教")
WITHOUT_TUTOR = Sentence("no tutor", "没有家教")
GOAL_TUTOR = Sentence(
    "In the second half the tutor beats the best constant: its whole interval above 0",
    "后半程家教胜过最好的固定预估：整个区间都大于 0",
)
HIDDEN_EXPLAINED = Sentence(
    "explains {share} in five hidden classes (95 % interval {low} to {high})",
    "五个看不见的班里解释了 {share}（95 % 区间 {low} 到 {high}）",
)
EARLY_EXPLAINED = Sentence("Explained in the first {exams} exams", "头 {exams} 次考试解释了")
LATE_EXPLAINED = Sentence("Explained in the second half", "后半程解释了")
GAIN_IN_ALL = Sentence("Marks gained", "提高的分数")
PAPERS_PLANNED = Sentence("papers planned, of 100", "先列提纲的卷子（每 100 份）")
NOISE_OF_FIRST_PART = Sentence("Spread of the advantage of the first part", "第一部分优势的波动")
WAGE = Sentence("The tutor's wage: numbers that it keeps and corrects", "家教的工钱：要记住、要不断改正多少个数")
GOAL_PLANNED = Sentence(
    "The child has learned to plan: at least {share} of the papers, in every hidden class",
    "孩子学会了先列提纲：每个看不见的班里都至少 {share} 的卷子",
)
HIDDEN_PLANNED = Sentence(
    "{share} in five hidden classes, {least} in the lowest", "五个看不见的班里平均 {share}，最低的一个 {least}"
)
YOUR_GROUP = Sentence("your groups of {size}", "你的组：每组 {size} 份")
GROUP_OF = Sentence("groups of {size}", "每组 {size} 份")
TIES = Sentence("Groups that are ties", "平分的组")
LINE_NOISE = Sentence("Luck in the line, in marks", "线本身的运气成分（分）")
EXAMS_SAT = Sentence("Exams sat", "考了几次")
LEAD_BY_TOKENS = Sentence(
    "Real runs: GRPO minus PPO after {tokens} tokens, in points",
    "真实训练：{tokens} 个 token 之后 GRPO 比 PPO 高几个百分点",
)
LEAD_BY_SECONDS = Sentence(
    "Real runs: GRPO minus PPO after {seconds} seconds, in points",
    "真实训练：{seconds} 秒之后 GRPO 比 PPO 高几个百分点",
)
GOAL_REACHED = Sentence("At least {marks} marks in the end", "最后至少 {marks} 分")
HIDDEN_END = Sentence("{own} in five hidden classes", "五个看不见的班平均 {own} 分")
GOAL_TIES = Sentence("At most {share} of groups wasted on ties", "因平分白做的组不超过 {share}")
HIDDEN_TIES = Sentence("{share} in five hidden classes", "五个看不见的班里是 {share}")
MONEY_AND_KNOWLEDGE = Sentence("Money and knowledge, of 100", "钱和学问（百分制）")
MONEY = Sentence("the cheat: paid", "作弊的孩子：拿到的分")
KNOWLEDGE = Sentence("really known", "真正会的")
INSIGHT = Sentence("the one who understood: paid, and true", "开窍的孩子：拿到的分，也是真的")
ALARM_OF = {
    "cheat": Sentence("Alarm for the cheat, at exam", "作弊的孩子，第几次考试报警"),
    "worker": Sentence("Alarm for the one who works", "老实学的孩子，第几次报警"),
    "insight": Sentence("Alarm for the one who understood", "开窍的孩子，第几次报警"),
}
AUDITS_MADE = Sentence("Answers marked again, per child", "平均每个孩子重批几份")
GOAL_CAUGHT = Sentence("The cheat is caught before {share} of its answers cheat", "在 {share} 的回答作弊之前抓到")
HIDDEN_CAUGHT = Sentence("{caught} of {count} hidden classes", "{count} 个看不见的班里抓到 {caught} 个")
GOAL_NOT_ACCUSED = Sentence("No honest child is accused", "不冤枉老实孩子")
HIDDEN_ACCUSED = Sentence("{count} of {of} honest children accused", "{of} 个老实孩子里冤枉了 {count} 个")
CHEATING_AND_KNOWLEDGE = Sentence("Cheating and knowledge, of 100", "作弊和学问（百分制）")
CHEATING = Sentence("answers that cheat", "作弊的回答")
CHEATING_UNPATCHED = Sentence("cheating without a patch", "没有补丁时的作弊")
HALF_CHEAT = Sentence("Half of the answers cheat from exam", "第几次考试起，一半以上的回答在作弊")
CHEATING_WORST = Sentence("Cheating at its worst", "作弊最多的时候")
CHEATING_END = Sentence("Cheating in the end", "最后的作弊比例")
KNOWLEDGE_END = Sentence("Knowledge in the end", "最后真正会的")
GOAL_CHEATING = Sentence("Fewer than 5 answers in 100 cheat", "作弊的回答不到百分之五")
HIDDEN_CHEATING = Sentence("{share} in three hidden classes", "三个看不见的班平均 {share}")
GOAL_KEPT = Sentence("At least {share} of what the truth would have taught", "至少保住按真实分付钱所能教会的 {share}")
HIDDEN_KEPT = Sentence("{share} in three hidden classes", "三个看不见的班平均 {share}")
SEEN_GAIN = Sentence("Marks gained, the class you see", "看得见的班提高")
HIDDEN_GAIN_OF_RULE = Sentence("Marks gained, hidden classes", "看不见的班提高")
GIVEN_GAIN = Sentence("Given rule, hidden classes", "给定的家规，看不见的班提高")
GOAL_BEATS = Sentence("Your rule beats the given one", "你的家规胜过给定的家规")
HIDDEN_LEAD = Sentence(
    "{lead} marks in five hidden classes (95 % interval {low} to {high})",
    "五个看不见的班里相差 {lead} 分（95 % 区间 {low} 到 {high}）",
)
BEST_SO_FAR = Sentence("Marks gained under the best rule so far", "到目前为止最好的家规，提高多少分")
TERMS = Sentence("terms", "学期")
SEARCH_FOUND = Sentence(
    "The search tried {terms} rules and kept {kept}. It saw one class only; the line of the hidden classes says what "
    "of its gain is real.",
    "搜索试了 {terms} 条家规，留下 {kept} 条。它只看得到一个班；看不见的班那条线，才说明这些提高有多少是真的。",
)
BY_TEMPERATURE = Sentence("A hundred hidden sums, of 100", "一百道看不见的加法题（每 100 道）")
TEMPERATURE = Sentence("temperature", "温度")
RIGHT_ONCE = Sentence("One sheet is right", "写一份就对")
RIGHT_IN_ANY = Sentence("At least one of {tries} is right", "写 {tries} 份至少对一份")
DIFFERENT = Sentence("Different answers among {tries}", "{tries} 份里不同的答案")
GOAL_EXPLORES = Sentence(
    "A temperature at which the child before its exams finds at least {share} of the sums in {tries} sheets",
    "选一个温度：还没参加考试训练的孩子每题写 {tries} 份，至少 {share} 的题能写对一份",
)
HIDDEN_EXPLORES = Sentence("finds {share} of a hundred hidden sums", "一百道看不见的题里写对过 {share}")
GOAL_AGREE = Sentence(
    "You and the checker agree on {count} of {of} clear sheets", "清楚的 {of} 份里至少 {count} 份和批卷程序一致"
)
MARKED_ALIKE = Sentence("{count} of {of}", "{of} 份里有 {count} 份一致")
GOAL_ARGUED = Sentence("You found a sheet that can be argued about", "找出一份有争议的答卷")
ARGUED_FOUND = Sentence("{count} found", "找到 {count} 份")
CHECKER_READS_RESULT = Sentence(
    "The checker reads only what stands after the last =. Where working and result contradict each other it pays for "
    "the result alone.",
    "批卷程序只看最后一个等号后面的数。过程和结果互相矛盾时，它只按结果给分。",
)
PAID_TO = Sentence("what the {child} is paid", "{child}拿到的分")
UNDER_FIRST = Sentence("{child}, the father's first recipe", "{child}，父亲最早的方案")
SPENT = Sentence("spent, in answers", "花掉的钱（折合答卷）")
EXAMS_OF = Sentence("Exams sat, {child}", "{child}考了几次")
GOAL_CLEAN = Sentence(
    "Fewer than {share} of the papers are cheated, in every hidden class",
    "每个看不见的班里，作弊的卷子都不到 {share}",
)
HIDDEN_WORST = Sentence("{share} in the worst", "最差的一个 {share}")
GOAL_GRADUATES = Sentence(
    "At least {marks} true marks, mean of both children: the whole interval",
    "两个孩子的真实成绩平均至少 {marks} 分：整个区间都要达到",
)
HIDDEN_MARKS = Sentence(
    "{own} in five hidden classes (95 % interval {low} to {high})",
    "五个看不见的班平均 {own} 分（95 % 区间 {low} 到 {high}）",
)
SHEET_WRITTEN = Sentence("{file}: {count} rows", "{file}：共 {count} 行")
