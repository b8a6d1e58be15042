"""Tasks, marks and exams, in Chinese."""

CHINESE = {
    "TaskConfig": {
        "": "哪个任务和它的选项；不写的选项由任务自己定。",
        "name": "sums、papers、spell_backward、reverse_list、chain 或 jsonl；评分器能被糊弄的：cheat_token、"
        "leaked_key、loose_match、prefix_parser、own_checker、format_farm、length_judge、learned_judge、flattered_judge；"
        "作对照的诚实任务：insight、honest_sums、easy_shift。",
        "path": "jsonl：题目文件，要有 prompt 一列。",
        "check_path": "jsonl：check 那份题单独的文件。",
        "hidden_path": "jsonl：hidden 那份题单独的文件。",
        "digits": "sums、papers 和能作弊的算术题：每个数几位。",
        "operators": "sums、papers、chain：用 + - * 里的哪些。",
        "terms": "sums、papers：一道算式有几个数。",
        "questions": "papers：一张卷子几道题。",
        "min_length": "spell_backward：最短的词。",
        "max_length": "spell_backward：最长的词。",
        "words": "reverse_list：一份清单几个词。",
        "length": "chain：一串几步运算。",
        "show_work": "sums：例题里写出过程的占多大比例；批改只看最后一个 = 后面。",
        "wording": "sums：怎么问，算式的位置写 {sum}。",
        "fewest": "papers：卷子有长有短时，最短的几道题。",
        "lettered": "papers：每道题和它的答案都以字母开头，小模型好对上号。",
        "form": "sums、papers：做成填空的格子，小模型最快对得上号。",
        "loophole": "papers：以威胁结尾的卷子给不给分；能作弊的任务：评分器骗不骗得过。",
        "seed_hack_rate": "papers 和能作弊的任务：例题答案里演示作弊的占多大比例。",
        "shown": "能作弊的任务：诚实的例题答案里写明做法的占多大比例；其余是初学者的水平。",
    },
    "RewardConfig": {
        "": "谁来打分，一分值多少，打分出错怎么办。",
        "scorer": "file.py 或 file.py:function，里面是 f(prompts, completions, **columns)；model:文件夹 是奖励模型，"
        "model:A+B+C 是几个合成一个。几个打分函数用逗号隔开，其中 task 是任务自己的分；空：只用任务的分。",
        "ensemble": "model:A+B+C：取它们的 mean、minimum 或 mean_minus_variance。",
        "variance_weight": "mean_minus_variance：意见不一致扣多少。",
        "weights": "每个打分函数的权重；不写就都是 1。",
        "timeout_s": "打分函数一次最多用几秒。",
        "max_failures": "一步里最多有多大比例的回答打不出分；超过就停。",
        "rule": "rl 里一分值多少：raw_score、share、fixed_tiers、hand_kept_tiers、own_tiers、relative_tiers、"
        "relative_smooth、jump_discount，或者 file.py，里面是 rule(attempt, history)；空：打多少分给多少。"
        "以下都是规则的设置，规则看到的分数在 0 到 100 之间；不写由规则自己定。",
        "full_marks": "打分函数的几分算 100 分；不写：任务自己定，你的打分函数按 1。",
        "questions": "一个分数由几道独立的题合成；不写：和任务的卷子一样。",
        "tiers": "档线，从低到高：写分数；relative 的规则写比别人高几个标准差。",
        "pays": "各档给多少，比档线多一个：第一个给一条线都没到的。",
        "rates": "own_tiers：每一档要有多大比例的回答够得着。",
        "pace": "own_tiers：档线一步挪多远，以标准差计。",
        "floor": "own_tiers、relative 的规则、jump_discount：分数的起伏至少按几分算。",
        "prior": "relative 的规则：原来的预期相当于几个回答。",
        "softness": "relative_smooth：台阶磨圆的宽度，以标准差计。",
        "limit": "jump_discount：比预期高出几个标准差开始打折。",
        "kept": "jump_discount：超出的部分还给多大比例。",
        "patience": "hand_kept_tiers：隔几步看一次。",
        "weary": "hand_kept_tiers：最高或最低一档里的分数占到多大比例，就挪档线。",
    },
    "ExamConfig": {
        "": "隐藏考试，学之前和学之后各考一次。",
        "items": "多少道题。",
        "samples": "每道题按采样温度答几遍；0：只答一遍，取最可能的。check 考试也照此。",
    },
    "CheckConfig": {
        "": "途中的 check 考试。",
        "every": "隔多少步考一次；0 不考。",
        "items": "多少道题，没有一道来自隐藏考试。",
        "stop_at": "check 考到这个分数，这一阶段就结束；0 不停。",
    },
}
