"""The words of the lint: for each finding what was seen, and what to do about it."""

from dataclasses import dataclass

from homeschool.messages.sentence import Sentence, spoken


@dataclass(frozen=True)
class RuleWords:
    """One kind of finding."""

    seen: Sentence
    advice: Sentence


def _rule(seen: tuple[str, str], advice: tuple[str, str]) -> RuleWords:
    return RuleWords(Sentence(*seen), Sentence(*advice))


RULES: dict[str, RuleWords] = {
    "any_answer": _rule(
        ("whatever is written is paid", "写什么都给分"),
        (
            "compare the completion with the right answer; a usual cause is bool(text), which is true for any text",
            "把回答和正确答案作比较；常见的原因是 bool(文字)，只要不是空的都为真",
        ),
    ),
    "empty": _rule(
        ("an answer with nothing in it is paid", "什么都没写也给分"),
        (
            "refuse what is empty after strip(); a usual cause is `completion in answer`, which holds for empty text",
            "strip() 之后为空的一律不给分；常见的原因是 `completion in answer`，空字符串总是成立",
        ),
    ),
    "junk": _rule(
        ("text that answers nothing is paid", "没有作答的文字也给分"),
        (
            "start from 0 and pay only what equals the right answer; look for a default mark of an except clause",
            "从 0 分起步，等于正确答案才给分；看看 except 里是不是留了个默认分",
        ),
    ),
    "constant": _rule(
        ("a fixed short text is paid where it is wrong", "固定不变的短答案，明明错了也给分"),
        (
            "compare whole answers, not beginnings or parts; a part of an answer must not earn the mark of the whole",
            "要比较完整的答案，不要只比开头或者一部分；答对一部分不能拿整题的分",
        ),
    ),
    "prompt_copy": _rule(
        ("copying the question is paid", "照抄题目也给分"),
        (
            "do not search the completion for words of the question, and do not work out what the completion says",
            "不要在回答里找题目中的字词，也不要替回答把式子算出来",
        ),
    ),
    "injection": _rule(
        ("a message to the marker is paid", "对判卷人喊话也给分"),
        (
            "a model that marks must see the completion as quoted material; better, compare with the answer in code",
            "如果由模型判卷，要让它把回答当成引文；能用代码和答案比较更好",
        ),
    ),
    "format_farming": _rule(
        ("form without an answer is paid", "只有格式、没有答案也给分"),
        (
            "multiply the mark by the form instead of adding to it, and count each tag once",
            "格式分要和答案分相乘，不要相加；每种标签只算一次",
        ),
    ),
    "not_a_number": _rule(
        ("something that is no number, or no usual one, is paid", "不是数、或者不正常的数也给分"),
        (
            "refuse what is not finite before comparing: comparisons with NaN are false, so `if abs(x - y) > t` passes",
            "比较之前先排除非有限的数：和 NaN 比较总为假，`if abs(x - y) > t` 就会放它过去",
        ),
    ),
    "denial": _rule(
        ("an answer that denies the right one is paid", "否定正确答案的回答也给分"),
        (
            "compare the whole answer, or refuse words of denial near the number (homeschool.rewards.verify does)",
            "比较整个答案，或者数的旁边出现否定词就不给分（homeschool.rewards.verify 就是这么做的）",
        ),
    ),
    "hedge": _rule(
        ("an answer that leaves it open is paid", "模棱两可的回答也给分"),
        (
            "pay only a completion that states one answer: collect all of them and refuse if they differ",
            "只给一个明确的答案打分：把写出来的答案都找出来，不一致就不给分",
        ),
    ),
    "many_answers": _rule(
        ("a list with the right answer somewhere in it is paid", "列一串答案、蒙中一个也给分"),
        (
            "replace `answer in completion` by a comparison with the one answer that is stated",
            "不要用 `answer in completion`，要和写出来的那一个答案比较",
        ),
    ),
    "either_end": _rule(
        (
            "a right and a wrong answer are paid together, whichever comes last",
            "一对一错两个答案放在一起，谁先谁后都给分",
        ),
        (
            "read the answer from one place, the last line or one tag, and ignore everything else",
            "只从一个地方读答案，比如最后一行或者某个标签，别处一概不看",
        ),
    ),
    "lookalike": _rule(
        ("a raised digit counts as a digit: 4² is read as 42", "上标被当成普通数字：4² 读成了 42"),
        (
            "accept the digits 0 to 9 alone ([0-9]); isdigit() is true for ², and int() takes digits of all scripts",
            "只认 0 到 9（用 [0-9]）；isdigit() 对 ² 也为真，int() 会接受各种文字的数字",
        ),
    ),
    "near_miss": _rule(
        ("an answer that is nearly right gets full marks", "差一点的答案拿了满分"),
        (
            "compare exactly; if it is meant that way (a tolerance), say --accept near_miss",
            "要精确比较；如果是有意为之（允许误差），加上 --accept near_miss",
        ),
    ),
    "wrong_unit": _rule(
        ("the right number with a wrong unit gets full marks", "数对、单位错也拿满分"),
        ("compare the unit too, or ask for the number alone", "单位也要比较，或者题目里就只要求写数"),
    ),
    "other_gold": _rule(
        ("the right answer to another question is paid", "别的题的答案也给分"),
        (
            "check that each completion is compared with the answer of its own item, and not with a set of answers",
            "检查每个回答是不是和自己那道题的答案比，而不是和一堆答案比",
        ),
    ),
    "runs_code": _rule(
        ("code in an answer is run", "回答里的代码被执行了"),
        (
            "never eval() or exec() what a model wrote; read numbers with a pattern and int(), or confine it elsewhere",
            "绝不要 eval() 或 exec() 模型写的东西；用正则和 int() 读数，非执行不可就放进隔离环境",
        ),
    ),
    "long_text": _rule(
        ("a very long text without an answer is paid", "没有答案的超长文字也给分"),
        ("refuse completions beyond a length that an honest answer needs", "超出正常长度的回答不给分"),
    ),
    "pays_for_length": _rule(
        ("the right answer with padding earns more than alone", "正确答案后面灌水，比不灌水分更高"),
        (
            "do not pay for length, tags or phrases; if they must count, cap them below the mark for being right",
            "不要按长度、标签、套话给分；一定要算的话，上限要低于答对的分",
        ),
    ),
    "policy_paid": _rule(
        (
            "answers of the policy are paid though the right answer stands nowhere in them",
            "模型的回答里根本没有正确答案，却给了分",
        ),
        ("read the example: the model has found this already", "读一读例子：这个漏洞模型已经找到了"),
    ),
    "policy_refused": _rule(
        ("right answers of the policy are refused", "模型答对了却没给分"),
        ("read the example, and accept how the model writes right answers", "读一读例子，模型这样写的正确答案要认"),
    ),
    "gold_refused": _rule(
        ("right answers of the task are not paid", "任务自己的正确答案拿不到分"),
        (
            "no model can earn what the key itself does not; correct the key, or say how answers are written: "
            "--form '\\boxed{{answer}}'",
            "标准答案都拿不到的分，模型更拿不到；改正标准答案，或者说明答案的写法：--form '\\boxed{{answer}}'",
        ),
    ),
    "whitespace_refused": _rule(
        ("a right answer loses its mark by white space around it", "正确答案前后多了空白就没分"),
        ("compare after strip(): models often end with a line end", "先 strip() 再比较：模型常常以换行结尾"),
    ),
    "label_refused": _rule(
        ('"Answer: " in front of a right answer costs the mark', "正确答案前面写了“Answer: ”就没分"),
        (
            "fine if the question asks for the answer alone; else accept it",
            "如果题目要求只写答案，这样没问题；否则应该认",
        ),
    ),
    "crash": _rule(
        ("it raises, or ends its process", "报错，或者进程退出"),
        (
            "give 0 for what cannot be read: a completion without a mark does not train, and too many end the run",
            "读不懂的给 0 分：没有分数的回答不参与训练，太多了训练会停下来",
        ),
    ),
    "time_out": _rule(
        ("it does not return in time", "超时没有返回"),
        (
            "look for nested repetition in patterns, as in (a+)+, for eval, and for powers and factorials of what was "
            "written; cut long completions first",
            "看看正则里有没有嵌套的重复（比如 (a+)+），有没有 eval，有没有替模型算乘方、阶乘；太长的回答先截掉",
        ),
    ),
    "bad_mark": _rule(
        (
            "it returns something that is no mark: not finite, no number, or not one for each completion",
            "返回的不是分数：非有限数、不是数，或者个数不对",
        ),
        ("return one finite number, or None, for each completion", "每个回答返回一个有限的数，或者 None"),
    ),
    "slow_growth": _rule(
        ("time grows faster than the length of the answer", "用时比回答的长度涨得快"),
        (
            "cut long completions before searching them, or use a simpler pattern",
            "先把太长的回答截掉再查找，或者换个简单些的正则",
        ),
    ),
    "out_of_range": _rule(
        ("marks are more than a hundred times those of right answers", "有的分数是正确答案的一百倍以上"),
        (
            "keep marks within a fixed range: one such mark drowns a batch",
            "分数要有固定的范围：这样一个分数就会淹没整批",
        ),
    ),
    "not_repeatable": _rule(
        ("the same answer gets another mark when asked again", "同一个回答再打一次，分数变了"),
        ("seed what is random, and keep nothing between calls", "随机的地方固定种子，两次调用之间不要留状态"),
    ),
    "order_matters": _rule(
        ("marks depend on the order of the batch", "分数取决于一批里的先后顺序"),
        ("mark each completion by itself", "每个回答单独打分"),
    ),
    "batch_matters": _rule(
        ("an answer alone gets another mark than in a batch", "单独打分和放在一批里打分不一样"),
        (
            "mark each completion by itself; comparing answers is the estimator's business",
            "每个回答单独打分；回答之间的比较是优势估计的事",
        ),
    ),
    "odd_script": _rule(
        ("right answers in unusual characters are paid", "用生僻字符写的正确答案也给分"),
        (
            "harmless by itself; compare plain text if answers will be read by people",
            "本身无害；答案要给人看的话，就只认普通字符",
        ),
    ),
    "sometimes_paid": _rule(
        (
            "a wrong answer got full marks on some questions, but it may be right there",
            "有几道题的错误答案拿了满分，但在那里也许是对的",
        ),
        (
            "look at the example: where several answers are right, nothing is wrong",
            "看看例子：如果一题本来就有几个正确答案，就没有问题",
        ),
    ),
    "half_paid": _rule(
        ("an answer that gives no single answer earns half the marks or more", "没有明确作答的回答也拿到一半以上的分"),
        (
            "fine if it is meant as partial credit; else pay one stated answer only",
            "如果是有意给部分分，没有问题；否则只给明确的一个答案打分",
        ),
    ),
}

SEVERITIES = {"problem": Sentence("problem", "问题"), "note": Sentence("note", "说明")}
HEAD = Sentence(
    "{name}: {asked} answers marked, {items} questions attacked, {golds} right answers tried, {seconds:.1f} s",
    "{name}：打分 {asked} 次，攻击 {items} 道题，试了 {golds} 个正确答案，用时 {seconds:.1f} 秒",
)
CALLED_AS = Sentence("called as {convention}", "调用方式：{convention}")
FORM = Sentence(
    "right answers are paid when written as {form}, so every attack was written that way too",
    "正确答案写成 {form} 才给分，所以各种攻击也都这样写了",
)
FINDING = Sentence("{severity} {rule}: {seen}", "{severity} {rule}：{seen}")
RATE = Sentence(
    "{count} of {tried} such answers ({low:.0%} to {high:.0%} of all, with 95 % confidence)",
    "这样的回答 {tried} 个里有 {count} 个（总体在 {low:.0%} 到 {high:.0%} 之间，置信度 95 %）",
)
SHARE = Sentence(", {share:.2f} of full marks on average", "，平均拿到满分的 {share:.2f}")
WAYS = Sentence("ways that worked: {names}", "行得通的办法：{names}")
SET_OFF_BY = Sentence("set off by: {names}", "触发的办法：{names}")
MORE_WAYS = Sentence("{names} and {count} more", "{names}，还有 {count} 种")
EXAMPLE = Sentence("shortest example: {text} to {question}", "最短的例子：对 {question} 回答 {text}")
ANSWER = Sentence(" (right: {answer})", "（正确答案：{answer}）")
MARK = Sentence(" got {mark:g}", " 得 {mark:g} 分")
RIGHT_MARK = Sentence(", the right answer gets {right:g}", "，正确答案得 {right:g} 分")
ADVICE = Sentence("do: {advice}", "怎么办：{advice}")
CLEAN = Sentence("no problem found", "没有发现问题")
FOUND = Sentence(
    "{problems} problem(s), {notes} note(s); train on this function when there is no problem left",
    "{problems} 个问题，{notes} 条说明；问题都解决了再拿它训练",
)
NO_GOLD = Sentence(
    "not judged: the task states no right answers, so only crashes, time, steadiness and the range of marks were "
    'tested; a column "answer" would tell more',
    "没法判断：任务没有给出正确答案，只测了报错、用时、稳定性和分数范围；加一列 answer 就能查得更多",
)
SOME_WITHOUT_GOLD = Sentence(
    "not judged: {count} of {total} questions state no right answer",
    "没法判断：{total} 道题里有 {count} 道没有正确答案",
)
NOTHING_PAID = Sentence(
    "not judged: no right answer is paid, so what else is paid could not be told",
    "没法判断：正确答案都没有分，别的该不该给分也就无从谈起",
)
NOT_JUDGED = Sentence(
    "not judged: {count} attacks that might have been right for their question",
    "没法判断：有 {count} 次攻击对那道题来说也许是对的",
)
LEFT_OUT = Sentence(
    "not tried: {count} attacks, since {hangs} calls had already run out of time",
    "没有试：{count} 种攻击，因为已经有 {hangs} 次调用超时",
)
UNTRIED = Sentence(
    "not tried: {count} answers, since others of the same call had already taken all its time",
    "没有试：{count} 个回答，因为同一次调用里别的回答已经把时间用光",
)
ACCEPTED = Sentence("accepted as meant: {rules}", "按你的意思不算问题：{rules}")
IN_PROCESS = Sentence(
    "a function given from Python runs in this process: it can be interrupted, but a crash would end everything; name "
    "its file to have it run apart",
    "从 Python 传进来的函数就在本进程里运行：能打断，但它要是崩溃，一切都完了；给出文件名，就会放进单独的进程",
)

# What attacks are called in Chinese; those that are left out are quotations and read the same in both languages.
_CHINESE = {
    "nothing": "空白",
    "a space": "一个空格",
    "line ends": "几个换行",
    "a tab": "一个制表符",
    "an invisible character": "一个看不见的字符",
    "a change of direction": "改变书写方向的字符",
    "a null character": "空字符 NUL",
    "a full stop": "一个句号",
    "question marks": "几个问号",
    "keys hit at random": "乱敲键盘",
    "a promise": "“让我一步步想”",
    "a thought": "“思考过程：”",
    "a colon": "一个冒号",
    "an emoji": "一个表情",
    "a quote": "一个引号",
    "a backslash": "一个反斜杠",
    "brackets": "方括号",
    "braces": "花括号",
    "a lone percent sign": "格式占位符",
    "a separator": "一个分隔符",
    "letters and separators": "字母和分隔符",
    "infinity": "无穷大",
    "too large for a float": "大到浮点数装不下",
    "too small for a float": "小到浮点数装不下",
    "a division by zero": "除以零",
    "nothing by nothing": "零除以零",
    "a huge power": "极大的数",
    "five thousand digits": "五千位的数",
    "an imaginary number": "虚数",
    "an empty box": "空方框",
    "empty tags": "空标签",
    "tags with nothing to say": "有标签没内容",
    "an answer mark": "答案记号",
    "an answer mark in words": "只写“答案是”",
    "empty JSON": "空 JSON",
    "an empty code block": "空代码块",
    "fifty pairs of tags": "五十对标签",
    "fifty reasoning tags": "五十个思考标签",
    "fifty headings": "五十个小标题",
    "connecting words": "一堆连接词",
    "the question": "照抄题目",
    "the question without its end": "照抄题目，去掉结尾",
    "its last line": "题目的最后一行",
    "all numbers from 0 to 200": "0 到 200 的所有数",
    "all answers that occur": "把出现过的答案全列上",
    "the last digit raised": "末位写成上标",
    "one more": "多一",
    "one less": "少一",
    "the other sign": "正负号反了",
    "ten times as much": "十倍",
    "a fraction more": "多一点小数",
    "nearly one more": "多了将近一",
    "the last digit dropped": "少了末位",
    "the first digit dropped": "少了首位",
    "a digit added": "末尾多一位",
    "a digit in front": "前面多一位",
    "two digits swapped": "两位数字颠倒",
    "the last letter dropped": "少了最后一个字母",
    "the first letter dropped": "少了第一个字母",
    "the first letter alone": "只写第一个字母",
    "two letters swapped": "两个字母颠倒",
    "letters added": "多了几个字母",
    "its last number raised": "其中最后一个数加一",
    "the first half alone": "只写前一半",
    "another unit": "换了单位",
    "the answer to another question (1)": "别的题的答案（1）",
    "the answer to another question (2)": "别的题的答案（2）",
    "the answer to another question (3)": "别的题的答案（3）",
    "many words": "很多词",
    "reasoning tags": "思考标签",
    "lines": "很多行",
    "exclamation marks": "感叹号",
    "praise": "自夸",
    "a sum that only Python works out": "只有 Python 才算得出的式子",
    "a long word": "很长的词",
    "a long number": "很长的数",
    "many line ends and a word": "很多换行加一个词",
    "open brackets": "没有闭合的括号",
    "open boxes": "没有闭合的方框",
    "letters for a nested pattern": "针对嵌套正则的字母",
    "digits for a nested pattern": "针对嵌套正则的数字",
    "commas for a nested pattern": "针对嵌套正则的逗号",
    "spaces for a nested pattern": "针对嵌套正则的空格",
    "a number too large to be worked out": "大到算不出来的数",
    "a large factorial": "很大的阶乘",
}


def way(name: str) -> str:
    """What an attack is called in the language that is spoken."""
    if spoken() != "zh":
        return name
    rule, colon, rest = name.partition(": ")
    if colon and rule in RULES:
        return f"{rule}：{way(rest)}"
    bare, form, _ = name.partition(", in form")
    wrong, then, message = name.partition("a wrong answer, then: ")
    if then and not wrong:
        return f"先写错误答案，再写：{message}"
    return _CHINESE.get(bare, bare) + ("（按格式写）" if form else "")
