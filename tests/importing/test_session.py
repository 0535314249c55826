"""The recorded session of the first table is what the commands print today, word for word."""

from tests.tools.session import COMMANDS, SESSION, parts, record


def test_the_recorded_session_is_what_the_commands_print():
    recorded = SESSION.read_text(encoding="utf-8")
    assert record() == recorded, (
        "run `python -m tests.tools.session`, then `python -m tests.tools.docs`"
    )


def test_the_session_has_a_part_for_each_command():
    assert [*parts(SESSION.read_text(encoding="utf-8"))] == [*COMMANDS]
