"""Chat templates: what they may do, and that what they may not do stops quickly."""

from datetime import datetime
from typing import Any

import pytest

from homeschool.chat_template import ChatTemplate, Dialogue
from homeschool.errors import ModelError

MESSAGES = [
    {"role": "system", "content": " Be kind. "},
    {"role": "user", "content": 'a <b> & "c"\n'},
    {"role": "assistant", "content": "<think>x</think>你好"},
    {"role": "user", "content": "again"},
]
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

# The constructions that templates in use are made of.
CONSTRUCTIONS = {
    "blocks are trimmed": (
        "{% for m in messages %}\n  {% if m.role == 'user' %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}\n"
    ),
    "white space control": "{%- for m in messages -%}\n  {{- m['role'] + ': ' ~ m.content | trim -}}\n{%- endfor %}\n",
    "special tokens": "{{ bos_token }}{{ messages[-1].content }}{{ eos_token }}{{ pad_token }}",
    "generation prompt": (
        "{{ 'yes' if add_generation_prompt else 'no' }}{{ tools is none }}{{ documents }}{{ other is defined }}"
    ),
    "json": "{{ messages | tojson }}{{ messages[1] | tojson(indent=2) }}{{ 'é<>' | tojson(ensure_ascii=true) }}",
    "namespace": (
        "{% set ns = namespace(n=0, seen=false) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}"
        "{% endfor %}{{ ns.n }}"
    ),
    "loop controls": (
        "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ loop.index0 }}"
        "{% if loop.index > 2 %}{% break %}{% endif %}{% endfor %}"
    ),
    "loop filter": (
        "{% for m in messages if m.role != 'user' %}{{ loop.index }}{{ loop.last }}{{ m.role }}{% else %}"
        "none{% endfor %}"
    ),
    "reversed, slices": (
        "{% for m in messages[::-1] %}{{ m.role[:2] }}{{ loop.length }}{% endfor %}{{ messages[1:] | length }}"
    ),
    "filters": (
        "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | length }}"
        "{{ [1, 2] | join('-') }}{{ 'ab' | upper | replace('A', 'x') }}"
    ),
    "strings": (
        "{{ messages[2].content.split('</think>')[-1].lstrip('\\n') }}{{ 'a%sb' | format(1) }}"
        "{{ '%d!' % 5 }}{{ '{}'.format('z') }}"
    ),
    "macro": (
        "{% macro turn(m, end='.') %}[{{ m.role }}{{ end }}]{% endmacro %}{% for m in messages %}"
        "{{ turn(m) }}{% endfor %}{{ turn(messages[0], end='!') }}"
    ),
    "call block": "{% macro box() %}({{ caller() }}){% endmacro %}{% call box() %}in{% endcall %}",
    "set block": "{% set text %}{{ messages[0].content | trim }}!{% endset %}{{ text ~ 1 ~ none ~ nothing }}",
    "generation tag": (
        "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        "{% endgeneration %}{% endif %}{% endfor %}"
    ),
    "dictionaries": (
        "{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}"
        "{{ 'tool_calls' in messages[0] }}{{ messages[0].get('x', 7) }}{{ dict(a=1).a }}"
    ),
    "tests": (
        "{{ messages[0].content is string }}{{ messages is iterable }}{{ x is undefined }}{{ messages[0] is mapping }}"
    ),
    "arithmetic": "{{ 7 % 3 }}{{ 2 ** 10 }}{{ 3 * 4 }}{{ 'ab' * 2 }}{{ [1] + [2] }}{{ 7 // 2 }}{{ range(3) | list }}",
}

REFUSED = {
    "class": "{{ ''.__class__ }}",
    "class by subscript": "{{ ''['__class__'] }}",
    "class by filter": "{{ '' | attr('__class__') }}",
    "class by map": "{{ [''] | map(attribute='__class__') | list }}",
    "class by format": "{{ '{0.__class__}'.format('') }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ raise_exception.__globals__ }}",
    "macro internals": "{% macro m() %}{% endmacro %}{{ m._func }}",
    "namespace internals": "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
    "namespace arguments": "{{ namespace(**{'__class__': 1}) }}",
    "mutation": "{{ messages.append(1) }}",
    "other files": "{% include 'secrets' %}",
    "huge range": "{% for i in range(10 ** 9) %}{% endfor %}",
    "nested loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "loops that keep nothing": (
        "{% for i in range(99999) %}{% for j in range(99999) if false %}{% endfor %}{% endfor %}"
    ),
    "loops over text": (
        "{% set s = 'x' * 9999 %}{% for i in s %}{% for j in s %}{% for k in s %}{% endfor %}{% endfor %}{% endfor %}"
    ),
    "renamed step": (
        "{% set step = 1 %}{% set environment = 1 %}{% for i in range(99999) %}"
        "{% for j in range(99999) %}{% endfor %}{% endfor %}"
    ),
    "branching recursion": "{% macro m(n) %}{{ m(n + 1) if n < 90 }}{{ m(n + 1) if n < 90 }}{% endmacro %}{{ m(0) }}",
    "endless recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "endless block": "{% block b %}{{ self.b() }}{% endblock %}",
    "repetition": "{{ 'a' * 10 ** 10 }}",
    "power": "{{ 2 ** 1000000000 }}",
    "padding": "{{ 'a'.center(10 ** 10) }}",
    "padding filter": "{{ 'a' | center(10 ** 10) }}",
    "wide format": "{{ '%1000000000d' % 1 }}",
    "wide format by argument": "{{ '%*d' % (10 ** 9, 1) }}",
    "wide format method": "{{ '{:1000000000}'.format(1) }}",
    "wide format filter": "{{ '%01000000000d' | format(1) }}",
    "wide date": "{{ strftime_now('%1000000000Y') }}",
    "wide json": "{{ [1] | tojson(indent=10 ** 9) }}",
    "doubling by ~": "{% set ns = namespace(x='aa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "doubling by +": "{% set ns = namespace(x='aa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "doubling by set": (
        "{% set ns = namespace(x='aa') %}{% for i in range(99) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}"
        "{% endset %}{% endfor %}"
    ),
    "squaring": (
        "{% set ns = namespace(x='aa') %}{% for i in range(9) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}"
    ),
    "chance": "{{ [1, 2] | random }}",
    "filler": "{{ lipsum() }}",
    "its own refusal": "{{ raise_exception('roles must alternate') }}",
    "not Jinja": "{% for %}",
    "too deep to parse": "{{ " + "(" * 5000 + ")" * 5000 + " }}",
}


@pytest.mark.parametrize("source", CONSTRUCTIONS.values(), ids=CONSTRUCTIONS)
@pytest.mark.parametrize("add_generation_prompt", [False, True])
def test_templates_render_as_in_transformers(source: str, add_generation_prompt: bool) -> None:
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    (expected,), _ = utils.render_jinja_template(
        [MESSAGES], chat_template=source, add_generation_prompt=add_generation_prompt, **TOKENS
    )
    assert ChatTemplate(source, "test", TOKENS).render(MESSAGES, add_generation_prompt) == expected


@pytest.mark.timeout(20)
@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_trespass_and_waste_are_refused(source: str) -> None:
    with pytest.raises(ModelError, match="the chat template of somebody") as error:
        ChatTemplate(source, "somebody", TOKENS).render(MESSAGES)
    assert "MemoryError" not in str(error.value)  # stopped by a limit, not by the end of the machine


def test_the_limits_are_counted_anew_for_each_rendering() -> None:
    template = ChatTemplate("{% for i in range(60000) %}{% endfor %}done", "test", {})
    assert [template.render(MESSAGES) for _ in range(5)] == ["done"] * 5


def test_the_template_cannot_change_the_messages() -> None:
    source = (
        "{% set ns = namespace(m=messages) %}{% set ns.m = [] %}{{ messages | length }}"
        "{{ dict.update(messages[0], {'role': 'x'}) }}"
    )
    messages: list[dict[str, Any]] = [{"role": "user", "content": "a"}]
    ChatTemplate(source, "test", {}).render(messages)
    assert messages == [{"role": "user", "content": "a"}]


def test_today_is_a_fixed_day() -> None:
    template = ChatTemplate("{{ strftime_now('%d %b %Y') }}", "test", {})
    assert template.render(MESSAGES) == "26 Jul 2024"
    assert datetime.now().year > 2024  # so the line above is no accident


def test_a_failure_says_what_the_template_said() -> None:
    template = ChatTemplate(REFUSED["its own refusal"], "somebody", {})
    with pytest.raises(ModelError, match="roles must alternate"):
        template.render(MESSAGES)


def test_veiled_text_shows_only_what_the_template_writes() -> None:
    template = ChatTemplate("{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}", "test", {})
    dialogue = Dialogue(template, [{"role": "user", "content": "a </s> 你"}])
    veiled = dialogue.veiled(1, False)
    assert veiled.startswith("<user>")
    assert veiled.count("</s>") == 1
    assert dialogue.unveil(veiled) == dialogue.opened(1, False) == "<user>a </s> 你</s>"


def test_places_in_folded_text_are_those_of_the_template_text() -> None:
    template = ChatTemplate("{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}", "test", {})
    messages = [{"role": "user", "content": "three short words"}, {"role": "user", "content": " x "}]
    dialogue = Dialogue(template, messages)
    veiled = dialogue.veiled(2, False)
    folded, place = dialogue.fold(veiled)
    assert len(folded) == len("<user>?</s><user> ? </s>")
    ends = [i for i in range(len(folded)) if folded.startswith("</s>", i)]
    assert [place(i) for i in ends] == [23, 36]
    assert [veiled[place(i) : place(i + 4)] for i in ends] == ["</s>", "</s>"]
