"""The template tags, without a database."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from tenantry.core.errors import Refusal, Remedy
from tenantry.web.templatetags.components import HUES, hue, initials
from tenantry.web.times import worded, zone_of

LOAD = "{% load components forms lists %}"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")


def rendered(source: str, /, path: str = "/people", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template(LOAD + source).render(Context({"request": request, **context}))


class Person(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the door")
    email = forms.EmailField(label="E-mail")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    role = forms.ChoiceField(label="Role", choices=[("a", "Owner"), ("b", "Member")], widget=forms.RadioSelect)
    tell = forms.BooleanField(label="Tell them", required=False)


# --- Person and status ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maren Holt", "MH"),
        ("Cher", "C"),
        ("Ana María de la Cruz", "AC"),
        ("hanna@example.org", "H"),
        ("  ", "?"),
        ("", "?"),
        ("🎉 Party", "P"),
        ("Őrsike Łuczak", "ŐŁ"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_hue_stays_with_the_id() -> None:
    key = UUID(int=7)
    assert hue(key) == hue(str(key)) == hue(UUID(int=7))
    assert {hue(UUID(int=number)) for number in range(200)} == {f"h{number}c" for number in range(HUES)}


def test_avatar_shows_initials_of_a_person() -> None:
    person = SimpleNamespace(id=UUID(int=1), name="Idris Bell")
    html = rendered("{% avatar person %}", person=person)
    assert html == f'<span class="avatar avatar-sm {hue(person.id)}" aria-hidden="true">IB</span>'


def test_avatar_shows_a_picture_and_escapes_its_address() -> None:
    html = rendered('{% avatar name="A B" picture=url size="xl" %}', url='/x"><script>')
    assert html.startswith('<img class="avatar avatar-xl" src="/x&quot;&gt;&lt;script&gt;" alt=""')


@pytest.mark.parametrize(
    ("code", "html"),
    [
        ("active", '<span class="t-st">Active</span>'),
        ("invited", '<span class="t-st wait">Pending</span>'),
        ("expired", '<span class="t-st bad">Expired</span>'),
        ("removed", '<span class="t-st off">Removed</span>'),
        ("<b>", '<span class="t-st off">&lt;b&gt;</span>'),
    ],
)
def test_status(code: str, html: str) -> None:
    assert rendered("{% status code %}", code=code) == html


def test_status_takes_other_words_and_shape() -> None:
    assert rendered('{% status "active" "Until 30 Nov" tone="wait" %}') == '<span class="t-st wait">Until 30 Nov</span>'


def test_icon_is_decoration_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in rendered('{% icon "key" %}')
    assert 'role="img" aria-label="Owner &amp; more"' in rendered('{% icon "key" label %}', label="Owner & more")


# --- Meter -----------------------------------------------------------------------------------


def test_meter_draws_used_and_held_parts() -> None:
    html = rendered('{% meter 46 50 hold=3 ticks=100 label="Seats" name="side" %}')
    assert '<rect width="86.00%" height="100%"/><rect class="hold" x="86.00%" width="6.00%" height="100%"/>' in html
    assert '<pattern id="tick-side" width="0.020000" height="1">' in html
    assert 'fill="url(#tick-side)"' in html
    assert 'aria-label="Seats"' in html


@pytest.mark.parametrize(
    ("used", "limit", "css"),
    [
        (79, 100, "t-meter"),
        (80, 100, "t-meter near"),
        (100, 100, "t-meter full"),
        (120, 100, "t-meter full"),
        (0, 0, "t-meter full"),
    ],
)
def test_meter_warns(used: int, limit: int, css: str) -> None:
    assert f'class="{css}"' in rendered("{% meter used limit %}", used=used, limit=limit)


def test_meter_has_an_id_of_its_own_each_time() -> None:
    assert rendered("{% meter 1 5 ticks=100 %}") != rendered("{% meter 1 5 ticks=100 %}")


def test_ticks_end_where_they_would_be_hairlines() -> None:
    seats = SimpleNamespace(in_use=70, limit=80, active=70, pending=0)
    assert "<pattern" in rendered("{% seat_meter seats %}", seats=seats)
    assert "<pattern" not in rendered("{% seat_meter seats narrow=True %}", seats=seats)


def test_meter_without_a_limit_draws_nothing() -> None:
    assert rendered("{% meter 5 limit %}", limit=None) == ""


def test_seat_meter_never_warns_before_the_last_seat() -> None:
    seats = SimpleNamespace(in_use=49, limit=50, active=46, pending=3)
    html = rendered("{% seat_meter seats %}", seats=seats)
    assert 'class="t-meter"' in html
    assert "49 of 50 seats in use, 3 of them pending" in html


def test_seat_meter_does_not_show_pending_people_who_hold_no_seat() -> None:
    seats = SimpleNamespace(in_use=46, limit=50, active=46, pending=3)
    assert "0 of them pending" in rendered("{% seat_meter seats %}", seats=seats)


# --- Time and numbers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (NOW - timedelta(seconds=5), "just now"),
        (NOW - timedelta(minutes=12), "12 min ago"),
        (NOW - timedelta(hours=2), "2 h ago"),
        (NOW - timedelta(hours=9), "Today, 04:00"),
        (NOW - timedelta(hours=14), "Yesterday"),
        (NOW - timedelta(days=30), "22 Oct"),
        (NOW - timedelta(days=400), "17 Oct 2025"),
        (NOW + timedelta(minutes=5), "in 5 min"),
        (NOW + timedelta(hours=3), "in 3 h"),
        (NOW + timedelta(days=1), "Tomorrow"),
        (NOW + timedelta(days=5), "in 5 days"),
        (NOW + timedelta(days=30), "21 Dec"),
        (date(2026, 11, 20), "Yesterday"),
    ],
)
def test_relative_time(value: datetime | date, words: str) -> None:
    assert worded(value, now=NOW, zone=OSLO) == words


def test_day_follows_the_organization_not_utc() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert worded(late, now=NOW, zone=OSLO) == "Today, 00:30"
    assert worded(late, now=NOW, zone=UTC) == "Yesterday"


@pytest.mark.parametrize(
    ("style", "words"), [("date", "21 Nov"), ("time", "13:00"), ("full", "21 November 2026, 13:00 CET")]
)
def test_time_styles(style: str, words: str) -> None:
    assert worded(NOW, now=NOW, zone=OSLO, style=style) == words


def test_when_gives_a_time_element_in_the_organizations_zone() -> None:
    organization = SimpleNamespace(time_zone="Europe/Oslo")
    html = rendered('{% when value "time" %}', value=NOW, organization=organization)
    assert html == ('<time datetime="2026-11-21T12:00:00+00:00" title="21 November 2026, 13:00 CET">13:00</time>')


def test_dates_are_written_in_the_persons_language() -> None:
    with translation.override("de"):
        assert worded(NOW - timedelta(days=30), now=NOW, zone=OSLO) == "22. Oktober"


def test_when_without_a_value() -> None:
    assert rendered('{% when value empty="Pending" %}', value=None) == '<span class="text-secondary">Pending</span>'


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", None])
def test_unknown_time_zone_is_utc(name: str | None) -> None:
    assert str(zone_of(SimpleNamespace(time_zone=name))) == "UTC"


def test_numbers_are_grouped_and_counted() -> None:
    assert rendered("{{ 12804|num }} {{ none|num }}", none=None) == "12,804 –"
    assert rendered('{% counted 1 "people" %}, {% counted 12804 "people" %}') == "1 person, 12,804 people"
    assert rendered('{% counted 10000 "people" over=True %}') == "more than 10,000 people"


# --- Blocks ----------------------------------------------------------------------------------


def test_effects_take_keys_and_attributes() -> None:
    lines = [
        {"number": 1318, "text": "records stay", "detail": "<deals>"},
        SimpleNamespace(number=4, text="deals close", warning=True, url="/x", url_label="Hand over", detail=""),
    ]
    html = rendered("{% effects lines %}", lines=lines)
    assert "<b>1,318</b>" in html
    assert "&lt;deals&gt;" in html
    assert '<li class="warn"><b>4</b>' in html
    assert '<a href="/x">Hand over</a>' in html


def test_blocks_escape_their_titles() -> None:
    html = rendered("{% blocker title %}<a href='/x'>Settle</a>{% endblocker %}", title="<script>")
    assert "&lt;script&gt;" in html
    assert "<a href='/x'>Settle</a>" in html


def test_empty_state_has_a_heading_and_an_action() -> None:
    html = rendered('{% empty "No teams" art="people" text="Make one" %}<a class="btn" href="/x">New</a>{% endempty %}')
    assert '<h2 class="h1 mb-2">No teams</h2><p class="text-secondary">Make one</p>' in html
    assert '<div class="t-acts"><a class="btn" href="/x">New</a></div>' in html
    assert '<svg class="art"' in html


def test_dialog_is_labelled_and_closes() -> None:
    html = rendered('{% dialog "Sure?" "sure" %}x{% enddialog %}')
    assert '<dialog class="t-dlg" id="sure" aria-labelledby="sure-title">' in html
    assert 'command="close" commandfor="sure" aria-label="Close"' in html


def test_menu_makes_a_usable_id_of_any_key() -> None:
    html = rendered('{% menu key "Actions" small=True %}x{% endmenu %}', key=UUID(int=3))
    assert f'popovertarget="menu-{UUID(int=3)}"' in html
    assert f'id="menu-{UUID(int=3)}" popover' in html


# --- Forms -----------------------------------------------------------------------------------


def test_field_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    form = Person({"name": "Maren", "email": '"><b>'})
    html = rendered("{% field form.email hint='We write there' %}", form=form)
    assert 'value="&quot;&gt;&lt;b&gt;"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_email-error id_email-hint"' in html
    assert '<div class="t-err mt-1" id="id_email-error">Enter a valid email address.</div>' in html
    assert '<div class="form-hint mt-1" id="id_email-hint">We write there</div>' in html


def test_first_wrong_field_takes_the_focus_and_no_other() -> None:
    html = rendered("{% fields form %}", form=Person({"name": "Maren"}))
    assert html.count("autofocus") == 1
    assert "autofocus" in html[html.index('name="email"') : html.index('name="note"')]


def test_field_without_error_describes_itself_by_its_hint_only() -> None:
    html = rendered("{% field form.name %}", form=Person())
    assert 'aria-describedby="id_name-hint"' in html
    assert "invalid" not in html


def test_optional_fields_say_so() -> None:
    html = rendered("{% field form.note %}{% field form.name %}", form=Person())
    assert html.count("optional") == 1
    assert "<textarea" in html


def test_password_can_be_revealed_but_is_never_sent_back() -> None:
    html = rendered("{% field form.password %}", form=Person({"password": "correct horse"}))
    assert "correct horse" not in html
    assert 'data-reveal="id_password" aria-pressed="false" hidden' in html


def test_choices_become_cards_with_sentences() -> None:
    html = rendered(
        "{% field form.role descriptions=told %}", form=Person({"role": "b"}), told={"a": "Holds the <keys>"}
    )
    assert "<legend" in html
    assert "<strong>Owner</strong><small>Holds the &lt;keys&gt;</small>" in html
    assert html.count(" checked") == 1
    assert 'value="b" id="id_role_1" checked' in html


def test_switch_is_a_check_box_with_a_role() -> None:
    assert 'role="switch"' in rendered("{% field form.tell switch=True %}", form=Person())


class Full(Refusal):
    sentence = "All seats are in use."
    remedies = (Remedy("Guide", "help_page"), Remedy("Nowhere", "no_such_page"))


def test_form_errors_name_the_ways_out_that_exist() -> None:
    form = Person({})
    form.refusal = Full()  # type: ignore[attr-defined]
    form.add_error(None, str(Full()))
    html = rendered("{% form_errors form %}", form=form)
    assert 'role="alert"' in html
    assert "All seats are in use." in html
    assert 'href="/help">Guide</a>' in html
    assert "Nowhere" not in html


def test_every_form_carries_its_organization() -> None:
    organization = SimpleNamespace(id=UUID(int=9))
    html = rendered("{% form_tokens %}", organization=organization, csrf_token="abc")
    assert html == (
        '<input type="hidden" name="csrfmiddlewaretoken" value="abc">'
        f'<input type="hidden" name="_organization" value="{UUID(int=9)}">'
    )
    assert rendered("{% form_tokens %}") == ""


# --- Lists -----------------------------------------------------------------------------------

FILTERED = "/people?q=a%26b&role=x&role=y&cursor=zzz"


def test_query_keeps_the_other_parameters_and_drops_the_cursor() -> None:
    assert rendered('{% query sort="name" %}', FILTERED) == "?q=a%26b&amp;role=x&amp;role=y&amp;sort=name"
    assert rendered("{% query role=none %}", FILTERED, none=None) == "?q=a%26b"
    assert rendered("{% query role=some %}", "/people", some=["x", "y"]) == "?role=x&amp;role=y"


@pytest.mark.parametrize(
    ("current", "html"),
    [
        ("", '<th scope="col"><a href="?sort=name">Name</a></th>'),
        ("name", '<th scope="col" aria-sort="ascending"><a href="?sort=-name">Name'),
        ("-name", '<th scope="col" aria-sort="descending"><a href="?sort=name">Name'),
    ],
)
def test_sort_header(current: str, html: str) -> None:
    assert html in rendered('{% sort_header "name" "Name" current %}', current=current)


def test_sort_header_may_begin_with_the_newest() -> None:
    assert 'href="?sort=-seen"' in rendered('{% sort_header "seen" "Seen" "name" first="descending" %}')


def test_pager_links_both_ways_and_keeps_the_filter() -> None:
    page = SimpleNamespace(previous="p1", next="n1")
    html = rendered('{% pager page "48 people" %}', FILTERED, page=page)
    assert 'rel="prev" href="?q=a%26b&amp;role=x&amp;role=y&amp;cursor=p1"' in html
    assert 'rel="next" href="?q=a%26b&amp;role=x&amp;role=y&amp;cursor=n1"' in html
    assert "zzz" not in html


def test_pager_at_the_ends() -> None:
    html = rendered("{% pager page %}", page=SimpleNamespace(previous=None, next="n1"))
    assert html.count('aria-disabled="true"') == 1
    assert "<nav" not in rendered("{% pager page %}", page=SimpleNamespace(previous=None, next=None))


def test_filter_menu_shows_what_is_chosen() -> None:
    html = rendered('{% filter_menu "role" "Role" options %}', FILTERED, options=[("x", "Owner"), ("z", "Member")])
    assert 'class="t-chip on"' in html
    assert "data-filter-chosen>Owner</span>" in html
    assert html.count(" checked") == 1
    assert 'href="?q=a%26b"' in html


def test_filter_on_takes_all_its_parameters_off() -> None:
    html = rendered('{% filter_on "Role" "two" "role" "q" %}', FILTERED)
    assert 'href="?"' in html


def test_search_box_keeps_and_escapes_the_words() -> None:
    html = rendered('{% search_box "Name" %}', "/people?q=%22%3E%3Cscript%3E")
    assert 'value="&quot;&gt;&lt;script&gt;"' in html


def test_hidden_query_carries_the_other_parameters() -> None:
    html = rendered('{% hidden_query "q" %}', FILTERED)
    assert html.count("<input") == 2
    assert "zzz" not in html


def test_tabs_mark_the_present_page() -> None:
    html = rendered(
        '{% tabs "Parts" %}{% tab "A" "/people" count=12804 %}{% tab "B" "/b" %}{% tab "C" "" %}{% endtabs %}'
    )
    assert html.count('aria-current="page"') == 1
    assert html.count("<li") == 2
    assert "12,804" in html


def test_dialog_link_works_without_htmx() -> None:
    assert rendered("{% dialog_link url %}", url="/x?a=1&b=2").startswith(
        'href="/x?a=1&amp;b=2" hx-get="/x?a=1&amp;b=2"'
    )
