"""What every run has, and how weights change, in Chinese."""

ROW = "算法表里的哪一行。"
THREADS = "torch 用几个线程；0 用全部核。"
DEVICE = "cpu、cuda 或 cuda:N。"

CHINESE = {
    "RunConfig": {
        "": "每次训练都有的。",
        "out": "训练文件夹；空：下一个没用过的 runs/VERB-NNN。",
        "seed": "随机种子，所有的随机数都由它而来。",
        "resume": "从训练文件夹里最后一个检查点接着跑。",
        "threads": THREADS,
        "device": DEVICE,
        "dtype": "用什么精度计算；权重总是用 fp32 更新。",
        "track": "指标还要送到哪里：tensorboard、wandb、swanlab、trackio 里的几个，用逗号隔开。",
        "trace": "写一份 trace.json，用 Perfetto 打开：每一步的各部分和用时。",
    },
    "KeepConfig": {
        "": "检查点。",
        "every": "隔多少步存一次；最后一步总会存。",
        "last": "保留最近的几个；check 考得最好的那个另外保留。",
    },
    "AdamConfig": {
        "": "AdamW 和学习率的起落。",
        "lr": "最高学习率。",
        "warmup_steps": "学习率用几步从 0 升到 lr。",
        "decay": "预热之后学习率怎么降。",
        "final_share": "降到最后还剩 lr 的多大比例。",
        "weight_decay": "矩阵的解耦权重衰减；归一化和偏置不衰减。",
        "betas": "两个矩各记多久。",
        "epsilon": "加在二阶矩的根上。",
        "grad_clip": "整个梯度的范数最大多少；0 不裁。",
    },
    "OptimConfig": {
        "": "策略的优化器，以及一次算多少。",
        "micro_tokens": "一次前向和反向算多少 token；内存随它变，结果不变。",
        "checkpointing": "反向时重算激活：多三分之一的计算，省内存。",
    },
    "Sampling": {
        "": "怎么抽 token。",
        "max_tokens": "一个回答最多多少 token，停止符也算。",
        "temperature": "logits 除以它；0 取最可能的 token。",
        "top_k": "只留最可能的 k 个 token；0 全留。",
        "top_p": "只留概率加起来够到它的最少几个 token；1 全留。",
        "min_p": "概率不到最可能的那个的多大比例，就不要；0 全留。",
        "stop": "除了分词器自己的停止符，写出哪些字符串也算答完。",
        "ignore_stop": "不管是什么，正好写满 max_tokens 个 token。测速用：这样工作量必然相等。",
    },
    "ModelConfig": {
        "": "新模型的形状。",
        "hidden_size": "宽度。",
        "layers": "层数。",
        "heads": "注意力头数。",
        "mlp_size": "MLP 内部的宽度。",
        "context": "最多能往回看多少 token。",
        "tokenizer": "char：课本里的每个字符一个 token；byte：任何文本，每个字节一个。",
    },
    "BudgetConfig": {
        "": "全部步骤加起来最多花多少；第一个达到上限的步就是最后一步。0：除了 steps 不设上限。",
        "tokens": "生成的 token，考试的不算。",
        "updates": "策略的权重更新次数。",
        "seconds": "各步的秒数；停在哪里要看机器，两次训练不会停得一模一样。",
        "flops": "按公式算的浮点运算次数。",
    },
    "StopConfig": {
        "": "除了预算，什么时候提前结束：防止优化过头的办法，不靠抽查。哪一个都不说明分数可信。",
        "kl": "策略离起点每 token 多少 nat 为止；到了的那一步就是最后一步。要用冻结的副本把每个回答读一遍。"
        "0：多远都行。",
        "plateau": "最近这么多步平均挣得不比再往前这么多步多，就结束。0 不停。",
    },
    "GradientPenaltyConfig": {
        "": "按梯度大小收费，系数乘 |g|²/2，偏向平坦的地方（arXiv:2602.18037）；一次更新的计算量翻倍。",
        "weight": "系数；0 不用。",
        "reach": "沿梯度走多远再看第二眼，以梯度的长度计。",
    },
}
