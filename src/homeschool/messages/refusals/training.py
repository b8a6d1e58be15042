"""What stops a training, or keeps it from starting: numbers, marks, critics, checkpoints, and a folder in use."""

from homeschool.messages.sentence import Sentence

# train/learner.py
CRITIC_TAUGHT_TWICE = Sentence(
    'gradient_penalty.weight is {weight:g}, but with a critic (algo "{algo}") a second look along the gradient would '
    "teach the critic twice; leave it out, or take an algorithm without a critic",
    "gradient_penalty.weight 是 {weight:g}，可带评论家时（算法“{algo}”），沿梯度再看一次会把评论家教两遍；"
    "请去掉这一项，或者换个不带评论家的算法",
)
TOO_COARSE = Sentence(
    "gradient_penalty.weight is {weight:g}, but the weights are {dtype}, which rounds so small a move along the "
    "gradient away; leave it out, or add --dtype fp32",
    "gradient_penalty.weight 是 {weight:g}，可权重是 {dtype}，沿梯度挪动得这么小，会被舍入掉；请去掉这一项，"
    "或者加上 --dtype fp32",
)
SHARED_CRITIC = Sentence(
    'a critic of kind "shared" has no layers of its own: leave out rl.critic_layers and critic_from, or set '
    "rl.critic separate",
    "“shared”这种评论家没有自己的层：去掉 rl.critic_layers 和 critic_from，或者设 rl.critic separate",
)
HEAD_CUT_OFF = Sentence(
    "critic_from names a model with a head on its last layer, which rl.critic_layers {layers} would cut off; leave one "
    "of them out",
    "critic_from 指定的模型，打分用的头接在最后一层上，rl.critic_layers {layers} 会把它截掉；两样去掉一样",
)

# train/batch.py
NO_MARKS = Sentence(
    "none of the {total} completions of this step has a mark (the scorer returned None, or the engine gave up); return "
    "a number for those that should train",
    "这一步的 {total} 个回答一个分数也没有（打分函数返回了 None，或者生成中途放弃）；要参与训练的回答，请返回一个数",
)

# train/loop.py, train/update.py, train/optimizer.py and train/preference.py
LOSS_NOT_A_NUMBER = Sentence("the loss is {value}", "损失是 {value}")
GRADIENT_NOT_A_NUMBER = Sentence("the gradient norm is {value}", "梯度范数是 {value}")
DIVERGED = Sentence(
    "step {step}: {error}; the batch is saved in {folder}. Last good checkpoint: {kept}. Usual way out: a lower "
    "optim.lr, or dtype fp32",
    "第 {step} 步：{error}；这一批已存进 {folder}。最后一个完好的检查点：{kept}。通常的办法：调低 optim.lr，"
    "或者用 dtype fp32",
)
NONE_YET = Sentence("none yet", "还没有")
STOPPED_BY_GUARD = Sentence("{reason}; everything is saved in {folder}", "{reason}；全部内容已存进 {folder}")
STOPPED_BY_SIGNAL = Sentence(
    "stopped by {signal} after step {done} of {total}; everything is saved, go on with --resume --out {folder}",
    "收到 {signal}，在第 {done} 步之后停下，共 {total} 步；全部内容已经存好，接着跑用 --resume --out {folder}",
)

# train/checkpoint.py and train/run_folder.py
BROKEN_CHECKPOINT = Sentence(
    "{folder} cannot be read: {error}; delete it to resume from the one before",
    "{folder} 读不出来：{error}；把它删掉，就从前一个检查点接着跑",
)
AT_WORK = Sentence(
    "another process is at work in {folder}; wait for it or choose another --out",
    "另一个进程正在用 {folder}；等它结束，或者用 --out 换个文件夹",
)
