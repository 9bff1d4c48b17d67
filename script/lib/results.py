"""Adds up what the runners of script/test left behind, and prints one plain last line: N passed, N failed.

Usage: results.py FOLDER PART...

A step that could not do its work counts as one failure: one named in FOLDER/failed-steps, a runner that ran no test,
and a runner that failed though none of its tests did (a crash, the time limit).
"""

import dataclasses
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


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


def count_xml(path):
    """The test cases of a JUnit file, as pytest and Swift Testing write it; none where there is no whole file."""
    count = Count()
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return count
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed += 1
        elif case.find("skipped") is not None:
            count.skipped += 1
        else:
            count.passed += 1
    return count


def count_xctest(path):
    """The test cases that XCTest printed. One that started and never ended (a crash) has failed."""
    outcome = {}
    for line in read(path).splitlines():
        match = re.match(r"Test Case '(.+)' (started|passed|failed|skipped)\b", line)
        if match:
            outcome[match[1]] = match[2]
    outcomes = list(outcome.values())
    skipped, passed = outcomes.count("skipped"), outcomes.count("passed")
    return Count(passed, len(outcomes) - passed - skipped, skipped)


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def main(folder, parts):
    total = Count()
    failed_steps = read(folder / "failed-steps").split("\n")[:-1]

    def account(runner, count, exit_code):
        nonlocal total
        total += count
        print(f"{runner}: {count}")
        if count.passed + count.failed == 0:
            failed_steps.append(f"{runner} ran nothing")
        elif exit_code not in ("", "0") and count.failed == 0:
            failed_steps.append(f"{runner} ended with exit code {exit_code} though no test failed")

    print()
    built = "Build" not in failed_steps
    if "unit" in parts and built:
        count = count_xml(folder / "swift-swift-testing.xml") + count_xctest(folder / "swift-test.log")
        account("swift test", count, read(folder / "swift-test.exit").strip())
    if "system" in parts and built and "System tests" not in failed_steps:
        account("pytest", count_xml(folder / "pytest.xml"), read(folder / "pytest.exit").strip())

    for step in failed_steps:
        print(f"failed: {step}")
    total.failed += len(failed_steps)
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
