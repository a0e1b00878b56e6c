"""Brings the search rows of some people up to what memberships, roles, teams and profiles say of them now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction

# Stands before what is no word. No name, address or question holds it: control characters are refused there.
MARK = "\x1f"
# Active, invited, deactivated, removed.
STATUS_TERMS = tuple(f"{MARK}={number}" for number in range(4))
LONGEST_TERM = 80
COLUMNS = "letters, until, status, seen, role, profile, department, unit, sort_name, says"
DAY_SECONDS = 86_400

# What the search row of `m` has to say. A letter's bit: 0 to 25 for a to z, 26 to 35 for digits, the others share.
_FRESH = """
SELECT m.organization_id, m.id, coalesce(words.letters, 0) AS letters,
  CASE WHEN m.status = 'invited' THEN m.invited_until END AS until,
  CASE m.status WHEN 'active' THEN 0 WHEN 'invited' THEN 1 WHEN 'deactivated' THEN 2 ELSE 3 END::smallint AS status,
  coalesce(floor(extract(epoch FROM m.last_sign_in_at) / 86400)::int, 0) AS seen,
  role.code AS role, profile.code AS profile, department.code AS department, unit.code AS unit, m.sort_name,
  m.search_text || coalesce(places.codes, '') || ' ' AS says
FROM people_membership m
LEFT JOIN people_searchvalue unit ON unit.organization_id = m.organization_id AND unit.id = m.unit_id
LEFT JOIN people_searchvalue department
  ON department.organization_id = m.organization_id AND department.id = m.department_id
LEFT JOIN LATERAL (
  SELECT v.code FROM access_assignment a
  JOIN people_searchvalue v ON v.organization_id = a.organization_id AND v.id = a.role_id
  WHERE a.organization_id = m.organization_id AND a.membership_id = m.id AND a.is_base
) AS role ON true
LEFT JOIN LATERAL (
  SELECT v.code FROM access_profileassignment a
  JOIN people_searchvalue v ON v.organization_id = a.organization_id AND v.id = a.profile_id
  WHERE a.organization_id = m.organization_id AND a.membership_id = m.id
) AS profile ON true
CROSS JOIN LATERAL (
  SELECT string_agg(code, '' ORDER BY code) AS codes FROM (
    SELECT DISTINCT ' ' || chr(31) || to_hex(v.code) AS code FROM (
      SELECT a.workspace_id AS value FROM access_assignment a
        WHERE a.organization_id = m.organization_id AND a.membership_id = m.id AND a.workspace_id IS NOT NULL
      UNION ALL SELECT t.team_id FROM people_teammember t
        WHERE t.organization_id = m.organization_id AND t.membership_id = m.id
    ) AS held JOIN people_searchvalue v ON v.organization_id = m.organization_id AND v.id = held.value
  ) AS coded
) AS places
CROSS JOIN LATERAL (
  SELECT bit_or(1::bigint << CASE WHEN n BETWEEN 97 AND 122 THEN n - 97 WHEN n BETWEEN 48 AND 57 THEN n - 22
    ELSE 36 + mod(n, 27) END) AS letters
  FROM (SELECT ascii(word) AS n FROM unnest(string_to_array(btrim(m.search_text, ' '), ' ')) AS w(word)) AS starts
  WHERE n <> 64
) AS words
"""
# The terms of the people in `moved`, each looked at by itself: OFFSET 0 keeps the planner from joining them apart.
_PARTS = "unnest(string_to_array(btrim(moved.says, ' '), ' ')) AS t(part)"
_IS_WORD = "left(part, 1) <> chr(31)"
_IS_NAME = "left(part, 1) NOT IN (chr(31), '@')"
_TOKENS = f"moved CROSS JOIN LATERAL (SELECT DISTINCT left(part, 80) AS term FROM {_PARTS} WHERE {_IS_WORD}) AS x"  # noqa: S608
_PREFIXES = f"""
moved CROSS JOIN LATERAL (
  SELECT DISTINCT left(part, k) AS term FROM {_PARTS} CROSS JOIN (VALUES (1), (2), (3), (4)) AS size(k)
    WHERE {_IS_NAME} AND length(part) >= k
  UNION ALL SELECT part FROM {_PARTS} WHERE left(part, 1) = chr(31)
  UNION ALL SELECT chr(31) || to_hex(code) FROM (
    VALUES (moved.role), (moved.profile), (moved.department), (moved.unit)
  ) AS held(code) WHERE code IS NOT NULL
  UNION ALL SELECT chr(31) || '=' || moved.status
  UNION ALL SELECT chr(31) || '~' || lpad(moved.seen::text, 5, '0')
) AS x
"""  # noqa: S608
_STARTS = f'SELECT DISTINCT left(part, k) COLLATE "C" AS term FROM {_PARTS} WHERE {_IS_NAME} AND length(part) >= k'  # noqa: S608
_LETTERS = f'SELECT DISTINCT left(part, 1) COLLATE "C" AS letter FROM {_PARTS} WHERE {_IS_NAME}'  # noqa: S608
# Two words; and a first letter with a value, because both lead to very many and few may have both. Nearly everybody is
# active, so that is left out.
_PAIRS = f"""
moved CROSS JOIN LATERAL (
  (SELECT a.term || ' ' || b.term AS term FROM (VALUES (1), (2)) AS size(k)
  CROSS JOIN LATERAL ({_STARTS}) AS a CROSS JOIN LATERAL ({_STARTS}) AS b WHERE a.term < b.term OFFSET 0)
  UNION ALL
  (SELECT letter || ' ' || chr(31) || held.code FROM ({_LETTERS}) AS l CROSS JOIN (
    VALUES (to_hex(moved.role)), (to_hex(moved.profile)), (to_hex(moved.department)), (to_hex(moved.unit)),
      (CASE WHEN moved.status <> 0 THEN '=' || moved.status END), ('~' || lpad(moved.seen::text, 5, '0'))
  ) AS held(code) WHERE held.code IS NOT NULL OFFSET 0)
) AS x
"""  # noqa: S608

_OF_MEMBERS = "organization_id = %(organization)s AND id = ANY(%(ids)s)"
_OF_LINKS = "organization_id = %(organization)s AND membership_id = ANY(%(ids)s)"
_GIVE_CODES = f"""
INSERT INTO people_searchvalue (organization_id, id, code)
SELECT %(organization)s, value, row_number() OVER () + (
  SELECT coalesce(max(code), 0) FROM people_searchvalue WHERE organization_id = %(organization)s
) FROM (
  SELECT unit_id AS value FROM people_membership WHERE {_OF_MEMBERS}
  UNION SELECT department_id FROM people_membership WHERE {_OF_MEMBERS}
  UNION SELECT CASE WHEN is_base THEN role_id ELSE workspace_id END FROM access_assignment WHERE {_OF_LINKS}
  UNION SELECT profile_id FROM access_profileassignment WHERE {_OF_LINKS}
  UNION SELECT team_id FROM people_teammember WHERE {_OF_LINKS}
) AS found WHERE value IS NOT NULL AND NOT EXISTS (
  SELECT FROM people_searchvalue v WHERE v.organization_id = %(organization)s AND v.id = found.value
)
"""  # noqa: S608


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in COLUMNS.split(", "))


def _delete(table: str, terms: str) -> str:
    """By a look for each row: right after a fill the planner does not know yet how long the lists are, and would go
    through all of them."""
    return f"""
DELETE FROM {table} WHERE organization_id = %(organization)s AND ctid = ANY(ARRAY(
  SELECT found.place FROM (SELECT moved.id, moved.sort_name, x.term FROM {terms}) AS old CROSS JOIN LATERAL (
    SELECT t.ctid AS place FROM {table} t
    WHERE t.organization_id = %(organization)s AND t.term = old.term AND t.sort_name = old.sort_name AND t.id = old.id
    OFFSET 0
  ) AS found
))
"""  # noqa: S608


def _insert(table: str, terms: str) -> str:
    return f"""
INSERT INTO {table} (organization_id, id, term, {COLUMNS})
SELECT organization_id, id, term, {COLUMNS} FROM {terms} ORDER BY term, sort_name
"""  # noqa: S608


_LEAVE = f"""
WITH moved AS MATERIALIZED (
  SELECT p.* FROM people_searchperson p LEFT JOIN LATERAL (
    {_FRESH} WHERE m.organization_id = %(organization)s AND m.id = p.id
  ) AS f ON true
  WHERE p.organization_id = %(organization)s AND p.id = ANY(%(ids)s)
    AND ({_of("f")}) IS DISTINCT FROM ({_of("p")})
), a AS ({_delete("people_searchtoken", _TOKENS)}), b AS ({_delete("people_searchprefix", _PREFIXES)}),
c AS ({_delete("people_searchpair", _PAIRS)})
DELETE FROM people_searchperson WHERE organization_id = %(organization)s AND id = ANY(ARRAY(SELECT id FROM moved))
"""  # noqa: S608
_COME = f"""
WITH moved AS (
  INSERT INTO people_searchperson (organization_id, id, {COLUMNS})
  {_FRESH} WHERE m.organization_id = %(organization)s AND m.id = ANY(%(ids)s)
  ON CONFLICT DO NOTHING RETURNING *
), a AS ({_insert("people_searchtoken", _TOKENS)}), b AS ({_insert("people_searchprefix", _PREFIXES)}),
c AS ({_insert("people_searchpair", _PAIRS)})
SELECT count(*) FROM moved
"""  # noqa: S608
# The planner can't know how few people `moved` holds nor, after a load, how long tables are: it would read them whole
# to find some rows.
_BY_INDEX = "SELECT " + ", ".join(
    f"set_config('enable_{way}', %(on)s, true)" for way in ("hashjoin", "mergejoin", "seqscan", "material")
)


def fold(ids: Sequence[UUID]) -> int:
    """Makes the search rows of these people of the open scope anew where they differ; how many did.

    The search state is locked: codes are given out by one at a time.
    """
    assert_in_transaction()
    asked: dict[str, Any] = {"organization": scope.organization_id(), "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_CODES, asked)
        cursor.execute(_BY_INDEX, {"on": "off"})
        cursor.execute(_LEAVE, asked)
        cursor.execute(_BY_INDEX, {"on": "on"})
        cursor.execute(_COME, asked)
        return int(cursor.fetchone()[0])
