"""Pre-training, the textbook: a tokenizer, a new model, and documents whose next token it learns to predict."""

from pathlib import Path

from homeschool import data
from homeschool.config import ModelConfig, PretrainConfig
from homeschool.cost import plan_text, require_memory
from homeschool.errors import ConfigError
from homeschool.messages import school as say
from homeschool.messages.refusals import stages as refused
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.load import Policy, choose_dtype, new_decoder
from homeschool.stages.finishing import StageResult, finish
from homeschool.stages.starting import begin, build_task
from homeschool.tasks.sums import Sums
from homeschool.tasks.textbook import alphabet, documents
from homeschool.text import ByteTokenizer, CharTokenizer, Tokenizer
from homeschool.track.tracking import observed_run
from homeschool.train.batch import text_batch
from homeschool.train.learner import build_learner
from homeschool.train.loop import Loop, Reporter
from homeschool.train.update import update_on_text


def pretrain(config: PretrainConfig, reporter: Reporter | None = None) -> StageResult:
    """Read the textbook: a new model learns to predict the next token of documents."""
    started, reporter = begin(config, reporter)
    tokenizer = build_tokenizer(config)
    rows = pretrain_rows(config, tokenizer)
    model = new_model(config, tokenizer)
    require_memory(plan_text(config, model.config, model.dtype, model.device, rows))
    with observed_run(config, "pretrain", reporter) as folder:
        policy = Policy(model, tokenizer, str(folder.path))
        learner = build_learner(policy, config.optim)

        def step(number: int) -> dict[str, float]:
            return update_on_text(learner, text_batch(rows(number)), number, config.steps)

        loop = Loop(folder, learner, config.steps, config.keep, reporter, step)
        loop.started = started
        loop.restore()
        reporter.start("pretrain", config.steps, say.WHY_PRETRAIN())
        loop.run()
        reporter.end()
        return finish(folder, config, policy, started)


def build_tokenizer(config: PretrainConfig) -> Tokenizer:
    """A tokenizer that covers the corpus: the textbook's closed alphabet, a file's characters, or plain bytes."""
    if config.model.tokenizer == "byte":
        return ByteTokenizer()
    if config.corpus == "textbook":
        return CharTokenizer(alphabet())
    return CharTokenizer.train(data.read_documents(Path(config.corpus)))


def pretrain_rows(config: PretrainConfig, tokenizer: Tokenizer) -> data.Rows:
    """The rows of each pre-training step."""
    if config.corpus != "textbook":
        return data.corpus_rows(Path(config.corpus), tokenizer, config.rows, config.length, config.seed)
    sums = build_task(config.task)
    if not isinstance(sums, Sums):
        raise ConfigError(refused.NOT_SUMS(task=config.task.name))

    def book(start: int):  # type: ignore[no-untyped-def]
        return documents(config.seed, start, data.DOCUMENTS_PER_ROW, sums, config.sums_share)

    return data.generated_rows(book, tokenizer, config.rows, config.length)


def new_model(config: PretrainConfig, tokenizer: Tokenizer) -> Decoder:
    """A decoder with fresh weights, where and in the format that ``config`` asks for; auto is fp32."""
    model = new_decoder(decoder_shape(config.model, tokenizer.vocab_size), config.seed)
    return model.to(config.device, choose_dtype(config.dtype, {}, config.device))


def decoder_shape(model: ModelConfig, vocab_size: int) -> DecoderConfig:
    """The decoder that a ModelConfig describes."""
    if model.hidden_size % model.heads or (model.hidden_size // model.heads) % 2:
        raise ConfigError(refused.UNEVEN_HEADS(hidden_size=model.hidden_size, heads=model.heads))
    return DecoderConfig(
        vocab_size=vocab_size,
        hidden_size=model.hidden_size,
        num_layers=model.layers,
        num_heads=model.heads,
        num_key_heads=model.heads,
        head_dim=model.hidden_size // model.heads,
        mlp_size=model.mlp_size,
        max_positions=model.context,
    )
