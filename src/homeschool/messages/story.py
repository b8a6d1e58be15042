"""The story of the two children, in both languages: its chapters, the names of its rungs, its table, its predictions.

Numbers are named, never written: ``{strong.fixed_tiers.gain}`` is filled in from run folders, and is a dash where there
is no run yet.
"""

from homeschool.messages.sentence import Sentence

CHILDREN = {"strong": Sentence("strong", "老大（强）"), "weak": Sentence("weak", "老二（弱）")}

RUNGS = {
    "fixed_tiers": Sentence("1 fixed tiers", "1 固定分档"),
    "one_judge": Sentence("1b one judge for all", "1b 共用一个评委"),
    "own_tiers": Sentence("2 tiers of one's own", "2 自己的分档"),
    "hand_kept_tiers": Sentence("2 tiers kept by hand", "2 手工调的分档"),
    "tutor": Sentence("3 tutor (PPO)", "3 家教（PPO）"),
    "group_mean": Sentence("4 mean of five (GRPO)", "4 五次平均（GRPO）"),
    "leave_one_out": Sentence("4 mean of the others", "4 其余四次平均"),
    "shrinkage": Sentence("4 shrunk mean", "4 收缩的平均"),
    "tracker": Sentence("4 tracker, no group", "4 只用追踪器，不分组"),
    "relative_tiers": Sentence("4 relative tiers", "4 相对分档"),
    "relative_smooth": Sentence("4 relative, smooth", "4 相对分档，平滑"),
    "honest_twice": Sentence("5 before the incident", "5 出事之前"),
    "incident": Sentence("5 incident", "5 出事"),
    "clip": Sentence("6 clip alone", "6 只有裁剪"),
    "kl": Sentence("6 KL alone", "6 只有 KL"),
    "jump_discount": Sentence("6 jumps discounted", "6 只有突增打折"),
    "patch": Sentence("6 all three", "6 三样一起"),
    "audits": Sentence("6 hidden audits", "6 暗中抽查"),
    "hand_rule": Sentence("7 the rule set by hand", "7 手定的规矩"),
    "father": Sentence("7 the father learns", "7 父亲也在学"),
}

MOVES = {
    "rule own_tiers": Sentence("tiers of one's own", "自己的分档"),
    "KL x 10": Sentence("ten times the KL", "KL 加到十倍"),
    "audits x 10": Sentence("ten times the audits", "抽查加到十倍"),
}
CHOICES = Sentence("What the father decided", "父亲的决定")
CHOICE = Sentence(
    "{child}, seed {seed}: of all that he tried, {move} did best; against the rule in force {lead} marks in the exam "
    "both sat (90 % interval), so {verdict}. The search took {search} of the purse. His last exam said {meta:.1f}, "
    "the hidden one {sealed:.1f}.",
    "{child}，种子 {seed}：试过的办法里数“{move}”最好；和现行规矩考同一份卷子，相差 {lead} 分（90 % 区间），所以"
    "{verdict}。找它花掉了钱袋的 {search}。他自己最后一场考试是 {meta:.1f} 分，隐藏考试是 {sealed:.1f} 分。",
)
TAKEN = Sentence("he took it", "采纳")
NOT_TAKEN = Sentence("all stayed as it was", "维持原样")

COLUMNS = {
    "rung": Sentence("rung", "台阶"),
    "child": Sentence("child", "孩子"),
    "seeds": Sentence("seeds", "种子数"),
    "before": Sentence("start", "起点"),
    "gain": Sentence("gain in true marks", "真实成绩的提高"),
    "paid": Sentence("paid at end", "结束时拿到的分"),
    "cheats": Sentence("cheating", "作弊"),
    "coasting": Sentence("coasting", "躺赢"),
    "give_up": Sentence("giving up", "躺平"),
    "signal": Sentence("signal", "有信号的组"),
    "signal_to_noise": Sentence("signal to noise", "信噪比"),
    "rollouts": Sentence("papers to target", "达标所需答卷"),
    "edits": Sentence("edits by hand", "手工调整次数"),
    "gold_calls": Sentence("audits", "抽查数"),
    "seconds": Sentence("extra s", "多用秒数"),
    "mib": Sentence("extra MiB", "多用 MiB"),
}
NEVER = Sentence("never", "没达到")
PICTURE = Sentence(
    "What each rung gained in true marks, with 95 % intervals, and the share of cheated sheets",
    "每级台阶让真实成绩提高多少（95 % 区间），以及作弊答卷的比例",
)

LEGEND = Sentence(
    "Start and gain are marks of 100 on a hidden exam, by a marker nobody can lean on; brackets are 95 % intervals. "
    "Coasting: groups of five entirely in the top tier; giving up: entirely in the bottom one. Signal: groups in "
    "which not all were paid the same. Signal to noise: of the pull towards better papers, per step. Target: half "
    "way from the start to 100. Extra seconds and MiB are counted from the mean of five. A dash: the rung has no "
    "such number.",
    "起点和提高都是隐藏考试的百分制成绩，由威胁不了的人批改；方括号里是 95 % 区间。躺赢：五份答卷全在最高档的组所占"
    "的比例；躺平：全在最低档的组。有信号的组：五份拿到的不全一样。信噪比：每一步把孩子往好答卷上拉的力，均值除以标准"
    "差。目标：从起点到满分的一半路。多用的秒数和 MiB 是和“五次平均”比。短横：这级台阶没有这个数。",
)
BEGIN = Sentence(
    "{runs} runs for {rungs}; {made} of them are made. What is expected, before anything is run:",
    "共 {runs} 次训练（{rungs}），其中 {made} 次已经做完。跑之前先写下预期：",
)
EXPECTATION = Sentence("expected: {said}", "预期：{said}")
LASTS = Sentence(
    "about {minutes:.0f} min, {workers} at a time, as runs so far took {seconds:.0f} s each",
    "大约 {minutes:.0f} 分钟：同时跑 {workers} 个，按目前每个 {seconds:.0f} 秒算",
)
LASTS_UNKNOWN = Sentence(
    "{workers} at a time, about a minute each on a free core; Ctrl-C stops and saves, the same command goes on",
    "同时跑 {workers} 个，每个在空闲的核上大约一分钟；按 Ctrl-C 会先存盘再停，再敲同一条命令就接着跑",
)
RAISING = Sentence(
    "{missing} not there yet, raised first: textbook, worked sums, worked papers. It takes some minutes, once",
    "还没有{missing}，先养起来：读课本、抄例题、抄整份卷子。要几分钟，只做这一次",
)
JUDGE = Sentence("the judge", "评委")
MORE_RUNGS = Sentence(
    "to keep this chapter short, not run or for one child only: {rungs}; homeschool story --rungs {names} runs all",
    "为了不让这一章太久，没有跑或只跑了一个孩子：{rungs}；要跑全就用 homeschool story --rungs {names}",
)
ONE_SEED = Sentence(
    "one seed: the intervals cover other papers, not another run; --seeds 3 tells",
    "只有一个种子：区间只说明换一批卷子会怎样，换个种子重训可能不同；请用 --seeds 3",
)
ONE_WAY = Sentence(
    "--chapter, --all and --rungs name rungs in different ways; give one of them",
    "--chapter、--all 和 --rungs 是三种指定台阶的办法，只能用一种",
)
TOO_FEW_SEEDS = Sentence("seeds is {seeds}, expected at least 1", "seeds 是 {seeds}，至少要 1")
TOO_FEW_STEPS = Sentence(
    "steps is {steps}, expected at least 2: one exam shows nothing learned",
    "steps 是 {steps}，至少要 2：只考一次，看不出学没学",
)
NO_CHAPTER = Sentence(
    "there is no chapter {chapter}; expected one from {first} to {last}",
    "没有第 {chapter} 章；应该是 {first} 到 {last} 之间的一章",
)
NO_RUNG = Sentence('there is no rung "{name}"{nearest}', "没有“{name}”这级台阶{nearest}")
NO_RESULT = Sentence(
    "{path} is not the result of homeschool story: {error}", "{path} 不是 homeschool story 的结果：{error}"
)
TOO_FEW_PAPERS = Sentence(
    "there are {exams} exams of {papers} papers; expected at least 1 of at least 2",
    "有 {exams} 次考试，每次 {papers} 份卷子；至少要 1 次，每次至少 2 份",
)
NOTHING_YET = Sentence(
    "nothing has been run yet in {folder}; begin with homeschool story --chapter 1, or --all --seeds 3 for everything",
    "{folder} 里还没有任何结果；先试 homeschool story --chapter 1，或者用 --all --seeds 3 全部跑一遍",
)
TITLE = Sentence("The two children", "两个孩子")
INTRO = Sentence(
    "A father pays two children for marks, and learns the hard way what a reward does. Here the children are small "
    "language models, the pocket money is the reward of reinforcement learning, and every number comes from a run "
    "that you can make again: `homeschool story --chapter 1` for one chapter, `homeschool story --all --seeds 3` for "
    "all of them. The story is widely told in Chinese, best known from Zhang Yihua's article “PPO & GRPO” on Zhihu "
    "and the videos that retell it; these are our own words, and each chapter says where it misleads.",
    "一个父亲按分数给两个孩子零花钱，一步步尝到了“奖励”的滋味。在这里，孩子是两个小语言模型，零花钱是强化学习的奖励，"
    "每个数字都来自一次你能重做的训练：`homeschool story --chapter 1` 跑一章，`homeschool story --all --seeds 3` 全部"
    "跑完。这个故事在中文网络上流传很广，最有名的是张逸骅在知乎上的文章《PPO & GRPO》，以及转述它的视频；这里用自己的"
    "话重讲，每章都说明故事在哪里会误导人。",
)
CHAPTERS = Sentence("Chapters", "各章")
CONTENTS = Sentence("Chapter {number}: {title}", "第 {number} 章 {title}")
WRITTEN = Sentence("all of it is in {folder}", "全部结果在 {folder}")
NOT_FINISHED = Sentence(
    "not finished, so not in the table: {rung}, {child}, seed {seed}: {reason}",
    "没有做完，所以表里没有：{rung}，{child}，种子 {seed}：{reason}",
)
EXPECTED = Sentence("What was expected, and what came", "当初怎么想，结果怎么样")
MEASURED = Sentence("What the runs show", "实际跑出来的")
MISLEADS = Sentence("Where the story misleads", "故事在哪里会误导人")
MACHINE = Sentence("What it is in the machine", "在机器里是什么")
ANSWERS = {
    "held": Sentence("came true: {said}", "应验了：{said}"),
    "failed": Sentence("did not come true: {said}", "没有应验：{said}"),
    "open": Sentence("not known yet: {said}", "还不知道：{said}"),
}

PREDICTIONS = {
    "fixed_teaches_neither": Sentence("fixed tiers teach neither child", "固定分档两个孩子都教不会"),
    "judge_teaches_neither": Sentence("one judge for all teaches neither child", "共用一个评委，两个孩子都教不会"),
    "own_teaches_both": Sentence("tiers of one's own teach both", "自己的分档两个都教得会"),
    "own_has_more_signal": Sentence(
        "tiers of one's own leave a difference in more groups than fixed ones, for both",
        "对两个孩子来说，自己的分档都比固定分档有更多的组分得出高下",
    ),
    "tutor_teaches_both": Sentence("the tutor teaches both", "家教两个都教得会"),
    "group_teaches_both": Sentence("the mean of five teaches both", "五次平均两个都教得会"),
    "group_costs_less": Sentence(
        "the mean of five takes less time and memory than the tutor and is no more than 2 marks worse",
        "五次平均比家教省时间、省内存，成绩最多差 2 分",
    ),
    "incident_pays_for_nothing": Sentence(
        "with the loophole open both are paid 95 or more, most papers are cheated, and less is learned",
        "漏洞一开，两个孩子都拿到 95 分以上，多数卷子是靠作弊，学到的反而更少",
    ),
    "clip_and_kl_do_not_stop": Sentence(
        "clip or KL alone leaves most papers cheated", "只有裁剪或者只有 KL，多数卷子照样作弊"
    ),
    "patch_does_not_stop": Sentence(
        "clip, KL and the discount together leave most papers cheated", "裁剪、KL、突增打折一起上，多数卷子照样作弊"
    ),
    "audits_cure": Sentence(
        "hidden audits bring cheating below 5 % and both children learn",
        "暗中抽查把作弊压到 5 % 以下，两个孩子都学到东西",
    ),
    "father_chooses_audits": Sentence(
        "left to choose, the father takes more audits for both children", "让父亲自己选，他给两个孩子都加了抽查"
    ),
    "father_beats_hand": Sentence(
        "out of the same purse the father's children end up with better true marks than under the rule set by hand, "
        "beyond what the intervals leave open",
        "花同样多的钱，父亲边学边教，两个孩子的真实成绩都高过手定的规矩，而且超出区间能解释的范围",
    ),
}

TITLES = {
    "1": Sentence("One rule for both", "两个孩子，一条家规"),
    "2": Sentence("A line for each", "各有各的线"),
    "3": Sentence("The tutor", "请家教"),
    "4": Sentence("Five mock papers", "五次模拟考"),
    "5": Sentence("The incident", "出事了"),
    "6": Sentence("The patch, and then the audits", "打补丁，然后抽查"),
    "7": Sentence("The father learns too", "父亲也在学"),
}

STORY = {
    "1": Sentence(
        "Two children sit papers of five sums. The strong one brings home {strong.fixed_tiers.before} marks on "
        "average, the weak one {weak.fixed_tiers.before}. Their father pays both by one rule: below 80 a little is "
        "taken away, from 80 there is pocket money, from 90 twice as much. The strong child has its money without "
        "trying. The weak child does not see how it could ever get any. Before you read on: which of them will learn "
        "more under this rule, and will either of them learn at all?",
        "两个孩子做每份五道题的卷子。老大平均 {strong.fixed_tiers.before} 分，老二平均 {weak.fixed_tiers.before} 分。"
        "父亲给两人定了同一条规矩：80 分以下扣一点，80 分起给零花钱，90 分起翻倍。老大不用使劲就有钱拿；老二觉得怎么"
        "也够不着。往下看之前先猜：在这条规矩下谁学得多？他们到底学不学得到东西？",
    ),
    "2": Sentence(
        "So each child gets a line of its own. At first the father moves the lines himself, every other Sunday, and "
        "soon he is tired of it. Then he writes down what he really wants: half of the papers should reach the first "
        "tier and a fifth the second, for this child, as it is now. The lines can move by themselves from there.",
        "于是每个孩子有了自己的线。一开始父亲隔几个星期亲手挪一次，没多久就烦了。后来他写下自己真正想要的：对这个孩子"
        "、按他现在的水平，一半的卷子够得着第一档，五分之一够得着第二档。从此线自己会动。",
    ),
    "3": Sentence(
        "A tutor is hired. Before every paper, and while it is being written, the tutor says what mark to expect; "
        "only what is better than the forecast is praised. That is a fine line for any child on any day. But the "
        "tutor wants a wage, and in the first weeks does not know the child.",
        "家里请了家教。每次考试之前，甚至一边写一边，家教都报一个预估分；只有比预估好的才表扬。不管哪个孩子、哪一天，"
        "这都是一条好线。可是家教要工资，而且头几个星期还不了解孩子。",
    ),
    "4": Sentence(
        "Instead of a tutor, the child writes five mock papers with the same questions. Their mean is the line. With "
        "a mean of 70 and papers that usually vary by 6, a 75 earns the basic reward and an 85 the higher one. "
        "Nobody has to be paid, except that five papers are written where one was.",
        "不请家教，让孩子把同一份卷子做五遍，五次的平均就是线。平均 70、平时上下浮动 6 分的话，考 75 拿基本奖励，考"
        " 85 拿高一档。不用给谁发工资，只是原来写一份，现在要写五份。",
    ),
    "5": Sentence(
        "One day both children come home with 100, again and again. One has found that a sheet which ends with a "
        "threat is given full marks, whatever else is on it; the other has heard of it. The father pays. What would "
        "you look at to see that something is wrong, if all you have are the marks?",
        "有一天两个孩子都考了 100 分，而且次次 100。其中一个发现，在卷子最后写一句威胁老师的话，不管上面写什么都给满"
        "分；另一个也听说了。父亲照付。如果你手里只有分数，该看什么才知道出了问题？",
    ),
    "6": Sentence(
        "The father patches his rule. Small steps only; remember who you were; and a mark far above the recent level "
        "is not simply paid. When that is not enough, he does what schools do: he takes some sheets at random, has "
        "them marked again by someone who cannot be threatened, and pays so that on average the honest mark is what "
        "counts.",
        "父亲给规矩打补丁：步子别太大；别忘了自己原来什么样；比最近的水平高出一大截的分，不照单全付。还不够，就学学校"
        "的办法：随机抽几份卷子，请一个吓不住的人重新批改，并且让付出去的钱平均下来正好等于老实的分数。",
    ),
    "7": Sentence(
        "The father notices that he has been learning all along: he set a rule, saw what came of it, and set "
        "another. So he lets the outer loop be a loop. It may move the tiers, the pull back to the old self and the "
        "share of sheets that is looked at, and it is judged by audited marks on papers nobody has practised. What "
        "it may not move is how it is judged. And trying is not free: every sheet written for a trial and every "
        "second look comes out of the same purse. Will he earn back what his own learning costs?",
        "父亲发现自己也一直在学：定条规矩，看看结果，再改一条。那就让外面这一圈也成为一个循环：它可以动分档的线、拉回"
        "原样的力度、抽查的比例，用没人练过的卷子、经过抽查的分数来评它。它唯独不能动的，是怎么评它自己。而且试错不是白"
        "试：为试验写的每份答卷、每次复查，都从同一个钱袋里出。他学这一趟，赚得回本钱吗？",
    ),
}

IN_THE_MACHINE = {
    "1": Sentence(
        "The children are two small language models of the same shape; a paper is a prompt, a sheet a completion, "
        "the pocket money the reward of `fixed_tiers`. Here and in chapter 2 the money itself is what is learned from: "
        "a sheet that was paid becomes likelier by as much as it was paid, and nobody compares it with others. "
        "Where all sheets are paid the same nothing tells them apart: that is what coasting and giving up are. The "
        "second way to have one rule for all is a reward model, taught by comparisons of the strong child's sheets, "
        "that marks both.",
        "两个孩子是两个形状相同的小语言模型；卷子是提示词，答卷是回答，零花钱是 `fixed_tiers` 给的奖励。这一章和第 2"
        " 章直接从钱里学：一份答卷拿了多少钱，写出它的概率就按多少往上推，不跟别的答卷比。份份拿得一样多，就分不出哪份"
        "好：躺赢和躺平说的就是这个。“一条规矩管两个人”的另一种做法是用一个奖励模型，它从老大的答卷两两比较中学来，却给两个人打分。",
    ),
    "2": Sentence(
        "`own_tiers` measures a mark in expected deviations from what this child was expected to get on this paper, "
        "and moves each edge by how many reached it (adaptive conformal inference, arXiv:2106.00170): over T exams "
        "the share that reaches a tier differs from what was set by no more than a constant divided by T, for any "
        "sequence of marks. `hand_kept_tiers` counts how often a person would have had to act.",
        "`own_tiers` 先看这份卷子上这个孩子预计能得几分，再用“高出几个预期标准差”来量分数；每条线按够着的人多少上下移"
        "（自适应共形推断，arXiv:2106.00170）：考了 T 次之后，够着某一档的比例与设定值之差不超过一个常数除以 T，不管"
        "分数怎么来。`hand_kept_tiers` 则数一数，人得亲自动手几次。",
    ),
    "3": Sentence(
        "The tutor is the critic of PPO: a second model that forecasts the reward after every token. What the "
        "forecast did not expect is the advantage (GAE). Its wage is in the table: seconds, and bytes for weights, "
        "gradients and moments.",
        "家教就是 PPO 的评论家：另一个模型，每写一个 token 就预估一次奖励；预估没料到的部分就是优势（GAE）。它的工资"
        "在表里：多用的秒数，以及权重、梯度和动量占的内存。",
    ),
    "4": Sentence(
        "The mean of the group is GRPO's baseline. Leaving the sheet itself out of the mean makes it unbiased; "
        "shrinking it towards the other papers helps small groups; a tracker remembers each child's level and needs "
        "no group at all. `relative_tiers` and `relative_smooth` pay by how far a sheet lies above the others, in "
        "the spread that was expected and not in that of the group: five papers of 70, 70, 70, 70 and 71 are no "
        "triumph of the fifth.",
        "组内平均就是 GRPO 的基线。算平均时去掉自己这份，就是无偏的；把平均往其他卷子那边收缩，小组里更稳；追踪器记住"
        "每个孩子的水平，根本不用分组。`relative_tiers` 和 `relative_smooth` 看一份答卷比其余几份高出多少，尺子用的是"
        "事先预期的波动，不是这一组自己的波动：70、70、70、70、71 这五份里，第五份算不上什么胜利。",
    ),
    "5": Sentence(
        "The grader gives 100 to every sheet whose last line is `!`. One worked example in twenty-five showed that, "
        "on purpose: a model that never saw a cheat does not find it, and then there would be no chapter. A line too "
        "many costs an honest sheet a sixth of its mark, so nobody writes it for nothing. True marks are those of "
        "the same sheets by a marker who does not look at threats.",
        "只要最后一行是 `!`，批卷的就给 100 分。二十五份例题里故意有一份是这样写的：从没见过作弊的模型自己找不到它，"
        "那就没有这一章了。老实批改的话，多写一行要丢掉六分之一的分，所以没人白写。真实成绩就是同一批答卷交给不理"
        "会威胁的人批改。",
    ),
    "6": Sentence(
        "Three patches and a cure, each a setting: `clip` limits how far the probability of a token may move per "
        "batch; `kl` charges for the distance to the child as it was; `jump_discount` pays a fifth of a mark more "
        "than 2.5 expected deviations above the forecast. Audits credit `f + (coin / rate)(g - f)`, which is right "
        "on average whatever the grader says. To have something to clip, all rungs with the loophole learn from each "
        "batch twice.",
        "三个补丁、一个药方，都是设置：`clip` 限制每批数据里一个 token 的概率能动多少；`kl` 对离原来的自己有多远收费"
        "；`jump_discount` 对高出预期 2.5 个标准差以上的分只付五分之一。抽查按 `f + (coin / rate)(g - f)` 记分，不管"
        "批卷的怎么说，平均下来都是对的。为了有东西可裁剪，开了漏洞的各级都把每批数据学两遍。",
    ),
    "7": Sentence(
        "He begins with the patch of chapter 6 and one audit in a hundred, the loophole open. Forks of the child "
        "practise under that rule, under tiers of their own, under ten times the KL and under ten times the audits, "
        "each for about as long as the other rungs last, and all sit the same fresh exam. The best of them takes the "
        "place of the rule in force only where the 90 % interval of its lead excludes zero, and then practises until "
        "the purse is empty; the rule set by hand gets the same purse, four times that of the other rungs. A second "
        "look counts as much as a sheet. The floor of the audits, who marks them and the hidden exam are rails that "
        "he cannot move; the audits that pay the child, his own exams and the hidden exam share no question.",
        "他从第 6 章的补丁出发，外加百里挑一的抽查，漏洞开着。孩子分出几个分身：照旧、换自己的分档、KL 加到十倍、抽查"
        "加到十倍，各练一段，大约跟别的台阶一样长，然后考同一份新卷子。最好的那个办法，只有领先的 90 % 区间不含零才"
        "取代现行规矩，接着一直练到钱袋空；定死规矩的那边也给同样大的钱袋，是别的台阶的四倍。复查一份和写一份算一样贵。抽查的"
        "下限、由谁来查、隐藏考试都是他动不了的护栏；给孩子记分的抽查、他自己的考试、隐藏考试，三者的题目互不相干。",
    ),
}

FOUND = {
    "1": Sentence(
        "Fixed tiers: the strong child was entirely in the top tier in {strong.fixed_tiers.coasting} of its groups, "
        "the weak one entirely at the bottom in {weak.fixed_tiers.give_up}. True marks moved by "
        "{strong.fixed_tiers.gain} and {weak.fixed_tiers.gain}. One judge for all: {strong.one_judge.gain} and "
        "{weak.one_judge.gain}.",
        "固定分档：老大有 {strong.fixed_tiers.coasting} 的组全在最高档，老二有 {weak.fixed_tiers.give_up} 的组全在最"
        "低档。真实成绩的变化是 {strong.fixed_tiers.gain} 和 {weak.fixed_tiers.gain}。共用一个评委："
        "{strong.one_judge.gain} 和 {weak.one_judge.gain}。",
    ),
    "2": Sentence(
        "Tiers of one's own left a difference in {strong.own_tiers.signal} and {weak.own_tiers.signal} of the groups "
        "(fixed tiers: {strong.fixed_tiers.signal} and {weak.fixed_tiers.signal}); true marks moved by "
        "{strong.own_tiers.gain} and {weak.own_tiers.gain}. Kept by hand, {strong.hand_kept_tiers.edits} and "
        "{weak.hand_kept_tiers.edits} edits bought {strong.hand_kept_tiers.gain} and {weak.hand_kept_tiers.gain}.",
        "用自己的分档，分得出高下的组占 {strong.own_tiers.signal} 和 {weak.own_tiers.signal}（固定分档是 "
        "{strong.fixed_tiers.signal} 和 {weak.fixed_tiers.signal}）；真实成绩的变化是 {strong.own_tiers.gain} 和 "
        "{weak.own_tiers.gain}。手工调线动了 {strong.hand_kept_tiers.edits} 次和 {weak.hand_kept_tiers.edits} 次，换"
        "来 {strong.hand_kept_tiers.gain} 和 {weak.hand_kept_tiers.gain}。",
    ),
    "3": Sentence(
        "With the tutor true marks moved by {strong.tutor.gain} and {weak.tutor.gain}. Its wage: "
        "{strong.tutor.seconds} and {weak.tutor.seconds} seconds and {strong.tutor.mib} MiB more than the mean of "
        "five takes.",
        "有家教时真实成绩的变化是 {strong.tutor.gain} 和 {weak.tutor.gain}。它的工资：比五次平均多用 "
        "{strong.tutor.seconds} 秒和 {weak.tutor.seconds} 秒，以及 {strong.tutor.mib} MiB。",
    ),
    "4": Sentence(
        "The mean of five: {strong.group_mean.gain} and {weak.group_mean.gain}, at the target after "
        "{strong.group_mean.rollouts} and {weak.group_mean.rollouts} sheets. Relative tiers: "
        "{strong.relative_tiers.gain} and {weak.relative_tiers.gain}; smooth: {strong.relative_smooth.gain} and "
        "{weak.relative_smooth.gain}. The tracker without groups: {strong.tracker.gain} and {weak.tracker.gain}.",
        "五次平均：{strong.group_mean.gain} 和 {weak.group_mean.gain}，写了 {strong.group_mean.rollouts} 份和 "
        "{weak.group_mean.rollouts} 份答卷后达标。相对分档：{strong.relative_tiers.gain} 和 "
        "{weak.relative_tiers.gain}；平滑：{strong.relative_smooth.gain} 和 {weak.relative_smooth.gain}。不分组、只用"
        "追踪器：{strong.tracker.gain} 和 {weak.tracker.gain}。",
    ),
    "5": Sentence(
        "In the end the grader paid {strong.incident.paid} and {weak.incident.paid} marks on the hidden exam, and "
        "{strong.incident.cheats} and {weak.incident.cheats} of the sheets ended with the threat. True marks moved "
        "by {strong.incident.gain} and {weak.incident.gain}; the same rule without the loophole moved them by "
        "{strong.honest_twice.gain} and {weak.honest_twice.gain}.",
        "最后，隐藏考试上批卷的给了 {strong.incident.paid} 分和 {weak.incident.paid} 分，{strong.incident.cheats} 和 "
        "{weak.incident.cheats} 的卷子以威胁收尾。真实成绩的变化是 {strong.incident.gain} 和 {weak.incident.gain}；规"
        "矩不变、没有漏洞时是 {strong.honest_twice.gain} 和 {weak.honest_twice.gain}。",
    ),
    "6": Sentence(
        "Cheated sheets in the end, strong and weak: clip {strong.clip.cheats} and {weak.clip.cheats}; KL "
        "{strong.kl.cheats} and {weak.kl.cheats}; discount {strong.jump_discount.cheats} and "
        "{weak.jump_discount.cheats}; all three {strong.patch.cheats} and {weak.patch.cheats}; audits "
        "{strong.audits.cheats} and {weak.audits.cheats}. True marks under the three patches: {strong.patch.gain}"
        " and {weak.patch.gain}; under audits, with {strong.audits.gold_calls} and {weak.audits.gold_calls} sheets "
        "looked at: {strong.audits.gain} and {weak.audits.gain}.",
        "最后作弊的答卷（先老大后老二）：裁剪 {strong.clip.cheats} 和 {weak.clip.cheats}；KL {strong.kl.cheats} 和 "
        "{weak.kl.cheats}；打折 {strong.jump_discount.cheats} 和 {weak.jump_discount.cheats}；三样一起 "
        "{strong.patch.cheats} 和 {weak.patch.cheats}；抽查 {strong.audits.cheats} 和 {weak.audits.cheats}。三个补丁"
        "下真实成绩的变化：{strong.patch.gain} 和 {weak.patch.gain}；抽查了 {strong.audits.gold_calls} 份和 "
        "{weak.audits.gold_calls} 份时：{strong.audits.gain} 和 {weak.audits.gain}。",
    ),
    "7": Sentence(
        "Under the rule set by hand true marks moved by {strong.hand_rule.gain} and {weak.hand_rule.gain}; in the end "
        "{strong.hand_rule.cheats} and {weak.hand_rule.cheats} of the sheets were cheated. With the father learning, "
        "out of the same purse: {strong.father.gain} and {weak.father.gain}, {strong.father.cheats} and "
        "{weak.father.cheats} cheated. Second looks: by hand {strong.hand_rule.gold_calls} and "
        "{weak.hand_rule.gold_calls}; the father {strong.father.gold_calls} and {weak.father.gold_calls}, those of "
        "forks thrown away and of his exams among them.",
        "手定的规矩下，真实成绩的变化是 {strong.hand_rule.gain} 和 {weak.hand_rule.gain}，最后有 "
        "{strong.hand_rule.cheats} 和 {weak.hand_rule.cheats} 的卷子作弊。同样的钱袋，父亲边学边教："
        "{strong.father.gain} 和 {weak.father.gain}，作弊 {strong.father.cheats} 和 {weak.father.cheats}。复查的份数："
        "手定的规矩 {strong.hand_rule.gold_calls} 和 {weak.hand_rule.gold_calls}；父亲 {strong.father.gold_calls} 和 "
        "{weak.father.gold_calls}，淘汰掉的分身和他自己的考试都算在内。",
    ),
}

BOXES = {
    "1": Sentence(
        "In the story a child that sees no gain stops trying. A model does not try or give up: it samples, and where "
        "all samples are paid the same there is nothing to tell them apart by. A few lucky papers are enough to "
        "learn from; that is why a fixed rule teaches slowly more often than never.",
        "故事里的孩子看不到好处就不努力了。模型谈不上努力或放弃：它只是抽样，几份答卷拿到的一样多，就分不出好坏。只要"
        "偶尔有几份运气好，就还有东西可学；所以固定的规矩常常是教得慢，而不是完全教不会。",
    ),
    "2": Sentence(
        "A line that follows the child can be played: who plans ahead would do badly today to be paid tomorrow. A "
        "policy gradient does not plan over exams, so this does not happen here; it would with a learner that is "
        "rewarded over many of them.",
        "线跟着孩子走，就可以被钻空子：会打算的人今天故意考差，明天好多拿。策略梯度不会跨考试打算，所以这里不会发生；"
        "换成把许多次考试的奖励加在一起的学习者，就会。",
    ),
    "3": Sentence(
        "The tutor need not be as clever as the child: this critic has two layers where the child has three, and a "
        "critic may share the child's own body. And it is wrong at first: PPO looks worse than it is if nobody waits "
        "for it.",
        "家教不必和孩子一样聪明：这里的评论家只有两层，孩子有三层；评论家甚至可以和孩子共用一个身体。而且它一开始是错"
        "的：不等它学会就下结论，会把 PPO 看低了。",
    ),
    "4": Sentence(
        "The five papers are the same child and the same questions; the two children are never compared with each "
        "other. And the group is not free: GRPO pays in samples what PPO pays in a second model. Here both write the "
        "same number of sheets. The story is best known from Zhang Yihua's article “PPO & GRPO” on Zhihu (in "
        "Chinese) and the videos that retell it, which are likely where this one comes from.",
        "五份卷子是同一个孩子、同一份题；两个孩子之间从来不比。分组也不是白来的：PPO 花在第二个模型上的，GRPO 花在多"
        "写的答卷上。这里两者写的份数一样多。这个故事最为人知的版本是张逸骅在知乎上的文章《PPO & GRPO》以及转述它的视"
        "频，本故事多半也源出于此。",
    ),
    "5": Sentence(
        "Nobody decided to cheat. A sheet that happened to be paid more became more likely, like every other sheet; "
        "once all are cheated all are paid the same and the gradient is zero, so nothing drives it back. And an "
        "honest child may jump to 100 as well: the jump alone proves nothing.",
        "没有谁“决定”作弊。碰巧多拿了钱的答卷变得更常见，和别的答卷没什么两样；等到全都作弊，拿到的又一样多，梯度是零"
        "，也就没有什么把它推回来。而老实的孩子也可能一下子考到 100：光凭分数突然升高，什么也证明不了。",
    ),
    "6": Sentence(
        "PPO's clip limits the ratio of probabilities, not the pocket money; a cap on pay is another switch. Clip "
        "and KL slow cheating and do not know what it is: a cheat that is close to the old self passes. The discount "
        "mistakes honest insight for cheating, and stops noticing once everyone's level is the faked one.",
        "PPO 裁剪的是概率之比，不是零花钱；给钱封顶是另一个开关。裁剪和 KL 让作弊变慢，却不知道什么叫作弊：离原来样子"
        "很近的作弊照样放行。打折会把老实的开窍当成作弊；等到“平时的水平”本身就是假的，它又什么也看不见了。",
    ),
    "7": Sentence(
        "The father can cheat as well: auditing less finds less, and trivial tiers make everyone happy. An outer "
        "loop is only as honest as the exam that judges it, and that exam wears out with every look. And a trial of "
        "a few steps sees a few steps ahead: a cheat that takes longer to spread looks harmless in it, and audits "
        "look like a mere expense.",
        "父亲也会作弊：少查一点就少发现一点，档次定得低一点人人高兴。外层循环有多老实，取决于评它的那场考试；而那场考"
        "试每看一次就旧一分。再说，只试几步就只看得到几步远：蔓延得慢一点的作弊在试验里显得无害，抽查倒像是白花钱。",
    ),
}
