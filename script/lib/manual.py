"""Writes the manual pages of a program from what it says of itself: one of the program, one of each command.

Usage: manual.py PROGRAM VERSION FOLDER

The pages are man(7). The program is one of swift-argument-parser's, which describe themselves as JSON.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

# The day of a page is the release's, so that the same sources make the same bytes.
DAY = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
CONTROL = ("serve", "ingress", "egress")


def text(words):
    """As troff prints it: no character is a command."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    escaped = re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", escaped)
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in escaped.split("\n"))


def paragraphs(words):
    return "\n.PP\n".join(text(part.replace("\n", " ")) for part in words.split("\n\n") if part.strip())


def spelling(name):
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def argument(found):
    """The entry of one flag, option or argument."""
    value = f"\\fI{text(found.get('valueName', 'value'))}\\fR"
    if found["kind"] == "positional":
        head = value
    else:
        head = ", ".join(f"\\fB{text(spelling(name))}\\fR" for name in found["names"])
        head += f" {value}" if found["kind"] == "option" else ""
    words = " ".join(filter(None, (found.get("abstract"), found.get("discussion"))))
    if "defaultValue" in found and "(default:" not in words:
        words += f" (default: {found['defaultValue']})"
    return f".TP\n{head}\n{text(words.replace(chr(10), ' '))}"


def synopsis(names, found):
    words = f".B {text(' '.join(names))}"
    shown = [each for each in found.get("arguments", []) if each["shouldDisplay"]]
    if any(each["kind"] != "positional" for each in shown):
        words += "\n[\\fIoption\\fR]..."
    for each in (each for each in shown if each["kind"] == "positional"):
        value = f"\\fI{text(each['valueName'])}\\fR" + ("..." if each["isRepeating"] else "")
        words += f"\n[{value}]" if each["isOptional"] else f"\n{value}"
    return words


def options(found):
    """The options under the titles of their groups."""
    groups = {}
    for each in found.get("arguments", []):
        if each["shouldDisplay"]:
            groups.setdefault(each.get("sectionTitle", ""), []).append(argument(each))
    return "\n".join((f".SS {text(title)}\n" if title else "") + "\n".join(entries) for title, entries in groups.items())


def page(names, found, version):
    """One command's page, with its subcommands' within."""
    title = "-".join(names)
    parts = [
        f'.TH {title.upper().replace("-", chr(92) + "-")} 1 "{DAY}" "Hookwire {version}" "Hookwire"',
        f".SH NAME\n{text(title)} \\- {text(found['abstract'].rstrip('.'))}",
        f".SH SYNOPSIS\n{synopsis(names, found)}",
        f".SH DESCRIPTION\n{paragraphs(found['abstract'] + chr(10) * 2 + found.get('discussion', ''))}",
    ]
    children = [each for each in found.get("subcommands", []) if each["shouldDisplay"] and each["commandName"] != "help"]
    if len(names) == 1:
        entries = (f".TP\n\\fBhookwire\\-{text(each['commandName'])}\\fR(1)\n{text(each['abstract'])}" for each in children)
        parts.append(".SH COMMANDS\n" + "\n".join(entries))
    if shown := options(found):
        parts.append(f".SH OPTIONS\n{shown}")
    if len(names) > 1:
        for each in children:
            below = [*names, each["commandName"]]
            parts.append(
                f".SH {text(' '.join(below[1:]).upper())}\n{synopsis(below, each)}\n.PP\n"
                f"{paragraphs(each['abstract'] + chr(10) * 2 + each.get('discussion', ''))}\n{options(each)}"
            )
    if names[-1] in CONTROL:
        parts.append(
            ".SH ENVIRONMENT\nEvery option can be a variable: "
            ".B HOOKWIRE_PORT\nfor \\-\\-port. Of a secret, which has no option, a variable with _FILE at its end names "
            "a file.".replace(": .B", ":\n.B")
            + "\n.SH SIGNALS\n.TP\nTERM, INT\nThe node drains and exits with 0. A second one ends it at once.\n"
            ".TP\nHUP\nReads the certificate and the file of bots again."
        )
    return "\n".join(parts) + "\n"


def main(program, version, folder):
    described = subprocess.run([program, "--experimental-dump-help"], capture_output=True, text=True, check=True)
    command = json.loads(described.stdout)["command"]
    pages = {("hookwire",): command}
    for found in command["subcommands"]:
        if found["shouldDisplay"] and found["commandName"] != "help":
            pages["hookwire", found["commandName"]] = found
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for names, found in pages.items():
        (folder / f"{'-'.join(names)}.1").write_text(page(list(names), found, version))


if __name__ == "__main__":
    main(*sys.argv[1:])
