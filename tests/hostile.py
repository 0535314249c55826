"""Texts that would do something if anybody let them, by what they would do: one list for every outlet."""

# fmt: off
TEXTS = {
    "run as markup": (
        "<script>alert('x')</script>", "<img src=x onerror=alert(1)>", "]]></title><!--", '"><svg onload=alert(1)>', "</textarea><iframe src=//evil.example>", "&lt;script&gt;",
        "<a href='javascript:alert(1)'>x</a>", "' onmouseover='alert(1)", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    ),
    "lead away": (
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd",
        "//evil.example", "https://clinicaltrials.gov.evil.example/study/NCT90000001", "https://clinicaltrials.gov/study/x)[y](javascript:alert(1))", "https://user@evil.example/",
    ),
    "become Markdown": (
        "[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "`code`", "**bold**", "| cell | cell |", "@everyone", "owner/repo#12", "# heading", "- item", "1. item", "~~x~~",
        "<b>x</b>", "a\\", "```\nfence", "[x]: javascript:alert(1)", "<https://evil.example>", "www.evil.example",
    ),
    "become a formula": (
        '=cmd|"/c calc"!A0', "=1+1", "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "\t=1+1", "\n=1+1", "a;=1+1", '=HYPERLINK("http://evil.example","x")', "=WEBSERVICE(A1)",
    ),
    "steer a terminal": (
        "\x1b[31mred", "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x1b\\x", "\x9b2J", "\x90q\x9c", "\b\b\bback", "over\rwritten", "bell\x07", "line\nfeed", "\x7f", "\x85",
    ),
    "turn the reading": ("\u202eleft", "\u2066right", "\u200fmark", "\u061cmark", "line\u2028end", "\u2029end", "\ufeffmark", "\ufffe", "\u200bnothing", "e\u0301" * 50),
    "be taken for syntax": (
        "'; drop table trials; --", '" or ""="', "1); delete from runs; --", 'NEAR(a b) AND * OR ^"', "brief_title:value*", "%' escape '\\", "{{ 7 * 7 }}{% raw %}", "{# x",
        "%(x)s %s {0.__class__}", "?1 :name @x $y", '"', "AND", "*", "-x", "$(id)", "`id`", "${HOME}", "; rm -rf x",
    ),
    "reach for a file": ("../../etc/passwd", "/etc/passwd", "~/.ssh/id", "C:\\Windows\\x", "\\\\server\\share", "NCT00000001/../../x", "NUL", "CON.json", ".", "x" * 300),
    "wear out": ("9" * 5_000, "Very " * 2_000 + "long", "(" * 2_000, "1e400", "NaN"),
}
# fmt: on
ALL = tuple(text for texts in TEXTS.values() for text in texts)
