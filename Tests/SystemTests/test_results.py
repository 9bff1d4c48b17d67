"""What script/test ends with: which tests failed and why, what it adds up, and when it is a failure."""

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
    done = results(tmp_path, files, parts)
    assert done.stdout.splitlines()[-1] == last_line
    assert done.returncode == exit_code, done.stderr


def test_failed_tests_are_named(tmp_path):
    """The end of the output says which tests of which runner failed, what they said and where, before the totals."""
    done = results(
        tmp_path,
        {
            "swift-swift-testing.xml": """<testsuites><testsuite>
<testcase classname="A.B" name="fails()"><failure message="one&#10;and more"/><failure message="two"/></testcase>
<testcase classname="A.B" name="passes()" />
</testsuite></testsuites>""",
            "swift-test.log": """Test Case 'X.testB' started at 2026-01-01 00:00:00.000
noise
X.swift:3: error: X.testB : not equal
Test Case 'X.testB' failed (0.003 seconds)
✘ Test fails() recorded an issue at B.swift:9:2: one
✔ Test passes() passed after 0.001 seconds.
✘ Test fails() failed after 0.001 seconds with 2 issues.
""",
            "swift-test.exit": "1",
            "pytest.xml": """<testsuite>
<testcase classname="test_a" name="test_b"><failure message="assert 1 == 2">E assert
test_a.py:7: AssertionError</failure></testcase>
</testsuite>""",
            "pytest.exit": "1",
        },
        ["unit", "system"],
    )
    assert done.stdout.splitlines() == [
        "",
        "swift test: failed A.B.fails()",
        "    one",
        "    and more",
        "    two",
        "swift test: failed X.testB",
        "    X.swift:3: error: X.testB : not equal",
        "swift test: from its log",
        "    ✘ Test fails() recorded an issue at B.swift:9:2: one",
        "    ✘ Test fails() failed after 0.001 seconds with 2 issues.",
        "pytest: failed test_a.test_b",
        "    test_a.py:7: AssertionError",
        "    assert 1 == 2",
        "swift test: 1 passed, 2 failed",
        "pytest: 0 passed, 1 failed",
        "1 passed, 3 failed",
    ]


def test_a_crash_is_told(tmp_path):
    """A process that died leaves no XML: its last words come from the log."""
    log = "◇ Test crashes() started.\nSources/A.swift:4: Fatal error: Index out of range\nstack of many lines\n"
    done = results(tmp_path, {"swift-test.log": log, "swift-test.exit": "1"}, ["unit"])
    assert done.stdout.splitlines() == [
        "",
        "swift test: from its log",
        "    Sources/A.swift:4: Fatal error: Index out of range",
        "swift test: 0 passed, 0 failed",
        "failed: swift test ran nothing",
        "0 passed, 1 failed",
    ]


def test_what_is_told_is_bounded(tmp_path):
    """Many failures, long messages and long lines do not push the totals out of what people see."""
    said = "&#10;".join(f"{number} " + "x" * 1000 for number in range(30))
    cases = "".join(f'<testcase name="t{number}"><error message="{said}" /></testcase>' for number in range(25))
    files = {
        "swift-swift-testing.xml": f"<testsuite>{cases}</testsuite>",
        "swift-test.log": "✘ Test t() recorded an issue\n" * 50,
    }
    lines = results(tmp_path, files, ["unit"]).stdout.splitlines()
    assert [line for line in lines if "failed t" in line] == [f"swift test: failed t{number}" for number in range(20)]
    assert "swift test: … and 5 more that failed" in lines
    assert lines.count("    … 18 more lines") == 20
    assert lines.count("    ✘ Test t() recorded an issue") == 40
    assert lines.count("    … 10 more lines") == 1
    assert max(map(len, lines)) < 410
    assert lines[-1] == "0 passed, 25 failed"


def results(folder, files, parts):
    for name, text in files.items():
        (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, REPOSITORY / "script/lib/results.py", folder, *parts], capture_output=True, text=True
    )
