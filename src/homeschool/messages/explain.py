"""What ``homeschool explain`` says: settings, amounts of work, memory and time. The algorithm has a catalogue of its
own."""

from homeschool.messages.sentence import Sentence

SETTINGS = Sentence(
    'homeschool {verb} would run with these settings; "# set" marks what differs from the defaults',
    "homeschool {verb} 会用下面这些设置；标着 # set 的和默认值不同",
)
ALGORITHM = Sentence("algorithm {name}: {source}", "算法 {name}，出处：{source}")
SET_BY_HAND = Sentence("set by hand; published: {value}", "手工改的，原来是 {value}")
STEP_COSTS = Sentence(
    "a step costs, beyond one update on its own samples:", "每一步，除了用自己采的样本更新一次，还要："
)
NOTHING_MORE = Sentence("nothing", "没有别的")

# amounts of work
WORK = Sentence("work", "工作量")
STEPS = Sentence("steps", "步数")
UPDATES = Sentence("weight updates", "更新权重的次数")
SEQUENCES = Sentence("sequences", "序列")
TOKENS_READ = Sentence("tokens read", "读的 token")
TOKENS_TRAINED = Sentence("tokens trained", "参与训练的 token")
TOKENS_SAMPLED = Sentence("tokens sampled", "采样的 token")
PAIRS = Sentence("pairs", "成对的回答")
PAIR_ANSWERS = Sentence("answers for pairs", "为配对写的回答")
PROMPTS = Sentence("prompts", "题目")
COMPLETIONS = Sentence("completions", "回答")
EXAM_ANSWERS = Sentence("answers in exams", "考试里的回答")
BY_FIRST_STEPS = Sentence("going by the first steps", "按最初几步推算")
PAIRS_REPEAT = Sentence("a pair that comes again counted again", "同一对用几次算几次")
IF_ALL_PAIR = Sentence("at least: if each question gives a pair", "至少：每道题都能配成一对的话")
SHARED_ONCE = Sentence("what both sides share counted once", "两边共同的部分只算一次")
OF_EACH_PROMPT = Sentence("{count} of each prompt", "每题 {count} 个")
AT_MOST = Sentence("at most: if every completion runs to {longest}", "最多：如果每个回答都写到 {longest} 个 token")
AT_MOST_PASSES = Sentence("at most; each in {epochs} pass(es)", "最多；每个学 {epochs} 遍")
WHEN_EXAMS = Sentence("readiness, on the way, before and after", "摸底、途中检查、训练前和训练后")

# memory: what holds it
MEMORY = Sentence("memory, estimated, for {count:,} parameters", "内存（估计），模型有 {count:,} 个参数")
PYTHON_ITSELF = Sentence("Python and torch themselves", "Python 和 torch 自身")
IN_ALL = Sentence("in all, with the largest of these", "合计（几个阶段里只计最大的）")
AVAILABLE = Sentence("available", "可用")
NOT_TOLD = Sentence("this system does not say how much is available", "系统没有说还有多少可用")
FITS = Sentence("it fits", "放得下")
FITS_NOT = Sentence("it does NOT fit. {way_out}", "放不下！{way_out}")
WEIGHTS = Sentence("weights ({dtype})", "权重（{dtype}）")
MASTERS = Sentence("master weights (fp32)", "主权重（fp32）")
GRADIENTS = Sentence("gradients (fp32)", "梯度（fp32）")
MOMENTS = Sentence("Adam's two moments (fp32)", "Adam 的两个动量（fp32）")
REFERENCE = Sentence("frozen reference", "冻结的参考模型")
READER = Sentence("guard: copy of the first layers ({layers})", "守卫：前几层的副本（{layers} 层）")
FIRST_GRADIENT = Sentence("first gradient and weights (gradient penalty)", "先算的那份梯度和权重（梯度惩罚）")
COPY = Sentence("copy of the weights for writing", "生成用的权重副本")
NEXT_COPY = Sentence("the next copy of the weights for writing", "下一份生成用的权重副本")
CRITIC_ONCE_MORE = Sentence("critic: all of the above once more", "评论家：以上各项再来一份")
CRITIC_OF_LAYERS = Sentence(
    "critic of {layers} layers: weights, gradients, moments", "{layers} 层的评论家：权重、梯度、动量"
)
CRITIC_AS_REWARD_MODEL = Sentence(
    "critic as large as its reward model: the same", "评论家（和它的奖励模型一样大）：同样这几项"
)
CRITIC_SHARED = Sentence("critic: a head on the policy", "评论家：策略上加一个头")
CRITIC_PAIR = Sentence("two critics: weights, gradients, moments", "两个评论家：权重、梯度、动量")
WHILE_LEARNING = Sentence("while learning", "学习的时候")
WHILE_WRITING = Sentence("while writing answers", "写回答的时候")
WHILE_HANDING_OVER = Sentence("while handing weights over", "交接权重的时候")
ACTIVATIONS = Sentence("activations of one micro-batch ({tokens:,} tokens)", "一个微批的激活值（{tokens:,} 个 token）")
LOGITS = Sentence("logits of its {tokens:,} trained tokens", "其中 {tokens:,} 个参与训练的 token 的 logits")
HEAD_GRADIENT = Sentence("gradient of the head while it forms", "输出层正在算的梯度")
HELD_BLOCKS = Sentence("freed blocks that the allocator holds on to", "释放后仍被分配器留着的内存块")
ANSWER_CACHE = Sentence("keys and values of {count} answers", "{count} 个回答的键值缓存")
PROMPT_CACHE = Sentence("keys and values of {count} prompts", "{count} 道题目的键值缓存")
NEXT_LOGITS = Sentence("logits of one token of each answer", "每个回答一个 token 的 logits")
READING = Sentence("reading {tokens:,} tokens of prompts", "读题目的 {tokens:,} 个 token")
TOO_LITTLE = Sentence(
    "too little memory: this run needs about {needed} besides the model, {room} are available. The largest parts: "
    "{largest}. {way_out}",
    "内存不够：除了模型本身，这次训练还要大约 {needed}，可用的只有 {room}。最大的几块：{largest}。{way_out}",
)
BETWEEN = Sentence(", ", "，")

# memory: the way out
FITS_WITH = Sentence("It fits with {settings}, and the results stay the same", "加上 {settings} 就放得下，结果不变")
AND = Sentence(" and ", " 和 ")
KEPT_IS_TOO_MUCH = Sentence(
    "What is kept all the time is too much already: take a smaller model or a larger machine",
    "光是一直占着的就太多了：换小一点的模型，或者大一点的机器",
)
KEPT_IS_TOO_MUCH_RL = Sentence(
    "What is kept all the time is too much already (algorithms without a critic and --rl.kl_coef 0 need less): take a "
    "smaller model or a larger machine",
    "光是一直占着的就太多了（没有评论家的算法，或者 --rl.kl_coef 0，会少占一些）：换小一点的模型，或者大一点的机器",
)
NOT_ENOUGH = Sentence(
    "Smaller micro-batches and --optim.checkpointing are not enough; lower the length of the sequences, or take a "
    "smaller model",
    "调小微批、加 --optim.checkpointing 都还不够；把序列缩短，或者换小一点的模型",
)
NOT_ENOUGH_RL = Sentence(
    "Smaller micro-batches and --optim.checkpointing are not enough; lower sampling.max_tokens, prompts or "
    "rl.group_size, or take a smaller model",
    "调小微批、加 --optim.checkpointing 都还不够；调小 sampling.max_tokens、prompts 或 rl.group_size，"
    "或者换小一点的模型",
)

# time
TIME = Sentence("time, estimated", "时间（估计）")
OPERATIONS = Sentence(
    "{total:.2g} floating-point operations, {each:.2g} a step", "浮点运算 {total:.2g} 次，每步 {each:.2g} 次"
)
THIS_MACHINE = Sentence(
    "this machine, {threads} thread(s), measured on one throwaway layer: {speeds}",
    "这台机器，{threads} 个线程，用临时的一层实测：{speeds}",
)
LEARNING = Sentence("{speed} learning", "学习时 {speed}")
LEARNING_AND_WRITING = Sentence(
    "{speed} learning, {writing} writing {rows} answers side by side",
    "学习时 {speed}，{rows} 个回答一起写时 {writing}",
)
ESTIMATE = Sentence("{time}: an estimate, {least} to {most} is possible", "{time}：只是估计，短则 {least}，长则 {most}")
SECONDS = Sentence("{count} s", "{count} 秒")
MINUTES = Sentence("{count} min", "{count} 分钟")
HOURS = Sentence("{count} h", "{count} 小时")
NOT_COUNTED = Sentence("not counted: reading the data and writing checkpoints", "没算进去的：读数据、写检查点")
NOT_COUNTED_RL = Sentence(
    "less where completions stop early or groups tie; not counted: the scorer, and writing checkpoints",
    "有的回答早早写完，有的组全组同分，那就更省；没算进去的：打分、写检查点",
)
BUSY = Sentence(
    "other programs keep this machine busy (load {load:.1f} on {cores} core(s)): threads then wait for each other, and "
    "a run can take several times longer; fewer --threads suffer less",
    "别的程序正占着这台机器（{cores} 个核，负载 {load:.1f}）：线程会互相等，训练可能慢好几倍；--threads 开少一点，"
    "影响也小一点",
)
NO_MODEL = Sentence(
    "memory and time depend on the model: name one with --policy FOLDER to see them",
    "内存和时间要看是什么模型：用 --policy FOLDER 指定一个，就会算出来",
)
OTHER_FAMILY = Sentence(
    'models of type "{type}" run through transformers: no estimate of memory and time',
    "{type} 类型的模型由 transformers 来跑，内存和时间没法估计",
)
