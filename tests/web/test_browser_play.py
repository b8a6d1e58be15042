"""The levels in a real browser: one is played from the guess to the pass, by pointer and by keyboard."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeschool.play.level import RealRun
from homeschool.play.levels import LEVELS
from homeschool.play.server import PlayServer
from homeschool.web import html

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not html.is_built(), reason="the page is not built"),
]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PlayServer]:
    made = PlayServer(tmp_path / "out")
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(5)


class Tab:
    """A page of the levels, with everything that it complained of or asked for."""

    def __init__(self, browser: Any, server: PlayServer, place: str = "", **options: Any) -> None:
        self.server = server
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda asked: self.requests.append(asked.url))
        self.page.goto(f"{server.url}#{place}")
        self.page.wait_for_selector("h1")

    def _heard(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.faults.append(said.text)

    def end(self) -> None:
        self.context.close()
        assert self.faults == []
        assert all(asked.startswith((self.server.url, "blob:")) for asked in self.requests)

    def guess(self) -> None:
        """Some guess: the first option of every question, and every line as it is drawn by one key."""
        for options in self.page.query_selector_all(".options"):
            options.query_selector("input").check()
        if self.page.query_selector(".canvas"):
            self.page.focus(".handle")
            self.page.keyboard.press("ArrowUp")
        if self.page.query_selector("[data-guess]"):
            self.page.click("[data-guess]")

    def settled(self) -> None:
        self.page.wait_for_selector(".outcome-area[aria-busy=false] .picture")


def test_a_level_is_played_from_prediction_to_pass(chromium: Any, server: PlayServer) -> None:
    tab = Tab(chromium, server)
    page = tab.page
    assert page.inner_text("h1") == "One rule for both"
    assert page.locator("input[name=bar]").is_disabled() and page.locator("[data-guess]").is_disabled()
    assert not any(asked.endswith("/play") for asked in tab.requests)
    box = page.locator(".canvas").bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 20)
    page.mouse.down()
    for share in (0.4, 0.6, 0.8, 0.98):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 16)
    page.mouse.up()
    page.click("[data-guess]")
    page.wait_for_selector(".canvas .truth")
    points = re.match(r"(\d+) of 100", page.inner_text(".guess-score"))
    assert points and int(points[1]) > 80
    tab.settled()
    assert page.locator("[data-passed]").count() == 0
    page.focus("input[name=bar]")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert page.inner_text(".knobs output") == "70"
    page.get_by_label("the strong child", exact=True).check(force=True)
    page.wait_for_selector("[data-passed]")
    assert page.locator(".levels .won").count() == 1
    page.get_by_text("Next: A line for each").click()
    page.wait_for_selector("h1:text-is('A line for each')")
    page.reload()
    page.wait_for_selector(".levels .won")
    with page.expect_download() as saved:
        page.click("[data-csv]")
    rows = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + len(LEVELS) and rows[2].startswith('"1","one_rule"') and '"true"' in rows[2]
    tab.end()


def test_answers_are_marked_by_hand(chromium: Any, server: PlayServer) -> None:
    from homeschool.play.meet import sheets

    tab = Tab(chromium, server, "page=level-0")
    for place, sheet in enumerate(sheets()):
        choice = 2 if sheet["argued"] else 0 if sheet["right"] else 1
        tab.page.locator(".sheet").nth(place).locator("input").nth(choice).check(force=True)
    tab.settled()
    assert tab.page.locator("[data-passed]").count() == 0
    for _ in range(3):
        tab.page.press("input[name=temperature]", "ArrowRight")
    tab.page.wait_for_selector("[data-passed]")
    assert tab.page.locator(".askedsheets > li").count() == 4
    tab.end()


@pytest.mark.parametrize(
    ("number", "choice", "name", "key", "times"),
    [
        (2, "quantile of the last exams", "quantile", "ArrowLeft", 10),
        (2, "best exam ever", "decay", "ArrowRight", 10),
        (3, "both of them", "layers", "ArrowLeft", 2),
        (6, "", "clip_low", "Home", 1),
        (6, "", "clip_high", "Home", 1),
    ],
)
def test_a_control_that_is_moved_changes_what_comes_out(
    chromium: Any, server: PlayServer, number: int, choice: str, name: str, key: str, times: int
) -> None:
    tab = Tab(chromium, server, f"page=level-{number}")
    page = tab.page
    assert page.locator(f"input[name={name}]").is_disabled()
    tab.guess()
    tab.settled()
    if choice:
        page.locator(".knobs").get_by_label(choice, exact=True).check(force=True)
        page.wait_for_timeout(200)
        tab.settled()
    before = page.inner_text(".facts")
    for _ in range(times):
        page.press(f"input[name={name}]", key)
    page.wait_for_function("before => document.querySelector('.facts').innerText !== before", arg=before)
    tab.end()


@pytest.mark.parametrize(
    ("number", "name", "setting", "value"),
    [
        (3, "layers", "rl.critic_layers", 1),
        (6, "clip_low", "rl.clip_low", 0.02),
        (6, "clip_high", "rl.clip_high", 0.02),
    ],
)
def test_a_real_run_is_asked_for_with_the_settings_of_the_page(
    chromium: Any, server: PlayServer, number: int, name: str, setting: str, value: float
) -> None:
    asked: list[RealRun] = []
    server.training.start = asked.append  # type: ignore[method-assign]
    tab = Tab(chromium, server, f"page=level-{number}")
    assert tab.page.locator("[data-train]").is_disabled()
    tab.guess()
    tab.settled()
    tab.page.press(f"input[name={name}]", "Home")
    tab.page.wait_for_timeout(300)
    tab.settled()
    with tab.page.expect_response(lambda answer: answer.url.endswith("/train")):
        tab.page.click("[data-train]")
    assert [run.settings[setting] for run in asked] == [value]
    tab.end()


def test_a_real_tutor_shows_what_it_explains_and_costs(chromium: Any, server: PlayServer) -> None:
    critic = {"parameters": 708_961, "bytes": 11_343_376, "seconds": 30.0}
    server.training.status = lambda: {  # type: ignore[method-assign]
        "state": "finished",
        "stage": "rl",
        "stages": ["rl"],
        "hash": "",
        "failure": "",
        "has_child": True,
        "step": 3,
        "steps": 3,
        "run": "rl-001",
        "scores": [0.1, 0.2, 0.3],
        "explained": [-0.1, 0.0, 0.2],
        "exam": {"before": None, "after": None, "difference": None, "seconds": 95.0, "critic": critic},
    }
    tab = Tab(chromium, server, "page=level-3")
    tab.guess()
    tab.settled()
    tab.page.wait_for_selector("[data-wage]")
    assert "708,961 parameters, 10.8 MiB, 30 of 95 seconds" in tab.page.inner_text("[data-wage]")
    assert tab.page.locator(".training .picture").count() == 2
    tab.end()


def test_a_search_finds_a_rule_that_can_be_taken_over(chromium: Any, server: PlayServer) -> None:
    tab = Tab(chromium, server, "page=level-7")
    tab.guess()
    tab.settled()
    tab.page.get_by_label("a search does").check(force=True)
    tab.page.wait_for_selector("[data-found]")
    found = tab.page.inner_text("[data-found]")
    assert (
        found.startswith('"""Found by a search of 5 terms."""') and tab.page.locator(".code[data-found]").count() == 1
    )
    assert tab.page.locator(".picture").count() == 2
    tab.page.click("[data-take]")
    tab.page.wait_for_selector("textarea.code")
    tab.settled()
    assert tab.page.input_value("textarea.code").strip() == found.strip()
    tab.end()


def test_the_last_level_is_played_from_prediction_to_pass(chromium: Any, server: PlayServer) -> None:
    tab = Tab(chromium, server, "page=level-8")
    page = tab.page
    assert page.inner_text("h1") == "Graduation"
    assert page.locator("input[name=group]").is_disabled() and page.locator("[data-train]").is_disabled()
    tab.guess()
    tab.settled()
    assert page.locator("[data-passed]").count() == 0
    page.get_by_label("every mark counts").check(force=True)
    for name, key, times in (("group", "ArrowLeft", 4), ("audits", "ArrowRight", 4)):
        for _ in range(times):
            page.press(f"input[name={name}]", key)
    page.wait_for_selector("[data-passed]")
    assert "real small model with this recipe" in page.inner_text("[data-train]")
    assert page.locator("[data-train]").is_enabled() and page.locator(".runs code").count() == 2
    tab.end()


def test_a_certificate_says_what_the_run_left(chromium: Any, server: PlayServer) -> None:
    """The server's word on a finished training, in the page: three ticks graduate, two do not."""
    mark = {"estimate": 0.5, "low": 0.4, "high": 0.6}
    told = {
        "state": "finished",
        "stage": "rl",
        "hash": "",
        "failure": "",
        "stages": ["rl"],
        "has_child": True,
        "step": 80,
        "steps": 80,
        "run": "rl-001",
        "scores": [0.1, 0.2],
        "run_hash": "",
        "exam": {"before": mark, "after": mark, "difference": {"estimate": 0.2, "low": 0.1, "high": 0.3}},
        "certificate": {"report": "runs/play/rl-001/report.html", "problems": 0, "chat": "homeschool chat x"},
    }
    server.training.status = lambda: told  # type: ignore[method-assign]
    tab = Tab(chromium, server, "page=level-8")
    tab.guess()
    tab.page.wait_for_selector("[data-graduated]")
    assert "runs/play/rl-001/report.html" in tab.page.inner_text(".certificate")
    told["certificate"] |= {"problems": 2}  # type: ignore[operator]
    tab.page.reload()
    tab.page.wait_for_selector(".certificate")
    assert tab.page.locator("[data-graduated]").count() == 0
    tab.end()


def test_a_rule_is_written_refused_run_and_shown_with_its_hash(chromium: Any, server: PlayServer) -> None:
    from hashlib import sha256

    tab = Tab(chromium, server, "page=level-7")
    page = tab.page
    assert page.locator(".code").is_disabled() and page.locator("[data-train]").is_disabled()
    tab.guess()
    tab.settled()
    tab.faults.clear()
    page.fill(".code", "import torch\n")
    page.click("[data-run]")
    page.wait_for_selector("[role=alert]")
    assert "torch, which is not in the standard library" in page.inner_text("[role=alert]")
    assert all("400" in fault for fault in tab.faults)
    tab.faults.clear()
    rule = 'def rule(attempt, history):\n    return attempt["score"]\n'
    page.fill(".code", rule)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-passed]")
    assert page.inner_text(".editor .hash code") == sha256(rule.encode()).hexdigest()[:16]
    tab.end()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_level_opens_in_its_language_without_a_mouse_on_a_phone(
    chromium: Any, server: PlayServer, language: str
) -> None:
    phone = {"width": 360, "height": 740}
    tab = Tab(chromium, server, f"page=level-1&lang={language}", viewport=phone)
    for level in LEVELS:
        tab.page.keyboard.press(str(level.number))
        tab.page.wait_for_selector(f'nav a[aria-current="page"][href*="level-{level.number}"]')
        tab.guess()
        tab.settled()
        tab.page.evaluate("document.activeElement.blur()")
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), level.name
        headings = tab.page.eval_on_selector_all("main :is(h1, h2, dt)", "all => all.map(one => one.textContent)")
        is_chinese = [bool(re.search(r"[\u4e00-\u9fff]", one)) for one in headings]
        assert all(is_chinese) if language == "zh" else not any(is_chinese)
    tab.end()


def test_without_storage_it_still_plays(chromium: Any, server: PlayServer) -> None:
    tab = Tab(chromium, server, "page=level-4")
    tab.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked') } })"
    )
    tab.page.reload()
    tab.page.wait_for_selector("h1")
    assert "keeps nothing" in tab.page.inner_text("footer.notes")
    tab.guess()
    tab.settled()
    tab.end()


def test_what_the_browser_kept_may_be_anything(chromium: Any, server: PlayServer) -> None:
    tab = Tab(chromium, server, "page=level-4")
    odd = {
        "mocks": {"guesses": {"tokens": 3}, "settings": {"group": "many", "out": "/"}, "passed": True},
        "nonsense": 1,
    }
    for kept in ("not json", "[1]", json.dumps(odd)):
        tab.page.evaluate("kept => localStorage.setItem('homeschool-play-1', kept)", kept)
        tab.page.reload()
        tab.page.wait_for_selector("h1")
    tab.settled()
    tab.end()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(chromium: Any, server: PlayServer, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: it comes with npm ci in web/")
    tab = Tab(chromium, server, f"page=level-1&theme={theme}", bypass_csp=True)
    tab.page.add_script_tag(content=AXE.read_text())
    found = []
    for number in (0, 1, 4, 7, 8):
        tab.page.evaluate("number => { location.hash = location.hash.replace(/level-\\d/, `level-${number}`) }", number)
        tab.page.wait_for_selector(f'nav a[aria-current="page"][href*="level-{number}"]')
        for is_guessed in (False, True):
            if is_guessed:
                tab.guess()
                tab.settled()
            result = tab.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            for fault in result["violations"]:
                if fault["impact"] in ("serious", "critical"):
                    found += [
                        f"{number}: {fault['id']}: {node['target']} {node['failureSummary']}" for node in fault["nodes"]
                    ]
    tab.context.close()
    assert not found, "\n".join(found[:12])
