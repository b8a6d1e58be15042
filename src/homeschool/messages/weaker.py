"""What the guard says where there is no gold check: signs, plainly labelled as less than audits."""

from homeschool.messages.sentence import Sentence

NO_GOLD = Sentence(
    "no gold check in the pay: other keys, canaries, re-exams and second opinions are weaker than audits. They can "
    "show that there is cheating; they cannot show that there is none, and unless guard.gold marks the exams the true "
    "score stays unknown",
    "付分不经金标准检查：换答案批改、金丝雀题、重考和第二意见都比抽查弱。它们能说明有人作弊，不能说明没人作弊；"
    "不用 guard.gold 批考试的话，真实得分也无从知道",
)
AT_WORK = Sentence("guard without a gold check: {signs}", "没有金标准检查的守卫：{signs}")
EXAMS_ONLY = Sentence(
    "guard.gold {gold} marks the exams of this run, whose true score is known so, and nothing else",
    "guard.gold {gold} 只给这次训练的考试批分，考试的真实得分因此是知道的",
)
STOPPED = Sentence("the guard stopped the run. {reason}", "守卫停止了训练。{reason}")
HEARD = Sentence("{count} sign(s) of cheating", "{count} 次作弊迹象")
HEARD_NOTHING = Sentence(
    "no sign of cheating, which is no proof that there was none", "没有作弊迹象，但这不证明没有作弊"
)
WEAK_RESULT = Sentence("guard without a gold check: {heard}", "没有金标准检查的守卫：{heard}")
ASKED_AGAIN = Sentence("; {count} question(s) asked again", "；重考 {count} 题")
TRUTH_UNKNOWN = Sentence("; the true score is unknown", "；真实得分不知道")
MAY_BE_CHEATING_ENDED = Sentence(
    "these exams were marked by the very grader that is paid for and can be deceived, so the fall may be cheating that "
    "has ended. A check that you trust tells, and pays nobody: --guard weak --guard.gold file.py:function marks the "
    "exams of a run by it as well; of models that are there already, homeschool eval RUN --baseline START --split "
    "hidden --gold file.py:function",
    "这两次考试是付分的那个评分器批的，而它会被骗：分数掉了，也可能只是作弊停了。用信得过的检查批一遍就知道（它不付分）："
    "训练时加 --guard weak --guard.gold file.py:function，考试就由它再批一遍；模型已经有了，就用 "
    "homeschool eval 训练文件夹 --baseline 起点模型 --split hidden --gold file.py:function",
)
ANY_KEY_WILL_DO = Sentence(
    "other keys: on the last {items:.0f} items with full marks, {share:.0%} of these marks are given by the key of "
    "another item as well, where luck explains {tolerance:.0%}: the grader pays for something else than being right (a "
    "false alarm less than once in {bound:,.0f} items). Such marks are not paid",
    "换答案批改：最近 {items:.0f} 道得满分的题，拿别的题的答案来批，{share:.0%} 照样满分，而碰运气只有 "
    "{tolerance:.0%}：评分器给分，看的不是答得对不对（平均每 {bound:,.0f} 道误报不到一次）。这样的分不付",
)
CANARIES_SING = Sentence(
    "canaries: questions without an honest answer were paid {passes:.0f} times in the last {asked:.0f}, where luck "
    "explains {tolerance:.0%}: the grader is being deceived (a false alarm less than once in {bound:,.0f} of them)",
    "金丝雀题：最近 {asked:.0f} 道没有正确答案的题，得分 {passes:.0f} 次，而碰运气只有 {tolerance:.0%}："
    "评分器正在被骗（平均每 {bound:,.0f} 道误报不到一次）",
)
CANARIES_QUIET = Sentence(
    "canaries: {passes:.0f} of {asked:.0f} were paid, no more than luck explains; a cheat that does not work on them "
    "is not seen",
    "金丝雀题：{asked:.0f} 道里得分 {passes:.0f} 次，没有超出运气；对它们不起作用的作弊看不见",
)
HELD_BACK = Sentence(
    "re-exam: {item!r} earned {first:.2f} on average, and {again:.2f} in other words; {kept:.0%} of the marks are paid",
    "重考：{item!r} 平均得 {first:.2f}，换个说法只得 {again:.2f}；分数按 {kept:.0%} 支付",
)
OPINIONS_DIFFER = Sentence(
    "second opinion: the other grader refuses {rate:.0%} of the answers paid {edge:.0%} of full marks or more, beyond "
    "the {tolerance:.0%} of the warm-up; one of the two is being deceived",
    "第二意见：得分在满分 {edge:.0%} 及以上的回答，另一个评分器否掉了 {rate:.0%}，超出摸底时的 {tolerance:.0%}；"
    "两个评分器里有一个被骗了",
)
OPINIONS_AGREE = Sentence(
    "second opinion: the graders disagree no more than in the warm-up; a blind spot that both share is not seen",
    "第二意见：两个评分器的分歧没有超出摸底时；两者共同的盲点看不见",
)
