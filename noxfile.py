"""Every developer command: `nox --list` shows them, `nox` runs what a change must pass.

The sessions use the environment that nox itself is installed in, so they need no network:

    python3 -m venv .venv
    .venv/bin/pip install --upgrade pip
    .venv/bin/pip install -e '.[test,cluster]' --group dev
    .venv/bin/nox
"""

import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "complexity", "docs", "test"]


def run(session: nox.Session, tool: str, *arguments: str) -> None:
    """Runs a tool that is installed beside nox."""
    session.run(str(Path(sys.executable).with_name(tool)), *arguments)


def run_module(session: nox.Session, module: str, *arguments: str) -> None:
    session.run(sys.executable, "-m", module, *arguments)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting; `nox -s lint -- --fix` mends what can be mended."""
    run_module(session, "ruff", "check", *session.posargs, ".")
    run_module(session, "ruff", "format", *(() if session.posargs else ("--check",)), ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    run_module(session, "mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Check which package may import which."""
    run(session, "lint-imports")


@nox.session
def complexity(session: nox.Session) -> None:
    """Check that no function is too complex, comprehensions included."""
    run(session, "complexipy", "--failed", *(session.posargs or ("enrich",)))


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests on two processors; arguments go to pytest: `nox -s test -- tests/compare`."""
    run_module(session, "pytest", "-q", "-n", "2", *session.posargs)


@nox.session
def corpus(session: nox.Session) -> None:
    """Run the tests on real records, which lie beside the repository (ENRICH_CORPUS)."""
    run_module(
        session,
        "pytest",
        "-q",
        "-n",
        "2",
        "-m",
        "corpus and not long and not browser",
        *session.posargs,
    )


@nox.session
def coverage(session: nox.Session) -> None:
    """Check that the tests reach 96 % of the core; `-- whole` measures everything."""
    run_module(session, "tests.tools.coverage", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into build/docs; a broken link is an error."""
    run_module(session, "sphinx", "-q", "-W", "--keep-going", "-n", "docs", "build/docs")


@nox.session
def generate(session: nox.Session) -> None:
    """Write the generated parts of README.md and docs/, and the golden reports."""
    run_module(session, "tests.tools.docs")
    run_module(session, "tests.reports.test_formats")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and memory; `-- --help` shows the choices."""
    run_module(session, "tests.bench", *session.posargs)


@nox.session
def cells(session: nox.Session) -> None:
    """Measure the verdicts on hard cells, which lie beside the repository."""
    run_module(session, "tests.tools.cells", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the comparison on purpose and see whether the tests notice (an hour)."""
    run_module(session, "tests.tools.mutation", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed random bytes to the readers: `nox -s fuzz -- tables -max_total_time=600`."""
    target, *options = session.posargs or ["tables", "-max_total_time=60"]
    run_module(session, f"tests.fuzz.{target}", *options)


@nox.session
def package(session: nox.Session) -> None:
    """Build wheel and sdist, check what they contain, and run the wheel alone."""
    run_module(session, "tests.tools.package")
