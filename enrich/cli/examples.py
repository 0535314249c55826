"""`enrich examples`: files to begin with, for cron, systemd and GitHub."""

import click


@click.command()
@click.argument("name", required=False)
def examples(name: str | None) -> None:
    """Print an example file: a crontab line, systemd units, a GitHub workflow.

    \b
    Examples:
      enrich examples                                   list them
      enrich examples crontab
      enrich examples enrich.timer > ~/.config/systemd/user/enrich.timer
    """
    from importlib.resources import files

    found = {file.name: file for file in files("enrich").joinpath("examples").iterdir()}
    if name is None:
        click.echo("\n".join(sorted(found)))
    elif name in found:
        click.echo(found[name].read_text(encoding="utf-8"), nl=False)
    else:
        raise click.BadParameter(f"there are: {', '.join(sorted(found))}", param_hint="NAME")
