"""Components as template tags. Each takes plain values, knows no model and runs no query."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django import template
from django.core.paginator import Page
from django.http import QueryDict
from django.template import Context
from django.utils.formats import localize, number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from victimcare import clock
from victimcare.govuk import charts, dates

register = template.Library()

COLOURS = {"blue", "grey", "green", "amber", "red"}
SELECTED = " selected"
NUMBER = mark_safe(' class="desk-number"')


def component(name: str, **options: Any) -> Any:
    """Registers a tag drawn by its own template."""
    return register.inclusion_tag(f"components/{name}.html", name=name, **options)


def read(item: Any, name: str, default: Any = "") -> Any:
    """A value by name from a dict or an object."""
    return item.get(name, default) if isinstance(item, Mapping) else getattr(item, name, default)


# --- Words -----------------------------------------------------------------------------------------


@register.filter
def day(value: date | None) -> str:
    return dates.day(value)


@register.filter
def long_day(value: date | None) -> str:
    return dates.long_day(value)


@register.filter
def long_day_within(value: date | None) -> str:
    """The same day within a sentence."""
    return dates.long_day_within(value)


@register.filter
def moment(value: datetime | None) -> str:
    return dates.moment(value)


@register.filter(name="clock")
def clock_time(value: datetime | None) -> str:
    return dates.clock_time(value)


@register.filter
def ago(value: datetime) -> str:
    return dates.ago(value)


@register.filter
def duration(minutes: int | None) -> str:
    return dates.duration(minutes)


@register.filter
def number(value: Any) -> str:
    return "" if value in ("", None) else number_format(value, force_grouping=True)


@register.simple_tag
def tag(text: Any, colour: str = "blue") -> SafeString:
    """A word or two in a coloured box; the words carry the meaning."""
    chosen = {"amber": "yellow"}.get(colour, colour if colour in COLOURS else "blue")
    return format_html('<strong class="govuk-tag govuk-tag--{} desk-tag">{}</strong>', chosen, text)


@register.simple_tag
def select_options(choices: Iterable[tuple[Any, Any]], chosen: Any = None) -> SafeString:
    """The inside of a select box, from pairs of value and words. Drawn here: a page may have many boxes."""
    drawn = (
        f'<option value="{value}"{SELECTED if given == chosen else ""}>{words}</option>'
        for given, value, words in escaped(tuple((value, str(words)) for value, words in choices))
    )
    return mark_safe("".join(drawn))  # noqa: S308 - escaped


@lru_cache(maxsize=32)  # the boxes of one page have the same choices
def escaped(choices: tuple[tuple[Any, str], ...]) -> list[tuple[Any, SafeString, SafeString]]:
    """Each value as given, then value and words fit for a page."""
    return [(value, conditional_escape(value), conditional_escape(words)) for value, words in choices]


@register.simple_tag
def due_chip(due_on: date, today: date) -> SafeString:
    """When something is due, in words with the date."""
    words = dates.due(due_on, today)
    return format_html('<span class="desk-chip desk-chip--{}">{}</span>', words.tone, words.sentence)


# --- A person and what is owed ---------------------------------------------------------------------


@component("person_line")
def person_line(
    name: str, age: Any = "", pronouns: str = "", url: str = "", tags: Iterable[Any] = (), safe: str = ""
) -> dict[str, Any]:
    return {"name": name, "age": age, "pronouns": pronouns, "url": url, "tags": tags, "safe": safe}


@component("next_action")
def next_action(
    heading: str, body: Any = "", label: str = "", url: str = "", tone: str = "", steps: Iterable[Any] = ()
) -> dict[str, Any]:
    return {"heading": heading, "body": body, "label": label, "url": url, "tone": tone, "steps": steps}


@component("explain_date")
def explain_date(steps: Iterable[Any], label: str = "") -> dict[str, Any]:
    """How a date was counted, step by step; what was not counted stands in grey."""
    told = [step if isinstance(step, Mapping) or hasattr(step, "text") else {"text": step} for step in steps]
    return {"steps": told, "label": label}


@component("told_table")
def told_table(rows: Iterable[Any], caption: str = "") -> dict[str, Any]:
    return {"rows": rows, "caption": caption}


@component("summary_list")
def summary_list(rows: Iterable[Any]) -> dict[str, Any]:
    return {"rows": rows}


# --- What happened ---------------------------------------------------------------------------------


@component("timeline")
def timeline(items: Iterable[Any]) -> dict[str, Any]:
    """Newest first as given; entries the system made stand folded between those that people made."""
    runs = groupby(items, key=lambda item: bool(read(item, "is_system")))
    return {"runs": [{"is_system": is_system, "items": list(run)} for is_system, run in runs]}


@component("timeline_item")
def timeline_item(
    heading: str, when: Any = "", body: Any = "", by: str = "", url: str = "", is_failed: bool = False
) -> dict[str, Any]:
    exact = when.isoformat() if isinstance(when, date) else ""
    item = {"heading": heading, "body": body, "by": by, "url": url, "is_failed": is_failed}
    return item | {"when": said(when), "exact": exact}


def said(when: Any) -> Any:
    """A moment, a day, or words, in words."""
    if isinstance(when, datetime):
        return dates.moment(when)
    return dates.day(when) if isinstance(when, date) else when or ""


# --- Work ------------------------------------------------------------------------------------------


@component("work_group")
def work_group(heading: str, count: Any = "", tone: str = "", url: str = "") -> dict[str, Any]:
    """The heading of a group of work; with `url` it opens the list that it counts."""
    return {"heading": heading, "count": count, "tone": tone, "url": url}


ROW = (
    *("tone", "who", "url", "why", "explain", "explain_url", "how", "tag", "colour", "button"),
    *("details", "details_url", "note_for_me", "post", "select_name", "select_value"),
)


@component("work_row", takes_context=True)
def work_row(context: Context, row: Any) -> dict[str, Any]:
    """One thing to do: when, who, what, why, how, and the button that does it."""
    due_on = read(row, "due_on", None)
    words = dates.due(due_on, context.get("today") or clock.today()) if due_on else None
    values = {name: read(row, name) for name in ROW}
    return values | {
        "tone": values["tone"] or (words.tone if words else ""),
        "when": read(row, "when") or (words.lead if words else ""),
        "when_note": read(row, "when_note") or (words.note if words else ""),
        "sentence": read(row, "what"),
        "what": with_link(read(row, "what"), values["who"], values["url"]),
        "colour": values["colour"] or "blue",
    }


def with_link(sentence: str, who: str, url: str) -> Any:
    """The sentence with the person's name as a link."""
    before, found, after = sentence.partition(who) if who else (sentence, "", "")
    if not (found and url):
        return sentence
    return format_html('{}<a class="govuk-link" href="{}">{}</a>{}', before, url, found, after)


@component("task_list")
def task_list(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": items}


@component("capacity_meter")
def capacity_meter(label: str, booked: float, proposed: float = 0, text: str = "") -> dict[str, Any]:
    """How full someone's day is, in hundredths; `proposed` comes on top. `text` says it in other words."""
    filled = min(max(booked, 0), 100)
    return {
        "label": label,
        "text": text,
        "share": f"{round(booked + proposed)}%",
        "booked": filled,
        "proposed": min(max(proposed, 0), 100 - filled),
        "is_over": booked + proposed > 100,
    }


@component("post_button")
def post_button(label: str, url: str, name: str = "", value: Any = "", kind: str = "plain") -> dict[str, Any]:
    """A small form of one button, for an action that changes something."""
    return {"label": label, "url": url, "name": name, "value": value, "kind": kind}


@component("select_all")
def select_all(name: str, label: str = "") -> dict[str, Any]:
    return {"name": name, "label": label}


# --- Figures ---------------------------------------------------------------------------------------


@component("stat_tile")
def stat_tile(
    figure: Any, label: str, url: str, note: str = "", trend: Iterable[float] = ()
) -> dict[str, Any]:
    """A number that opens what it counts, with the line of its last months."""
    return {
        "figure": figure,
        "label": label,
        "url": url,
        "note": note,
        "spark": charts.spark(list(trend or ())),
    }


@component("bar_chart")
def bar_chart(title: str, rows: Iterable[Any], subtitle: str = "", **headings: str) -> dict[str, Any]:
    """Bars with their labels and figures beside them; `title` says the finding."""
    given = map(charts.as_row, rows)
    bars = [{name: read(row, name) for name in ("label", "value", "text", "tone", "url")} for row in given]
    for bar in bars:
        bar["text"] = bar["text"] or number(bar["value"])
    return charts.bars(bars) | named(title, subtitle, **headings)


@component("line_chart")
def line_chart(
    title: str,
    points: Iterable[tuple[str, float | None]],
    subtitle: str = "",
    unit: str = "",
    band: tuple[float, float] | None = None,
    centre: float | None = None,
    marks: Mapping[str, str] | None = None,
    gaps: Mapping[str, str] | None = None,
    **headings: str,
) -> dict[str, Any]:
    """A line with its last figure and its marked points in words; `band` is what is usual, `gaps` why none is there."""
    drawn = charts.line(list(points), unit=unit, band=band, centre=centre, marks=marks or {}, gaps=gaps or {})
    return drawn | named(title, subtitle, **headings)


def named(title: str, subtitle: str, of: str = "", value_heading: str = "") -> dict[str, str]:
    """What a chart is called, and the headings of its table."""
    about = {"title": title, "subtitle": subtitle, "id": charts.name(title)}
    return about | {"of": of, "value_heading": value_heading}


# --- Lists -----------------------------------------------------------------------------------------


def as_cell(column: Mapping[str, Any], cell: Any) -> SafeString:
    """One cell: its words, perhaps as a link or in a tone, with a tag and a note.

    Drawn here because a page has hundreds, and a template looks up every part of each.
    """
    given = cell if isinstance(cell, Mapping) else {"text": cell}
    drawn = localize(given.get("text", ""))
    if given.get("url"):
        drawn = format_html('<a class="govuk-link" href="{}">{}</a>', given["url"], drawn)
    elif given.get("tone"):
        drawn = format_html('<b class="desk-{}">{}</b>', given["tone"], drawn)
    if given.get("tag"):
        drawn = format_html("{} {}", drawn, tag(given["tag"], given.get("colour") or "blue"))
    if given.get("note"):
        drawn = format_html("{}<small>{}</small>", drawn, localize(given["note"]))
    number = NUMBER if column.get("is_number") else ""
    return format_html('<td data-label="{}"{}>{}</td>', column.get("label", ""), number, drawn)


@component("data_table", takes_context=True)
def data_table(
    context: Context,
    caption: str,
    columns: Iterable[Any],
    rows: Iterable[Iterable[Any]],
    is_caption_hidden: bool = False,
) -> dict[str, Any]:
    """A plain table that becomes labelled cards on a narrow screen."""
    heads = [column if isinstance(column, Mapping) else {"label": column} for column in columns]
    body = [[as_cell(head, cell) for head, cell in zip(heads, row, strict=True)] for row in rows]
    table = {"caption": caption, "columns": heads, "rows": body, "is_caption_hidden": is_caption_hidden}
    return table | {"request": context.get("request")}


def asked(context: Context) -> QueryDict:
    """The query string of this page, to change one part of it."""
    request = context.get("request")
    return request.GET.copy() if request else QueryDict(mutable=True)


def query(values: QueryDict, **changes: Any) -> str:
    """?page=2 and all that was asked already; None takes a part away."""
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return "?" + urlencode(sorted(values.lists()), doseq=True)


@component("sort_th", takes_context=True)
def sort_th(context: Context, label: str, key: str, is_number: bool = False) -> dict[str, Any]:
    """A column heading that sorts: once upwards, again downwards."""
    now = asked(context).get("sort", "")
    order = {key: "ascending", f"-{key}": "descending"}.get(now, "none")
    url = query(asked(context), sort=f"-{key}" if order == "ascending" else key, page=None)
    return {"label": label, "order": order, "url": url, "is_number": is_number}


@component("filter_tags")
def filter_tags(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": items}


@component("pagination", takes_context=True)
def pagination(context: Context, page: Page[Any]) -> dict[str, Any]:
    """Numbered pages, never more than nine links however long the list."""

    def url(n: int) -> str:
        return query(asked(context), page=n)

    paginator = page.paginator
    numbers = [
        {"n": n, "url": url(n) if isinstance(n, int) else "", "is_current": n == page.number}
        for n in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    return {
        "numbers": numbers if paginator.num_pages > 1 else [],
        "previous": url(page.previous_page_number()) if page.has_previous() else "",
        "next": url(page.next_page_number()) if page.has_next() else "",
        "start": page.start_index(),
        "end": page.end_index(),
        "total": paginator.count,
    }


@component("older_newer")
def older_newer(newer_url: str = "", older_url: str = "", summary: str = "") -> dict[str, Any]:
    return {"newer_url": newer_url, "older_url": older_url, "summary": summary}


@component("empty_state")
def empty_state(heading: str, body: str = "", url: str = "", label: str = "") -> dict[str, Any]:
    return {"heading": heading, "body": body, "url": url, "label": label}


@component("side_list")
def side_list(heading: str, items: Iterable[Any]) -> dict[str, Any]:
    return {"heading": heading, "items": items}


@component("notice")
def notice(text: Any, heading: str = "", tone: str = "") -> dict[str, Any]:
    return {"text": text, "heading": heading, "tone": tone}


# --- Forms -----------------------------------------------------------------------------------------


@component("error_summary")
def error_summary(form: Any, extra: Iterable[str] = ()) -> dict[str, Any]:
    """Everything wrong with a form or a formset, each line a link to the control to correct."""
    lines = [{"text": sentence, "href": ""} for sentence in extra]
    for each in getattr(form, "forms", None) or ([form] if form else []):
        lines += summary_lines(each)
    return {"lines": lines}


def summary_lines(form: Any) -> list[dict[str, str]]:
    if not form.is_bound:
        return []
    lines = [{"text": str(error), "href": ""} for error in form.non_field_errors()]
    for field in form:
        href = "" if field.is_hidden else f"#{field.first_id}"
        lines += [{"text": str(error), "href": href} for error in field.errors]
    return lines


@register.simple_tag(takes_context=True)
def put_back(context: Context, form: Any) -> str:
    """A draft that the door found, into a form nobody has answered yet. Draws nothing."""
    typed = getattr(context.get("request"), "typed_before", None)
    if typed and form is not None and hasattr(form, "put_back"):
        form.put_back(typed)
    return ""
