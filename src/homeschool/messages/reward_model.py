"""What the training of a reward model says to a user."""

from homeschool.messages.sentence import Sentence

# the progress bar
ACCURACY = Sentence("right {value:.0%}", "判对 {value:.0%}")

# what the stage is for
WHY_PAIRS = Sentence(
    "two answers to each question, one with a better mark than the other", "每道题取两个回答，一个得分高，一个得分低"
)
WHY = Sentence("which answer is the better one: {count} pairs to learn from", "哪个回答更好：用 {count} 对来学")

# results
HELD_OUT = Sentence(
    "held out, {pairs} pairs: right in {accuracy} of 100 (95 % interval; guessing is 50, and this exam would probably "
    "miss a difference from it of less than {smallest:.1f}); on pairs it was trained on {trained:.1f}",
    "留出的 {pairs} 对：每 100 对判对 {accuracy}（95% 区间；瞎猜是 50，比它好不到 {smallest:.1f} 的话，"
    "这次考试多半看不出来）；训练用过的对里判对 {trained:.1f}",
)
NO_BETTER = Sentence(
    "it is not shown to be better than guessing: train longer or on more pairs before using it",
    "看不出比瞎猜强：多训几步或者多给些对，再拿去用",
)
BY_RULE = Sentence(
    "against the labels before noise was added: right in {accuracy} of 100",
    "按没掺噪声的标签算：每 100 对判对 {accuracy}",
)
HOW_SURE = Sentence(
    "log loss {log_loss} (guessing 0.693), Brier score {brier} (guessing 0.250), calibration error {calibration} (a "
    "perfectly calibrated model shows {floor:.3f} on so few pairs)",
    "对数损失 {log_loss}（瞎猜 0.693），Brier 分数 {brier}（瞎猜 0.250），校准误差 {calibration}"
    "（校准得毫无偏差的模型，在这么几对上也会有 {floor:.3f}）",
)
NEVER_WRONG = Sentence(
    "it was never wrong on these pairs, so they cannot say which temperature would calibrate it",
    "这些对它全判对了，所以说不出用多高的温度才校准",
)
NO_TEMPERATURE = Sentence(
    "no temperature would calibrate it: it was wrong by as much as right", "什么温度都校准不了：错的分量不比对的轻"
)
TEMPERATURE = Sentence(
    "temperature {temperature:.2f} would calibrate it: {judgement}", "温度取 {temperature:.2f} 就校准了：{judgement}"
)
CLAIMS_TOO_MUCH = Sentence("it claims too much", "它说得太满")
CLAIMS_TOO_LITTLE = Sentence("it claims too little", "它说得太保守")
BY_CHANCE = Sentence("the distance from 1 is within what chance explains", "和 1 的差距用偶然就能解释")
BINS = Sentence("   claimed     right    pairs", "   说的把握     判对     对数")
BIN = Sentence(
    "   {stated:5.1f} %   {observed:5.1f} %   {count:6}", "   {stated:5.1f} %   {observed:5.1f} %   {count:6}"
)
IS_IN = Sentence(
    "the reward model is in {folder}; homeschool rl takes it with --reward.scorer {scorer}",
    "奖励模型在 {folder}；给 homeschool rl 加上 --reward.scorer {scorer} 就用它打分",
)
IS_IN_AND_NEXT = Sentence(
    "the reward model is in {folder}; next: {command}",
    "奖励模型在 {folder}；下一步：{command}",
)
