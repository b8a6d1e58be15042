"""Our losses and gradients against TRL's, case by case: ``bash benchmarks/oracle``.

Tiny random models, fixed answers and marks. Each peer runs all its cases in one process of its own environment, ours
in this one; they meet in files. For a case in which we differ on purpose two gaps are given: as it is, and with exactly
the named differences taken out of ours. The second must be as small as that of any other case.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "train")]

import torch
from machine import description
from oracle_cases import CASES, VOCAB, Json
from oracle_ours import Gap, Weights, build_decoder, find, flat, gap, sampled_logprobs
from safetensors.torch import load_file, save_file
from torch import Tensor

import homeschool

PEERS = {
    "grpo": (".venv-trl", "peers/oracle_grpo.py"),
    "rloo": (".venv-trl", "peers/oracle_grpo.py"),
    "ppo": (".venv-trl112", "peers/oracle_ppo.py"),
}
FIXTURE = ROOT / "tests" / "fixtures" / "oracle"
LOSS_GAP, GRADIENT_GAP = 1e-5, 1e-4

SHAPE = {
    "vocab_size": VOCAB,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 4,
    "intermediate_size": 12,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10_000.0,
    "hidden_act": "silu",
    "torch_dtype": "float32",
}
FAMILIES = {
    "llama": SHAPE | {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "tie_word_embeddings": True},
    "qwen2": SHAPE | {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "tie_word_embeddings": False},
}


@dataclass(frozen=True)
class Row:
    """One case in the result."""

    case: Json
    equal: bool
    """Within the bounds, once the named differences are taken out."""
    ours: float
    theirs: float
    """The losses, ours once the named differences are taken out."""
    as_it_is: Gap
    without_differences: Gap


def main() -> None:
    options = parse()
    folder = Path(options.work)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "peer").mkdir(parents=True)
    cases = [case.written_out() for case in CASES if not options.only or case.name in options.only]
    models = {family: make_models(folder / "models" / family, settings) for family, settings in FAMILIES.items()}
    for case in cases:
        if "sampler_noise" in case["extras"]:
            case["extras"]["rollout_logprobs"] = sampled_logprobs(
                case, FAMILIES[case["family"]], models[case["family"]]
            )
    (folder / "cases.json").write_text(json.dumps(cases))
    run_peers(folder, {case["peer"] for case in cases})
    rows = [compare(case, folder, models[case["family"]]) for case in cases]
    print(table(rows))
    if not options.only:
        write_result(Path(options.out), folder, rows)
    if options.record:
        record(folder, cases, models)
    if failed := [row.case["name"] for row in rows if not row.equal]:
        sys.exit(f"not equal: {', '.join(failed)}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bash benchmarks/oracle", description="our losses and gradients beside TRL's")
    out = HERE / "results" / f"{time.strftime('%Y-%m-%d')}-oracle"
    parser.add_argument("--out", default=str(out), help="result folder")
    parser.add_argument(
        "--work", default=str(HERE / ".work" / "oracle"), help="folder in which the sides meet; emptied"
    )
    parser.add_argument("--only", nargs="*", help="some of the cases; prints the table and writes no result")
    parser.add_argument("--record", action="store_true", help="write the fixture of the default test suite")
    options = parser.parse_args()
    if unknown := sorted(set(options.only or ()) - {case.name for case in CASES}):
        parser.error(f"unknown case {', '.join(unknown)}; known: {', '.join(case.name for case in CASES)}")
    if options.only and options.record:
        parser.error("--record needs every case; leave --only out")
    return options


def make_models(folder: Path, settings: Json) -> Weights:
    """Random weights, and the same moved a little: as they sampled, as they are trained, a reference, a critic."""
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(20261123)
    names = {name: parameter.shape for name, parameter in build_decoder(settings).named_parameters()}

    def draw(shapes: dict[str, torch.Size]) -> dict[str, Tensor]:
        return {name: 0.4 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}

    def moved(tensors: dict[str, Tensor], by: float) -> dict[str, Tensor]:
        return {name: x + by * torch.randn(x.shape, generator=generator) for name, x in tensors.items()}

    old = draw(names)
    critic = draw({name: shape for name, shape in names.items() if name != "lm_head.weight"})
    critic["score.weight"] = torch.randn(1, SHAPE["hidden_size"], generator=generator)
    for tensors in (old, critic):
        for name in tensors:
            if "norm" in name:
                tensors[name] += 1.0
    weights = {
        "old": old,
        "new": moved(old, 0.05),
        "reference": moved(old, 0.1),
        "critic-old": critic,
        "critic-new": moved(critic, 0.05),
    }
    (folder / "config.json").write_text(json.dumps(settings))
    save_file(old, folder / "model.safetensors", {"format": "pt"})
    for name, tensors in weights.items():
        save_file(tensors, folder / f"{name}.safetensors")
    return weights


def run_peers(folder: Path, peers: set[str]) -> None:
    for venv, script in sorted({PEERS[peer] for peer in peers}):
        python = ROOT / venv / "bin" / "python"
        environment = os.environ | {
            "TRL_EXPERIMENTAL_SILENCE": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_CACHE": str(folder / "datasets"),
        }
        subprocess.run([python, HERE / script, folder], check=True, env=environment, stdout=sys.stderr)


def compare(case: Json, folder: Path, weights: Weights) -> Row:
    theirs = load_file(folder / "peer" / f"{case['name']}.safetensors")
    case["extras"]["micro_rows"] = theirs.pop("micro_rows").tolist()
    settings = FAMILIES[case["family"]]
    plain = find(case, settings, weights)
    ours = find(case, settings, weights, case["differences"]) if case["differences"] else plain
    without = gap(case, ours, theirs)
    is_same = without.within(LOSS_GAP, GRADIENT_GAP)
    return Row(case, is_same, ours.loss, float(theirs["loss"]), gap(case, plain, theirs), without)


def table(rows: list[Row]) -> str:
    """Markdown: one line per case."""
    lines = [
        "| case | same | loss | gradient | advantages | differences taken out | as it is: loss, gradient |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        gap, plain = row.without_differences, row.as_it_is
        named = ", ".join(row.case["differences"])
        raw = f"{plain.loss:.1e}, {plain.gradient:.1e}" if named else ""
        cells = (row.case["name"], "yes" if row.equal else "NO", f"{gap.loss:.1e}", f"{gap.gradient:.1e}")
        lines.append("| " + " | ".join((*cells, f"{gap.advantages:.1e}", named, raw)) + " |")
    return "\n".join(lines) + "\n"


def write_result(out: Path, folder: Path, rows: list[Row]) -> None:
    """result.json with everything, TABLE.md to read, parameters.csv with the gradient of each parameter."""
    out.mkdir(parents=True, exist_ok=True)
    result = {
        "command": "bash benchmarks/oracle",
        "bounds": {"loss": LOSS_GAP, "advantages": LOSS_GAP, "gradient": GRADIENT_GAP},
        "versions": {"homeschool": homeschool.__version__, "torch": torch.__version__}
        | {
            path.stem.removeprefix("versions-"): json.loads(path.read_text()) for path in folder.glob("versions-*.json")
        },
        "machine": description(),
        "cases": [summary(row) for row in rows],
    }
    (out / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    (out / "TABLE.md").write_text(page(rows))
    with (out / "parameters.csv").open("w") as file:
        file.write("case,parameter,relative_gap\n")
        for row in rows:
            for name, apart in sorted(row.without_differences.parameters.items()):
                file.write(f"{row.case['name']},{name},{apart:.2e}\n")


def page(rows: list[Row]) -> str:
    """The table with what a reader must know of it, and what each case claims."""
    claims = "".join(f"- `{row.case['name']}`: {row.case['claim']}\n" for row in rows)
    return f"""# The same losses and gradients as TRL

`bash benchmarks/oracle`: TRL 1.16 GRPOTrainer and RLOOTrainer, TRL 1.12 PPOTrainer, each in one step of its own
`train()`, and ours, on the same weights, answers and marks, in fp32. Same means: loss and advantages within
{LOSS_GAP:g}, the gradient of every parameter and of all together within {GRADIENT_GAP:g} of its norm.

Differences on purpose are told in `docs/differences.json`. Where one is named, exactly it was taken out of ours, and
the last column says how far apart the two sides are with it.

{table(rows)}
What each case holds against the peer:

{claims}"""


def summary(row: Row) -> dict[str, Any]:
    """What goes to result.json."""
    shown = ("name", "claim", "peer", "algo", "columns", "settings", "batch", "differences")
    return {key: row.case[key] for key in shown} | {
        "same": row.equal,
        "loss": {"ours": row.ours, "theirs": row.theirs},
        "gap": numbers(row.without_differences),
        "gap_as_it_is": numbers(row.as_it_is),
    }


def numbers(gap: Gap) -> dict[str, Any]:
    """The gap without its list of parameters, which has a file of its own."""
    return {name: value for name, value in asdict(gap).items() if name != "parameters"}


def record(folder: Path, cases: list[Json], models: dict[str, Weights]) -> None:
    """What the default suite replays: the marked cases with the peer's answers to them, and the weights."""
    FIXTURE.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in cases if case["recorded"]]
    used = {case["family"]: "ppo" in {c["peer"] for c in chosen if c["family"] == case["family"]} for case in chosen}
    layouts = {
        f"{model}/{family}": [(name, list(x.shape)) for name, x in sorted(models[family][kind].items())]
        for family, has_critic in used.items()
        for model, kind in (("policy", "old"), ("critic", "critic-old"))[: 1 + has_critic]
    }
    tensors = {
        f"weights/{family}/{kind}": flat(found, layouts[f"{'critic' if 'critic' in kind else 'policy'}/{family}"])
        for family, has_critic in used.items()
        for kind, found in models[family].items()
        if has_critic or "critic" not in kind
    }
    for case in chosen:
        theirs = load_file(folder / "peer" / f"{case['name']}.safetensors")
        for model in ("policy", "critic")[: 1 + (case["peer"] == "ppo")]:
            inside = {name.removeprefix(f"{model}/"): x for name, x in theirs.items() if name.startswith(f"{model}/")}
            tensors[f"peer/{case['name']}/{model}"] = flat(inside, layouts[f"{model}/{case['family']}"])
        for name in {"loss", "value_loss", "advantages"} & theirs.keys():
            tensors[f"peer/{case['name']}/{name}"] = theirs[name]
    save_file(tensors, FIXTURE / "oracle.safetensors")
    (FIXTURE / "oracle.safetensors").chmod(0o644)
    settings = {family: FAMILIES[family] for family in used}
    about = {"settings": settings, "layouts": layouts, "cases": chosen}
    (FIXTURE / "oracle.json").write_text(json.dumps(about) + "\n")


if __name__ == "__main__":
    main()
