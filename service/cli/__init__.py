"""The command `palermo`: a table of commands, each loaded when it is used; nothing heavy is imported for `--help`.

Exit status: 0 done, 1 some documents failed or a check did, 2 bad usage.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click
from palermo.corpora.errors import PalermoError, UsageError

COMMANDS: dict[str, tuple[str, str]] = {
    "tag": ("tag", "Tag judgments and statutes: files, folders, globs, or - for standard input."),
    "predict": ("predict", "Predict labels for passages in the corpus format, one line each."),
    "evaluate": ("evaluate", "Score predictions against labelled passages, with a report."),
    "benchmark": ("benchmark", "Measure quality on public benchmarks, and speed."),
    "train": ("train", "Make a model from labelled passages; needs the extra [train]."),
    "calibrate": ("calibrate", "Fit the scores of a model anew on labelled passages; no training."),
    "retrain": ("retrain", "Go on from the model in use with corrected passages, and install the result."),
    "provisions": ("provisions", "Show the Convention and its Protocols as a tree."),
    "corpus": ("corpus", "Check, describe, compare, rebuild and export labelled passages."),
    "serve": ("serve", "Start the API and the pages."),
    "worker": ("worker", "Work on queued documents beside the service."),
    "backup": ("backup", "Copy the database and its documents into one file while the service runs."),
    "restore": ("restore", "Put a backup into an empty data folder."),
    "user": ("user", "Add, list and change the people who may log in to the service."),
    "token": ("token", "Add, list and revoke the tokens of programs."),
    "doctor": ("doctor", "Check that everything Palermo needs is here and works."),
}
"""Name -> module of this folder with a click command `command`, and the line that help shows."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they run, not when help lists them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table; the commands themselves stay unloaded."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="palermo", prog_name="palermo")
def group() -> None:
    """Say which provisions of the UN Convention against Transnational Organized Crime a judgment or statute applies."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error on purpose becomes one line on standard error."""
    try:
        status = group.main(args=arguments, prog_name="palermo", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = 2
    except PalermoError as error:
        complain(error)
        status = 2 if isinstance(error, UsageError) else 1
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("palermo: stopped", err=True)
        status = 130
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`); Python's own flush at exit would complain again.
        sys.stdout = None
        status = 0
    sys.exit(status if isinstance(status, int) else 0)


def complain(error: PalermoError, source: str | None = None) -> None:
    """One line on standard error: `palermo: FILE: message (hint)`."""
    shown: Any = type(error)(error.message, source=source or error.source, hint=error.hint)
    click.echo(f"palermo: {shown}", err=True)
