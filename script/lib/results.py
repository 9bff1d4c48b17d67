"""Adds up what the runners of script/test left behind: which tests failed and what they said, what each runner
counted, and one plain last line: N passed, N failed.

Usage: results.py FOLDER PART...

A step that could not do its work counts as one failure: one named in FOLDER/failed-steps, a runner that ran no test,
and a runner that failed though none of its tests did (a crash, the time limit).
"""

import dataclasses
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

# The end of the output is what people see of a run elsewhere: enough to know what broke, and never a flood.
SHOWN_TESTS = 20
SHOWN_LINES_OF_A_TEST = 12
SHOWN_LINES_OF_THE_LOG = 40
SHOWN_CHARACTERS_OF_A_LINE = 400

# Where a test failed (which the XML does not say), and why a process ended before it could write any XML.
TELLING_LINE = re.compile(r"✘|.* recorded an issue|.*Fatal error:|.* unexpected signal")


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclasses.dataclass
class Result:
    """What one runner's tests came to: how many passed, and what each failed one said."""

    passed: int = 0
    skipped: int = 0
    failures: list[tuple[str, str]] = dataclasses.field(default_factory=list)  # name, message

    def __add__(self, other):
        return Result(self.passed + other.passed, self.skipped + other.skipped, self.failures + other.failures)

    @property
    def count(self):
        return Count(self.passed, len(self.failures), self.skipped)


def read_xml(path):
    """The test cases of a JUnit file, as pytest and Swift Testing write it; none where there is no whole file."""
    result = Result()
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return result
    for case in cases:
        complaints = case.findall("failure") + case.findall("error")
        if complaints:
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            result.failures.append((name, "\n".join(map(message, complaints))))
        elif case.find("skipped") is not None:
            result.skipped += 1
        else:
            result.passed += 1
    return result


def message(complaint):
    """What a `failure` or an `error` says. pytest's ends with where it was, on the last line of its text."""
    place = (complaint.text or "").strip().split("\n")[-1]
    return "\n".join(filter(None, (place, complaint.get("message"))))


def read_xctest(path):
    """The test cases that XCTest printed. One that started and never ended (a crash) has failed."""
    outcome, printed, running = {}, {}, None
    for line in read(path).splitlines():
        match = re.match(r"Test Case '(.+)' (started|passed|failed|skipped)\b", line)
        if match:
            name, state = match.groups()
            outcome[name] = state
            running = name if state == "started" else None
        elif running:
            printed.setdefault(running, []).append(line)
    result = Result()
    for name, end in outcome.items():
        if end == "passed":
            result.passed += 1
        elif end == "skipped":
            result.skipped += 1
        else:
            result.failures.append((name, "\n".join(from_first_error(printed.get(name, [])))))
    return result


def from_first_error(lines):
    """What a test printed, without what came before it failed."""
    return lines[next((at for at, line in enumerate(lines) if "error: " in line), 0) :]


def read(path):
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def tell(runner, failures, log=""):
    """Prints which tests failed, the first lines of what each said, and the log's own words of it."""
    for name, said in failures[:SHOWN_TESTS]:
        print(f"{runner}: failed {name}")
        tell_lines(said.splitlines(), SHOWN_LINES_OF_A_TEST)
    if len(failures) > SHOWN_TESTS:
        print(f"{runner}: … and {len(failures) - SHOWN_TESTS} more that failed")
    telling = [line for line in log.splitlines() if TELLING_LINE.match(line)]
    if telling:
        print(f"{runner}: from its log")
        tell_lines(telling, SHOWN_LINES_OF_THE_LOG)


def tell_lines(lines, limit):
    for line in lines[:limit]:
        cut = "…" if len(line) > SHOWN_CHARACTERS_OF_A_LINE else ""
        print(f"    {line[:SHOWN_CHARACTERS_OF_A_LINE]}{cut}")
    if len(lines) > limit:
        print(f"    … {len(lines) - limit} more lines")


def main(folder, parts):
    total = Count()
    failed_steps = read(folder / "failed-steps").split("\n")[:-1]
    counts = []

    def account(runner, result, exit_code, log=""):
        nonlocal total
        count = result.count
        total += count
        counts.append(f"{runner}: {count}")
        if count.passed + count.failed == 0:
            failed_steps.append(f"{runner} ran nothing")
        elif exit_code not in ("", "0") and count.failed == 0:
            failed_steps.append(f"{runner} ended with exit code {exit_code} though no test failed")
        tell(runner, result.failures, log if exit_code not in ("", "0") or result.failures else "")

    print()
    built = "Build" not in failed_steps
    if "unit" in parts and built:
        log = folder / "swift-test.log"
        result = read_xml(folder / "swift-swift-testing.xml") + read_xctest(log)
        account("swift test", result, read(folder / "swift-test.exit").strip(), read(log))
    if "system" in parts and built and "System tests" not in failed_steps:
        account("pytest", read_xml(folder / "pytest.xml"), read(folder / "pytest.exit").strip())

    for line in counts:
        print(line)
    for step in failed_steps:
        print(f"failed: {step}")
    total.failed += len(failed_steps)
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.stdout.reconfigure(errors="replace")  # a message that the terminal cannot show must not cost the count
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
