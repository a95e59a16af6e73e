"""Webhooks: who wants to hear of what, and every delivery with what came of it.

Secrets are sealed by the instance's key; `former_secret` signs beside the new one until `former_until`. `patterns` and
`rooms` are lists ("booking.*,person.*", "3,7"; no rooms: all). What was told up to change `since` is not for the hook.
A `delivery` keeps the very bytes that are signed, until it has ended and been kept long enough; `claim` names the one
try that is under way until `claimed_until`.
"""

NUMBER = 9

STATEMENTS = (
    """CREATE TABLE hook (
        id {id}, public_id TEXT NOT NULL UNIQUE, url TEXT NOT NULL, patterns TEXT NOT NULL, dialect TEXT NOT NULL,
        rooms TEXT NOT NULL, person_id {int}, github {int} NOT NULL, secret TEXT NOT NULL, former_secret TEXT,
        former_until {int}, state TEXT NOT NULL, why TEXT NOT NULL, failing_since {int}, made_at {int} NOT NULL,
        made_by TEXT NOT NULL, since {int} NOT NULL, version {int} NOT NULL){strict}""",
    """CREATE TABLE delivery (
        id {id}, hook_id {int} NOT NULL REFERENCES hook (id), event TEXT NOT NULL, type TEXT NOT NULL,
        body TEXT NOT NULL, made_at {int} NOT NULL, next_at {int} NOT NULL, tries {int} NOT NULL, state TEXT NOT NULL,
        claim TEXT, claimed_until {int}, status {int}, error TEXT NOT NULL, ended_at {int},
        UNIQUE (hook_id, event)){strict}""",
    "CREATE INDEX delivery_waiting ON delivery (hook_id, next_at) WHERE state = 'waiting'",
    "CREATE INDEX delivery_claimed ON delivery (hook_id) WHERE claim IS NOT NULL",
    "CREATE INDEX delivery_parked ON delivery (hook_id) WHERE state = 'parked'",
    "CREATE INDEX delivery_hook ON delivery (hook_id, id)",
    "CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL",
)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()
