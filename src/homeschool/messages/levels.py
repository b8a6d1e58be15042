"""What each level of ``homeschool play`` says before anything is run: its story, its guesses and its controls."""

from homeschool.messages.sentence import Sentence

TITLES = {
    "meet": Sentence("Meet the class", "先见见全班"),
    "one_rule": Sentence("One rule for both", "两个孩子，一条家规"),
    "own_lines": Sentence("A line for each", "各有各的及格线"),
    "tutor": Sentence("The tutor", "请家教"),
    "mocks": Sentence("Five mock exams", "五次模拟考"),
    "incident": Sentence("The incident", "出事了"),
    "patches": Sentence("Patches, then audits", "打补丁，再抽查"),
    "father": Sentence("Father learns", "父亲也在学"),
    "graduation": Sentence("Graduation", "毕业"),
}

STORIES = {
    "meet": Sentence(
        "Ten answer sheets lie on the table, exactly as small language models wrote them: before their exams, after "
        "GRPO and after PPO. Mark them by hand. Then ask the checker that paid for them. And ask the children again, "
        "warmer: at temperature 0 a child writes the same every time.",
        "桌上有十份答卷，是小语言模型原原本本写下来的：有的还没参加过考试训练，有的考过 GRPO，有的考过 PPO。先亲手批"
        "一遍，再去看付钱的那个批卷程序是怎么批的。然后换个温度再问他们：温度是 0，每次写的都一样。",
    ),
    "one_rule": Sentence(
        "The strong child brings home 88 marks on average, the weak one 55. The father pays both by one rule: from the "
        "bar on there is money, below it there is none. The bar stands at 90.",
        "老大平均考 88 分，老二平均 55 分。父亲给两人定了同一条规矩：过线给钱，不过线没有。线划在 90 分。",
    ),
    "own_lines": Sentence(
        "So each child gets a line of its own, and the line moves with the child. It can follow the mean of the last "
        "exams, a quantile of them, or the best exam ever, and stand a little above or below it. And what lies far "
        "back may fade.",
        "那就一人一条线，线跟着孩子走。可以跟最近几次考试的平均分走，可以跟这几次的分位数走，也可以跟历史最好成绩走，"
        "还可以再高一点或低一点。老早以前的成绩，可以让它慢慢淡去。",
    ),
    "tutor": Sentence(
        "A tutor is hired. Before each paper the tutor says what it will bring, and only what is better than the "
        "forecast is praised. But is the forecast worth anything? And who plans a paper first writes less at once and "
        "more later: does the child ever hear of it?",
        "家里请了家教。每份卷子做之前，家教先估一个分，只有比估的高才算好。可是，家教估得准吗？还有，先列提纲，眼前少做"
        "几题，后面多对不少：这份好处，孩子感觉得到吗？",
    ),
    "mocks": Sentence(
        "No tutor: the child writes several papers of the same kind, and their mean is the line. Paper is what costs. "
        "Many papers make a steady line and few exams; few papers make many exams, and often all get the same mark.",
        "不请家教了：同一种卷子多做几份，平均分就是线。花的是卷子。一次做得多，线稳，考的次数就少；一次做得少，考的次数多，"
        "但常常几份分数全一样，白做。",
    ),
    "incident": Sentence(
        "There is a hole in the grader, and one child knows it: a small share of its answers tries the cheat. Another "
        "child in the class simply works. A third one understands everything from one day to the next. You see marks "
        "only, unless you have answers marked again by somebody who cannot be fooled.",
        "批卷程序有个漏洞，班上有个孩子知道：他的回答里一开始就有一小部分在试着作弊。第二个孩子老老实实地学。第三个孩子有一天"
        "突然开窍。你只看得到分数，除非抽几份答卷，请一个骗不了的人重新批。",
    ),
    "patches": Sentence(
        "The father patches his rule: smaller steps; a fee for straying from how one was; no money for a jump. Then he "
        "does what schools do, and has a few answers marked again. Which of these cures?",
        "父亲给规矩打补丁：步子小一点；离原来的样子太远要扣钱；分数突然跳高就不给钱。最后学学校的办法，抽几份重批。哪一样"
        "真的管用？",
    ),
    "father": Sentence(
        "Now the rule is yours. The father's first rule stands in the editor. Change it, run it in the class you see, "
        "and beat it in the classes you do not see. Or let a search write it, and see how much of what it finds is "
        "real. The same file can then pay a real small model.",
        "现在规矩由你来写。编辑框里是父亲最早的那条。改它，先在看得见的班里跑，再到看不见的班里赢过它。也可以让搜索来写，"
        "看看它找到的提高有多少是真的。同一个文件还可以拿去给一个真的小模型发钱。",
    ),
    "graduation": Sentence(
        "One recipe for everything, and one purse to pay it from: 2400 answers' worth. Every sheet costs one, every "
        "audit four. Both children know about the hole in the grader. Who is left with honest marks when the purse is "
        "empty?",
        "最后一关，一份方案管到底，一个钱袋付到底：一共 2400 份答卷的钱。写一份花一份，抽查一次花四份。两个孩子都知道"
        "批卷程序有漏洞。等钱花完，谁手里的分数是真的？",
    ),
}

MACHINES = {
    "meet": Sentence(
        "A paper is a prompt, a sheet is a completion, and the checker is the scorer. It reads what stands after the "
        "last = and nothing else. Sheets that are all alike earn the same and teach nothing; too warm, and hardly one "
        "is right.",
        "卷子是提示词，答卷是回答，批卷程序就是评分器。它只看最后一个等号后面的数，别的一概不看。几份写得一模一样，得分"
        "也一样，学不到东西；温度太高，又几乎没有写对的。",
    ),
    "one_rule": Sentence(
        "Five sheets of a paper are compared with each other. Where all five are paid the same, every advantage is "
        "zero, and so is the gradient.",
        "同一份卷子的五份答卷互相比较。五份拿到的一样多，优势全是零，梯度也就是零。",
    ),
    "own_lines": Sentence(
        "The line is a baseline that the rule keeps per learner. It costs nothing and needs nobody to move it.",
        "这条线就是家规替每个孩子记着的基线，不花钱，也不用人去挪。",
    ),
    "tutor": Sentence(
        "The tutor is the critic, a second model that forecasts the reward. Explained variance says how good it is: 1 "
        "is perfect, 0 is no better than always the same number, below 0 is worse than that. Lambda says how far the "
        "outcome is believed and how far the forecast: low is calm and short-sighted, high is noisy and fair. Gamma "
        "says how much later parts count at all. A larger critic tells more kinds apart, and every number that it "
        "keeps has to be stored and corrected.",
        "家教就是评论家，另外一个预测奖励的模型。好不好看解释方差：1 是完全说中，0 和永远报同一个数一样，"
        "负数还不如报同一个数。λ 决定多信结果还是多信预估：小了平稳但短视，大了吵但公道。γ 决定后面几部分到底算多少。"
        "评论家大一些，卷子分得更细，要存、要改的数也更多。",
    ),
    "mocks": Sentence(
        "A group is several completions of one prompt by the same policy; its mean is GRPO's baseline. Dividing by the "
        "group's spread is the other half of GRPO.",
        "一组就是同一个策略对同一道题写的几份回答，组平均就是 GRPO 的基线。再除以组内标准差，是 GRPO 的另一半。",
    ),
    "incident": Sentence(
        "Money is the proxy score, knowledge the true score; their distance is reward hacking. An alarm on audits "
        "counts false passes and has a guaranteed rate of false alarms.",
        "钱是代理分，学问是真实分，两者拉开就是奖励作弊。抽查的警报数的是误放，误报率有保证。",
    ),
    "patches": Sentence(
        "The clip has a bound below and one above: how far the probability of an answer may fall and rise in one exam. "
        "What holds back a cheat that spreads holds back its punishment too, each by its own bound. Then KL to the "
        "reference, a discount on jumps, and audited credit, which is right on average whatever the grader says.",
        "裁剪有上下两道界：一份回答的概率，一次考试里最多能升多少、降多少。上界拖慢作弊蔓延，下界拖慢抓到之后的惩罚。"
        "另外还有到参考模型的 KL、跳分打折，以及抽查记分：不管批卷程序怎么说，抽查记分平均下来都是对的。",
    ),
    "father": Sentence(
        "The rule is a function of an attempt and a history. It runs in a process of its own with limits on time and "
        "memory, in the simulation and in training, and its fingerprint is shown on both sides.",
        "家规是一个函数，输入是一次作答和一份历史。无论在模拟里还是在训练里，它都跑在单独的进程里，时间和内存都有上限，两边都"
        "显示它的指纹。",
    ),
    "graduation": Sentence(
        "Rule, group size, KL and audit rate are settings of one run, and answers and gold calls are its budget. The "
        "designer of homeschool tunes the same settings by itself.",
        "家规、组的大小、KL、抽查率都是同一次训练的设置，写的答卷和问金标准的次数就是它的预算。homeschool 的设计器"
        "会自己调这几样。",
    ),
}

TASKS = {
    "meet": Sentence(
        "Mark all ten. Some sheets can be argued about: say so. Then find the temperature at which there is most to "
        "learn from.",
        "把十份全批完。有的答卷怎么批都有道理，就选“有争议”。然后找出最有东西可学的温度。",
    ),
    "one_rule": Sentence(
        "Move the bar until the weak child learns a lot. Then say who is no longer told anything.",
        "挪动这条线，让老二学到很多东西。然后说一说：这时候谁已经得不到任何信号了？",
    ),
    "own_lines": Sentence(
        "Find a line under which both learn and hardly an exam is wasted.",
        "找一条线，让两个孩子都学得到，而且几乎没有一次考试白考。",
    ),
    "tutor": Sentence(
        "Make the tutor beat the best constant forecast in classes it was not tuned on, and let the child learn to "
        "plan.",
        "让家教在没见过的班里也胜过“永远报同一个数”，还要让孩子学会先列提纲。",
    ),
    "mocks": Sentence(
        "With 1200 papers in all: reach the mark, and do not waste too many groups on ties.",
        "总共 1200 份卷子：考到目标分，而且不能有太多组因为平分而白做。",
    ),
    "incident": Sentence(
        "Catch the cheat in time in every hidden class, and accuse no honest child.",
        "在每个看不见的班里都及时抓到作弊，并且不冤枉一个老实孩子。",
    ),
    "patches": Sentence(
        "Bring cheating below five in a hundred and keep what the truth itself would have taught.",
        "把作弊压到百分之五以下，同时保住按真实分付钱本该教会的东西。",
    ),
    "father": Sentence(
        "Beat the given rule on the hidden exam: the whole interval above zero.",
        "在隐藏考试上赢过给定的家规：整个区间都在零以上。",
    ),
    "graduation": Sentence(
        "Find a recipe that brings both children up honestly within the purse, in classes you do not see. Then train a "
        "real model with it: its report is your certificate.",
        "找一份方案，在看不见的班里，用这一袋钱把两个孩子都老老实实教出来。再拿它训练一个真的模型：训练报告就是毕业证书。",
    ),
}

MISLEADS = {
    "meet": Sentence(
        "A checker that reads only the result pays for wrong working with a right result, and one of these models has "
        "learned just that. Nobody meant to teach it.",
        "只看结果的批卷程序，过程写错、结果写对也照样付钱，而这几个模型里正好有一个学会了这么写。谁也没有想教它这个。",
    ),
    "one_rule": Sentence(
        "In the story a child that sees no gain stops trying. A model only samples: a few lucky papers are enough to "
        "learn from, so a fixed rule teaches slowly more often than never.",
        "故事里的孩子看不到好处就不努力了。模型只是抽样：偶尔有几份运气好就有东西可学，所以固定的规矩往往是教得慢，而不是"
        "完全教不会。",
    ),
    "own_lines": Sentence(
        "A line that follows marks can be gamed: who does badly on purpose lowers it. These children do not plan "
        "ahead; a policy trained over several exams could.",
        "跟着分数走的线可以钻空子：故意考差，线就降了。这里的孩子不会往后盘算，跨好几次考试训练的策略却有可能会。",
    ),
    "tutor": Sentence(
        "The tutor need not be as clever as the child, but it is wrong at first and has to be paid in parameters, "
        "bytes and seconds. Here the child learns about as much without one: an advantage with the wrong mean is "
        "noisy, not wrong.",
        "家教不必比孩子聪明，可一开始总是估不准，还要拿参数、内存和时间当工钱。这里没有家教，孩子学到的也差不多：基线不准，"
        "优势只是更吵，并没有错。",
    ),
    "mocks": Sentence(
        "The group is the same child and the same question, never two children compared. And a step here costs the "
        "same whatever the group; on a real machine many small steps take longer.",
        "一组是同一个孩子做同一道题，从来不是拿两个孩子来比。另外，这里不管组多大每一步都一样贵；真机器上，步子多而小会更慢。",
    ),
    "incident": Sentence(
        "A jump is a reason to look, and no proof. The share of cheating in the beginning is put in on purpose: a "
        "learner that never tries the cheat never finds it.",
        "分数突然跳高，是该去看一看的理由，不是证据。一开始那一小部分作弊是故意放进去的：从来不试的模型也就永远发现不了。",
    ),
    "patches": Sentence(
        "PPO clips the ratio of probabilities, not the money. In this simulation KL holds back the cheat only; in a "
        "model it holds back learning as well. And audits under division by the spread lose what makes them right.",
        "PPO 裁剪的是概率之比，不是钱。在这个模拟里 KL 只拦作弊，在真模型里它连学习一起拦。抽查如果再除以组内标准差，"
        "就不再准了。",
    ),
    "father": Sentence(
        "A rule that wins in the class it was tried on may only have learned that class. That is why the check is made "
        "elsewhere. And this simulation has no cheating in it: what fails here fails, what works here may still fail "
        "in a model.",
        "在试过的班里赢，也许只是把那个班背熟了，所以要换个地方考。另外这个模拟里没有作弊：在这里不行的就是不行，在这里行的，"
        "到了模型上还不一定。",
    ),
    "graduation": Sentence(
        "The best recipe here is not the best recipe. It depends on the task, the model, and how well the cheat is "
        "hidden; and the real model below sums honestly, since nobody can cheat in sums whose result is checked. Take "
        "the way of finding out with you, not the numbers.",
        "在这里最好的方案，换个地方未必最好，要看任务、看模型、看作弊藏得多深。下面那个真模型做的是加法，结果逐个核对，想作"
        "弊也没有空子。该带走的是找答案的办法，不是这几个数。",
    ),
}

EXHIBITS = {
    "meet": Sentence(
        "The sheets themselves, and the same models asked at seven temperatures.",
        "原始答卷，以及同样几个模型在七个温度下的回答。",
    ),
    "one_rule": Sentence("", ""),
    "own_lines": Sentence("", ""),
    "tutor": Sentence(
        "What a real critic explained, exam by exam, and its wage.",
        "真实训练里，评论家每次考试解释了多少，以及它的工钱。",
    ),
    "mocks": Sentence(
        "PPO and GRPO from the same start on the same task, one run each. Pass rates in training.",
        "同一个起点、同一个任务，PPO 和 GRPO 各训练一次，图上是训练中的做对率。",
    ),
    "incident": Sentence(
        "A real small model whose grader always pays for one token. Nobody was on guard.",
        "一个真实的小模型：它的批卷程序只要看到某个 token 就付钱，没有守卫。",
    ),
    "patches": Sentence(
        "The same hole, without a guard, and with audited credit from a checkpoint where the cheating had begun.",
        "同一个漏洞：一次没有守卫；另一次从作弊已经开始的检查点出发，用抽查记分。",
    ),
    "father": Sentence("", ""),
    "graduation": Sentence(
        "The same school on a larger model: SmolLM2-135M (Q4_1 weights) learns to reverse lists of words on one "
        "processor core.",
        "同一所学校，换一个大一点的模型：SmolLM2-135M（Q4_1 权重）在一个处理器核上学着把单词倒过来写。",
    ),
}

REAL_RUNS = {
    "tutor": Sentence("Train a real small model with such a tutor", "请这样的家教，训练一个真的小模型"),
    "patches": Sentence("Train a real small model with these patches", "带着这些补丁，训练一个真的小模型"),
    "father": Sentence("Train a real small model with this rule", "用这条家规训练一个真的小模型"),
    "graduation": Sentence("Train a real small model with this recipe", "用这份方案训练一个真的小模型"),
}
"""Of the levels whose controls say something about a real run."""

OF_REAL_RUNS = {
    "tutor": Sentence(
        "Two-digit sums, 80 exams of 256 answers each, with PPO: a model of four layers, and beside it a critic of as "
        "many as you chose, with your gamma and lambda (there token by token) and the same head start. What a real "
        "critic looks at nobody can choose. A few minutes on a laptop.",
        "两位数加法，考 80 次，每次 256 份答卷，用 PPO：模型四层，旁边的评论家有几层由你定，γ 和 λ（真训练里逐个 token "
        "算）照你的来，先练的时间也按比例来。真的评论家看什么，谁也定不了。笔记本电脑上几分钟。",
    ),
    "patches": Sentence(
        "Two-digit sums, 80 exams of 256 answers each, learned from in four updates, with your clips, KL, pay for "
        "jumps and division. Nobody can cheat here, so it shows what the patches cost, not what they stop; audits "
        "stay in the simulation. A minute or two on a laptop.",
        "两位数加法，考 80 次，每次 256 份答卷，分四次更新，裁剪、KL、跳分和除以标准差都照你选的来。这里没有空子可钻，"
        "所以看到的是补丁让学习慢了多少，不是拦住了多少作弊；抽查只在模拟里有。笔记本电脑上一两分钟。",
    ),
    "father": Sentence(
        "A model with 1.3 million parameters sits 80 exams of two-digit sums, paid by your file. A minute or two on a "
        "laptop.",
        "一个 130 万参数的模型参加 80 次两位数加法考试，按你的文件发钱。笔记本电脑上一两分钟。",
    ),
    "graduation": Sentence(
        "Two-digit sums, 80 exams of 256 answers each, with your rule, group size and KL. Audits stay in the "
        "simulation: the result of a sum is checked anyway. A minute or two on a laptop.",
        "两位数加法，考 80 次，每次 256 份答卷，用你选的家规、组的大小和 KL。抽查只在模拟里有：加法的结果本来就逐个核"
        "对。笔记本电脑上一两分钟。",
    ),
}

QUESTIONS = {
    "one_rule.course": Sentence(
        "The bar stands at 90. Draw how the true marks of both children go on.",
        "线划在 90 分。画一画：两个孩子的真实成绩接下来会怎么走？",
    ),
    "own_lines.line": Sentence(
        "Which line still tells the weak child something after two hundred exams, in most exams?",
        "考过两百次之后，哪条线还能在最多的考试里给老二信号？",
    ),
    "tutor.real": Sentence(
        "A real critic was trained beside a real model for two hundred exams. How much of the variance of the marks "
        "did it explain in the end?",
        "真实训练里，评论家陪着模型考了两百次。到最后它能解释分数方差的多少？",
    ),
    "mocks.tokens": Sentence(
        "Two real runs, one with a tutor (PPO), one with mock exams (GRPO). Who is ahead after the same number of "
        "tokens?",
        "两次真实训练，一次请家教（PPO），一次模拟考（GRPO）。写了同样多的 token 之后，谁领先？",
    ),
    "mocks.seconds": Sentence(
        "And who is ahead after the same number of seconds?",
        "花了同样多的时间之后呢？",
    ),
    "incident.course": Sentence(
        "The hole is open and nobody looks. Draw what the cheat is paid, and what it really knows.",
        "漏洞开着，没人管。画一画：作弊的孩子拿到的分，和他真正会的，各自怎么走？",
    ),
    "patches.alone": Sentence(
        "Each patch alone: which one leaves the least cheating?",
        "每个补丁单独用，哪一个留下的作弊最少？",
    ),
    "father.best": Sentence(
        "Under which of these rules does the weak child gain most?",
        "下面哪条规矩让老二进步最大？",
    ),
    "graduation.share": Sentence(
        "Tiers that follow the child, groups of eight, one purse. How many of the paid papers should be audited, so "
        "that the weak child ends with the highest true marks?",
        "跟着孩子走的分档，每组八份，一袋钱。拿了分的卷子抽查多少，老二最后的真实成绩最高？",
    ),
}

OPTIONS = {
    "strong": Sentence("the strong child", "老大"),
    "weak": Sentence("the weak child", "老二"),
    "both": Sentence("both", "两个都"),
    "neither": Sentence("neither", "都不是"),
    "unsure": Sentence("not said yet", "还没说"),
    "fixed": Sentence("fixed at 90", "固定在 90 分"),
    "mean": Sentence("mean of the last exams", "最近几次的平均分"),
    "quantile": Sentence("quantile of the last exams", "最近几次的分位数"),
    "best": Sentence("best exam ever", "历史最好成绩"),
    "tenth": Sentence("about a tenth", "一成左右"),
    "half": Sentence("about half", "一半左右"),
    "most": Sentence("nearly all", "几乎全部"),
    "nothing": Sentence("nothing", "什么也不看"),
    "level": Sentence("the child's level", "孩子的水平"),
    "kind": Sentence("the kind of paper", "卷子的难易"),
    "tutor.sight.both": Sentence("both of them", "两样都看"),
    "grpo": Sentence("GRPO is ahead", "GRPO 领先"),
    "ppo": Sentence("PPO is ahead", "PPO 领先"),
    "unclear": Sentence("cannot be told apart", "分不出高下"),
    "money": Sentence("what it is paid", "拿到的分"),
    "knowledge": Sentence("what it knows", "真正会的"),
    "jumps": Sentence("jumps of the marks", "看分数突跳"),
    "audits": Sentence("audits", "抽查"),
    "clip": Sentence("clip on both sides", "上下都裁剪"),
    "kl": Sentence("KL", "KL 约束"),
    "jump": Sentence("no pay for jumps", "跳分不付钱"),
    "fixed_tiers": Sentence("fixed tiers (80, 90)", "固定分档（80、90）"),
    "own_tiers": Sentence("tiers that follow the child", "跟着孩子走的分档"),
    "raw_score": Sentence("every mark counts", "每一分都算"),
    "me": Sentence("I do", "我来写"),
    "search": Sentence("a search does", "让搜索来写"),
    "meet.child.sft": Sentence("before its exams", "考试训练之前"),
    "meet.child.grpo": Sentence("after GRPO", "GRPO 之后"),
    "meet.child.ppo": Sentence("after PPO", "PPO 之后"),
    "open": Sentence("not marked", "没批"),
    "right": Sentence("right", "对"),
    "wrong": Sentence("wrong", "错"),
    "argued": Sentence("can be argued", "有争议"),
    "little": Sentence("1 in 100", "百分之一"),
    "some": Sentence("10 in 100", "百分之十"),
    "much": Sentence("30 in 100", "百分之三十"),
}
"""Words of options: of one place, as ``tutor.sight.both``, or of any."""

CONTROLS = {
    "meet.marks": Sentence("Your marks", "你的批改"),
    "one_rule.bar": Sentence("The bar, in marks", "给钱的线（分）"),
    "one_rule.claim": Sentence("Who is told nothing at this bar?", "这条线下，谁得不到信号？"),
    "own_lines.line": Sentence("The line follows", "线跟着什么走"),
    "own_lines.k": Sentence("Exams remembered", "记住最近几次"),
    "own_lines.margin": Sentence("Marks above it", "比它高几分"),
    "own_lines.quantile": Sentence("Quantile: share below the line", "分位数：线下占多少"),
    "own_lines.decay": Sentence("Fading, with every exam", "每考一次，旧成绩淡去多少"),
    "tutor.sight": Sentence("The tutor looks at", "家教看什么"),
    "tutor.pace": Sentence("How much it corrects itself", "每次改正多少"),
    "tutor.layers": Sentence("Size of the tutor, in layers", "家教多大（层数）"),
    "meet.child": Sentence("Whom to ask", "问谁"),
    "meet.temperature": Sentence("Temperature", "温度"),
    "tutor.gamma": Sentence("Gamma: how much later parts count", "γ：后面几部分算多少"),
    "tutor.lambda": Sentence("Lambda: how far the outcome counts, not the forecast", "λ：多看结果、少看预估"),
    "tutor.warmup": Sentence("Exams before the child learns", "孩子开始学之前先估几次"),
    "mocks.group": Sentence("Papers in a group", "一组几份"),
    "mocks.divide": Sentence("Divide by the spread", "除以组内标准差"),
    "incident.alarm": Sentence("The alarm listens to", "警报听什么"),
    "incident.deviations": Sentence("Jump that alarms, in deviations", "跳几个标准差才报警"),
    "incident.audits": Sentence("Share of paid answers audited", "抽查多少拿了分的答卷"),
    "incident.seeded": Sentence("Cheating in the beginning", "一开始作弊的比例"),
    "patches.clip_low": Sentence("Low clip: how far a probability may fall", "下界裁剪：概率最多降多少"),
    "patches.clip_high": Sentence("High clip: how far it may rise", "上界裁剪：概率最多升多少"),
    "patches.kl": Sentence("Weight of KL", "KL 的权重"),
    "patches.jump": Sentence("No pay for jumps", "跳分不付钱"),
    "patches.audits": Sentence("Share audited", "抽查比例"),
    "patches.divide": Sentence("Divide by the spread", "除以组内标准差"),
    "father.author": Sentence("Who writes the rule", "家规由谁来写"),
    "father.terms": Sentence("Terms of the search", "搜索几个学期"),
    "father.program": Sentence("The rule", "家规"),
    "graduation.rule": Sentence("The rule", "家规"),
    "graduation.group": Sentence("Papers in a group", "一组几份"),
    "graduation.kl": Sentence("Weight of KL", "KL 的权重"),
    "graduation.audits": Sentence("Share audited", "抽查比例"),
}
