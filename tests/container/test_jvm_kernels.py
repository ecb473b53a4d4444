"""Java and Scala: what notebooks of JJava, IJava and almond write, and what could end the
kernel."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT
from tests.container.jvm_cells import UPSTREAM
from tests.container.kernel_client import Cell, Kernel
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container

PATIENCE_S = 120
pytestmark = pytest.mark.timeout(600)

# Dark points of a drawn letter: without a font, or the libraries that draw one, there is an error.
DRAWS = {
    "java": """var picture = new java.awt.image.BufferedImage(99, 33, 1);
picture.getGraphics().drawString("label", 9, 22);
int[] points = picture.getRGB(0, 0, 99, 33, null, 0, 99);
Arrays.stream(points).filter(point -> point != 0xff000000).count() > 20""",
    "scala": """val picture = java.awt.image.BufferedImage(99, 33, 1)
picture.getGraphics.drawString("label", 9, 22)
picture.getRGB(0, 0, 99, 33, null, 0, 99).count(_ != 0xff000000) > 20""",
}


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    return module_container(expect_warnings=CLIENT_LEFT).wait_ready()


@pytest.fixture(scope="module")
def java(lab: Container) -> Iterator[Kernel]:
    yield from start(lab, "java")


@pytest.fixture(scope="module")
def scala(lab: Container) -> Iterator[Kernel]:
    yield from start(lab, "scala")


def start(lab: Container, name: str) -> Iterator[Kernel]:
    lab.client().require_kernel(name)
    with lab.client().kernel(name) as kernel:
        yield kernel


def run(kernel: Kernel, code: str) -> Cell:
    return kernel.run(code, PATIENCE_S)


@pytest.mark.parametrize("words", UPSTREAM)
def test_a_cell_of_an_upstream_notebook(request: pytest.FixtureRequest, words: str) -> None:
    name, code, mime, wanted = UPSTREAM[words]
    cell = run(request.getfixturevalue(name), code)
    assert cell.status == "ok", cell
    assert any(wanted in str(data.get(mime)) for data in cell.results), cell


@pytest.mark.parametrize("name", DRAWS)
def test_text_is_drawn_without_a_screen(request: pytest.FixtureRequest, name: str) -> None:
    cell = run(request.getfixturevalue(name), DRAWS[name])
    assert "true" in cell.text, cell


def test_an_interrupt_between_two_statements_is_heard(lab: Container, java: Kernel) -> None:
    request = java.begin('int steps = 0;\nSystem.out.println("starts");\n' + "steps++;\n" * 2000)
    status = ""
    for message in java.messages(request, PATIENCE_S):
        if message["header"]["msg_type"] == "stream":
            lab.client().api("POST", f"/api/kernels/{java.id}/interrupt")
        status = message["content"].get("status", status)
    assert status == "error"
    assert run(java, "steps < 2000").text == "true"


def test_an_unfinished_statement_is_told_with_its_line(java: Kernel) -> None:
    cell = run(java, "int fine = 1;\nint f(int n) {\n  return n;")
    assert cell.status == "error"
    assert "line 2" in cell.text, cell


@pytest.mark.parametrize(
    ("code", "wanted"),
    {
        "import java.util.conc": "concurrent",
        "int x = 1;\nimport static java.la": "lang",
        "import java.util.": "List",
    }.items(),
)
def test_an_import_is_completed(java: Kernel, code: str, wanted: str) -> None:
    found = java.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert wanted in found["matches"], found
    assert found["cursor_start"] == code.rindex(".") + 1


def test_an_own_documentation_comment_is_shown(java: Kernel) -> None:
    run(java, "/** Twice the number.\n * @param n which */\nint twice(int n) { return 2 * n; }")
    found = java.ask(
        "inspect_request", {"code": "twice(", "cursor_pos": len("twice("), "detail_level": 0}
    )
    assert "Twice the number." in found["data"]["text/plain"], found
    assert "@param n which" in found["data"]["text/plain"], found


def test_a_failing_cell_hides_nothing_of_an_earlier_one(scala: Kernel) -> None:
    run(scala, "val hidden = 41")
    run(scala, "def unused = 0\nthrow RuntimeException()\nval hidden = 0")
    assert "42" in run(scala, "hidden + 1").text


def updates(kernel: Kernel, code: str) -> list[dict[str, Any]]:
    """What a cell shows anew in the place of something earlier."""
    messages = kernel.messages(kernel.begin(code), PATIENCE_S)
    return [
        message["content"]["data"]
        for message in messages
        if message["header"]["msg_type"] == "update_display_data"
    ]


def test_what_a_cell_has_shown_changes_later(scala: Kernel) -> None:
    assert run(scala, 'val sign = Html("old")').results == [{"text/html": "old"}]
    assert updates(scala, 'sign.withContent("new").update()') == [{"text/html": "new"}]
    assert updates(scala, "sign.clear()") == [{"text/html": ""}]
    assert len(run(scala, 'val once = Html("1")\nonce.display()').results) == 1
    shown = run(scala, "val asked = scala.concurrent.Promise[Int]()\nval later = asked.future")
    assert "not completed" in shown.text
    changed = updates(scala, "asked.success(42)")
    assert any(
        "later: scala.concurrent.Future[Int] = Future(Success(42))" in str(one) for one in changed
    )


def test_the_session_does_as_it_is_told(scala: Kernel) -> None:
    run(scala, "val printer = repl.pprinter(); repl.pprinter() = printer.copy(defaultHeight = 3)")
    assert "..." in run(scala, "(1 to 99).toList").text
    run(scala, 'repl.pprinter() = printer; repl.sess.save("before")')
    run(scala, "val gone = 1")
    run(scala, 'repl.sess.load("before")')
    assert "Not found: gone" in run(scala, "gone").error
    assert "true" in run(scala, 'repl.history.contains("val gone = 1")').text
    strict = run(scala, "//> using option -Werror -deprecation\n@deprecated def old = 1\nold")
    run(scala, "interp.preConfigureCompiler(ctx => ctx.setSetting(ctx.settings.Werror, false))")
    assert "deprecated" in strict.error, strict
    run(scala, 'kernel.handleExceptions { case _: ArithmeticException => print("told") }')
    assert run(scala, "1 / 0").stdout == "told"
    assert "ArithmeticException" in run(scala, "repl.lastException").text


def test_a_definition_may_come_further_down_in_its_cell(java: Kernel) -> None:
    cell = run(
        java, "sealed interface Way permits Road {}\nrecord Road(int width) implements Way {}"
    )
    assert not cell.stderr, cell
    assert "cannot be used yet" in run(java, "class Child extends Nowhere {}").stderr
    assert run(java, "new Road(3).width()").text == "3"


def test_what_a_cell_defined_before_its_error_stays(scala: Kernel) -> None:
    failing = """val late = "earlier"
throw Exception("ends the cell that has only set this")"""
    assert "ends the cell" in run(scala, failing).error
    failing = """val (first, second) = (1, 2); var third = 3
third += 1
def sum = first + second + third
class Holder(val held: Int)
val nothing = println("printed")
val number: Int = sys.error("in a value")
val late = 0"""
    cell = run(scala, failing)
    assert cell.stdout == "printed\n"
    assert "in a value" in cell.error, cell
    assert "77" in run(scala, "Holder(first + second + sum).held + 67").text
    assert "earlier" in run(scala, "late").text
    assert "Not found: number" in run(scala, "number").error
    run(scala, "third = 40; val number = 1")
    assert "44" in run(scala, "sum + number").text


def test_a_thread_that_a_cell_waits_for_sees_the_cells_values(scala: Kernel) -> None:
    code = """import scala.concurrent.*, ExecutionContext.Implicits.global, duration.*
val half = 21
Await.result(Future(2 * half), 30.seconds)"""
    cell = run(scala, code)
    assert cell.status == "ok", cell
    assert "Int = 42" in cell.text


def test_a_value_that_cannot_be_shown_stays(scala: Kernel) -> None:
    shown = run(scala, 'val odd = new Object { override def toString = sys.error("no text") }')
    assert "no text" in shown.error
    assert "true" in run(scala, "odd.getClass != null").text


def test_a_library_that_is_not_there_is_told_in_a_line(scala: Kernel) -> None:
    cell = run(scala, "import $file.nowhere.missing")
    assert cell.status == "error"
    assert "missing.sc" in cell.error, cell
    assert len(cell.error.splitlines()) == 1, cell


@pytest.mark.parametrize(
    ("code", "path"),
    {
        "import $cp.`/etc/passwd`": "/etc/passwd",
        "import $cp.`/etc/missing.jar`": "/etc/missing.jar",
        'interp.load.cp(java.nio.file.Path.of("/etc/passwd"))': "/etc/passwd",
        '//> using jar "/etc/passwd"': "/etc/passwd",
    }.items(),
)
def test_a_jar_that_is_none_costs_its_cell_alone(scala: Kernel, code: str, path: str) -> None:
    cell = run(scala, code)
    assert cell.status == "error"
    assert path in cell.error, cell
    assert "42" in run(scala, "6 * 7").text


def test_almond_is_asked_for_and_its_absence_has_a_reason(container: Containers) -> None:
    """With a Maven that finds nothing: what follows it needs almond's own artefacts."""
    volumes = {
        str(CHECKOUT / "kernels"): "/installers:ro",
        str(CHECKOUT / "image/build"): "/mnt:ro",
    }
    started = container(volumes=volumes, command=["sleep", "infinity"])
    started.output("sh", "-c", "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/mvn")
    started.output("chmod", "755", "/usr/local/bin/mvn")
    build = "mkdir /out && cd /out && SCALA_KERNEL={} /installers/scala/install build"
    started.output("sh", "-c", build.format("almond"))
    reason = started.output("cat", "/out/usr/local/share/labinit/missing-kernels/scala")
    assert "almond" in reason
    assert "MAVEN_MIRROR" in reason
    wrong = started.exec(["sh", "-c", "SCALA_KERNEL=ammonite /installers/scala/install packages"])
    assert wrong.exit_code == 1
    assert "ammonite" in wrong.stderr
