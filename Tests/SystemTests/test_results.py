"""The line that script/test ends with: what it adds up, and when it is a failure."""

import subprocess
import sys

import pytest

from relay import REPOSITORY

SWIFT_TESTING = """<testsuites><testsuite>
<testcase classname="A" name="passes()" /><testcase classname="A" name="alsoPasses()" />
<testcase classname="A" name="fails()"><failure message="one"/><failure message="two"/></testcase>
<testcase classname="A" name="isOff()"><skipped>why</skipped></testcase>
</testsuite></testsuites>"""
ALL_PASS = '<testsuites><testsuite><testcase name="a" /><testcase name="b" /></testsuite></testsuites>'
XCTEST = """Test Case 'X.testA' started at 2026-01-01 00:00:00.000
Test Case 'X.testA' passed (0.003 seconds)
Test Case 'X.testB' started at 2026-01-01 00:00:00.000
Test Case 'X.testB' failed (0.003 seconds)
Test Case 'X.testC' started at 2026-01-01 00:00:00.000
Test Case 'X.testC' skipped (0.003 seconds)
Test Case 'X.testD' started at 2026-01-01 00:00:00.000
Fatal error"""
PYTEST_ERROR = '<testsuite><testcase name="a" /><testcase name="b"><error>x</error></testcase></testsuite>'


@pytest.mark.parametrize(
    "files, parts, last_line, exit_code",
    [
        (
            {
                "swift-swift-testing.xml": SWIFT_TESTING,
                "swift-test.log": XCTEST,
                "swift-test.exit": "1",
                "pytest.xml": ALL_PASS,
            },
            ["unit", "system"],
            "5 passed, 3 failed, 2 skipped",
            1,
        ),
        (
            {"swift-swift-testing.xml": ALL_PASS, "pytest.xml": ALL_PASS},
            ["lint", "unit", "system"],
            "4 passed, 0 failed",
            0,
        ),
        ({"pytest.xml": PYTEST_ERROR, "pytest.exit": "1"}, ["system"], "1 passed, 1 failed", 1),
        ({"pytest.xml": ALL_PASS}, ["unit", "system"], "2 passed, 1 failed", 1),
        ({"swift-swift-testing.xml": ALL_PASS}, ["unit", "system"], "2 passed, 1 failed", 1),
        ({"swift-swift-testing.xml": "<testsuites><testsuite>"}, ["unit"], "0 passed, 1 failed", 1),
        ({"swift-swift-testing.xml": ALL_PASS, "swift-test.exit": "124"}, ["unit"], "2 passed, 1 failed", 1),
        ({"failed-steps": "Build\n"}, ["lint", "unit", "system"], "0 passed, 1 failed", 1),
        ({"failed-steps": "Lint\n", "pytest.xml": ALL_PASS}, ["lint", "system"], "2 passed, 1 failed", 1),
        ({}, ["lint"], "0 passed, 0 failed", 0),
    ],
    ids=[
        "everything is added",
        "all is well",
        "an error is a failure",
        "Swift ran nothing",
        "pytest ran nothing",
        "half a file is nothing",
        "a runner was stopped",
        "the build failed",
        "lint failed",
        "lint alone",
    ],
)
def test_last_line(tmp_path, files, parts, last_line, exit_code):
    """One plain line, and an exit code that is 0 only if nothing failed."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, REPOSITORY / "script/lib/results.py", tmp_path, *parts], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == last_line
    assert done.returncode == exit_code, done.stderr
