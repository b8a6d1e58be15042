"""``homeschool story``: make the runs that are missing, tell what they show, write it down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from homeschool import __version__
from homeschool.comparison.records import Record
from homeschool.comparison.runner import carry_out
from homeschool.errors import DataError
from homeschool.files import write_atomically
from homeschool.messages import story as say
from homeschool.messages.sentence import LANGUAGES, in_language
from homeschool.story.chapters import expectations, front_page, lines, page, page_name, pictures, title
from homeschool.story.children import UPBRINGINGS
from homeschool.story.figures import Figures, as_json, figures_of, from_json
from homeschool.story.foreword import foreword, left_out
from homeschool.story.plan import StoryConfig, build_story, write_recipes
from homeschool.story.predictions import answers
from homeschool.story.rungs import CHAPTERS, RUNGS, rungs_of
from homeschool.story.table import Book, as_csv, plain
from homeschool.train.loop import Reporter


@dataclass(frozen=True)
class StoryResult:
    """What is known after this call: every rung and child with a finished run, whoever made it."""

    folder: Path
    book: Book


def story(config: StoryConfig, reporter: Reporter) -> StoryResult:
    """Make the runs of ``config`` that are not there yet, and tell what all runs in the folder show.

    Raises as :func:`~homeschool.story.plan.build_story` and :func:`~homeschool.comparison.runner.carry_out` do.
    """
    plan = build_story(config)
    if plan.runs:
        for line in foreword(config, plan):
            reporter.note(line)
        write_recipes(plan.out)
        carry_out(plan, reporter)
    book = read_book(plan.out)
    if book:
        write_pages(plan.out, book)
    for line in told(config, plan.out, book):
        reporter.note(line)
    return StoryResult(plan.out, book)


def read_book(out: Path) -> dict[tuple[str, str], Figures]:
    """The figures of every rung and child that have a finished run in ``out``."""
    book = {}
    for (rung, child), records in groupby(records_of(out), lambda record: (record.arm, record.task)):
        found = figures_of(rung, child, list(records))
        if found:
            book[rung, child] = found
    return book


def records_of(out: Path) -> Iterator[Record]:
    """Every run in ``out``, finished or not: by rung, then by child, then by seed."""
    for rung in RUNGS:
        for child in UPBRINGINGS:
            folders = sorted((out / "runs" / child / rung).glob("seed-*"), key=lambda path: int(path.name[5:]))
            yield from (Record(child, rung, int(path.name[5:]), path) for path in folders)


def told(config: StoryConfig, out: Path, book: Book) -> list[str]:
    """What is said in the end: the chapter that was asked for, or the whole table."""
    if config.chapter:
        failed = _failures(out, {rung.name for rung in rungs_of(config.chapter)})
        return [*lines(config.chapter, book), *failed, *left_out(config.chapter), "", say.WRITTEN(folder=out)]
    contents = [title(number) for number in CHAPTERS]
    if not book:
        return [*contents, *_failures(out, {*RUNGS}), say.NOTHING_YET(folder=out)]
    remark = [say.ONE_SEED()] if all(one.seeds == 1 for one in book.values()) else []
    return [
        *contents,
        *plain(book),
        "",
        say.LEGEND(),
        *remark,
        *_failures(out, {*RUNGS}),
        *expectations(book),
        say.WRITTEN(folder=out),
    ]


def _failures(out: Path, rungs: set[str]) -> list[str]:
    """Why runs that were begun are not there to be shown."""
    return [
        say.NOT_FINISHED(
            rung=say.RUNGS[record.arm](),
            child=say.CHILDREN[record.task](),
            seed=record.seed,
            reason=f"{record.failure.status}: {record.failure.reason}",
        )
        for record in records_of(out)
        if record.arm in rungs and record.failure.reason
    ]


def write_pages(out: Path, book: Book) -> None:
    """story.json, story.csv, and in both languages a front page with the table and a page for each chapter."""
    write_atomically(out / "story.json", json.dumps(as_result(book), indent=2, ensure_ascii=False) + "\n")
    write_atomically(out / "story.csv", as_csv(book))
    write_chapters(out / "pages", book)


def write_chapters(pages: Path, book: Book) -> None:
    """A front page and a page for each chapter with their pictures, in a folder for each language."""
    for language in LANGUAGES:
        with in_language(language):
            for name, picture in pictures(book).items():
                write_atomically(pages / language / "story" / name, picture)
            write_atomically(pages / language / "story" / "README.md", front_page(book))
            for number in CHAPTERS:
                write_atomically(pages / language / "story" / f"{page_name(number)}.md", page(number, book))


def as_result(book: Book) -> dict[str, Any]:
    """All figures and predictions, for programs; :func:`read_result` reads them back."""
    return {
        "homeschool": __version__,
        "figures": [as_json(figures) for figures in book.values()],
        "predictions": answers(book),
    }


def read_result(path: Path) -> dict[tuple[str, str], Figures]:
    """The figures of a story.json. DataError where it is none."""
    try:
        figures = [from_json(plain_one) for plain_one in json.loads(path.read_text(encoding="utf-8"))["figures"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(say.NO_RESULT(path=path, error=error)) from error
    return {(one.rung, one.child): one for one in figures}
