"""Libraries that a user adds to the kernels, as docs/kernels.md says."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import Volumes
from tests.container.running_container import Container

COMMONS = "org.apache.commons:commons-lang3:3.17.0"
REVERSE = 'org.apache.commons.lang3.StringUtils.reverse("abc")'
MAKE_JAR = """
mkdir --parents /tmp/six && cd /tmp/six
echo 'package six; public class Six { public static int value() { return 6; } }' >Six.java
javac -d classes Six.java && jar --create --file /data/six.jar -C classes .
"""
MAKE_ENVIRONMENT = """
python -m venv ~/mine && ~/mine/bin/pip install --quiet ipykernel cowsay==6.1
~/mine/bin/python -m ipykernel install --user --name mine
"""
MOO, ODD = (
    'import cowsay\ncowsay.get_output_string("cow", "moo")',
    'import isOdd from "is-odd"\nisOdd(3)',
)

# What docs/kernels.md says of adding a library: the kernel, what a terminal is told before, and a
# cell that uses it.
LIBRARIES = {
    "Python, pip": ("python3", "pip install --quiet cowsay==6.1", MOO, "moo"),
    "Python, an environment": ("mine", MAKE_ENVIRONMENT, MOO, "moo"),
    "TypeScript, npm": ("tslab", "npm install --silent is-odd@3.0.1", ODD, "true"),
    "JavaScript, npm": ("jslab", "npm install --silent is-odd@3.0.1", ODD, "true"),
    "Java, Maven": ("java", "", f"%maven {COMMONS}\n{REVERSE}", "cba"),
    "Java, a jar": ("java", MAKE_JAR, "%classpath /data/six.jar\nsix.Six.value() * 7", "42"),
    "Scala, $ivy": ("scala", "", f"import $ivy.`{COMMONS}`\n{REVERSE}", "cba"),
    "Scala, using": ("scala", "", f"//> using dep {COMMONS}\n{REVERSE}", "cba"),
    "Go, a module": (
        "gophernotes",
        "",
        (
            "%get github.com/google/uuid@v1.6.0\nimport "
            '"github.com/google/uuid"\nlen(uuid.New().String())'
        ),
        "36",
    ),
    "C++, a header": (
        "xcpp17",
        (
            "mkdir --parents ~/include && echo 'inline int answer() { return 42; "
            "}' >~/include/answer.h"
        ),
        "%include ~/include\n#include <answer.h>\nanswer()",
        "42",
    ),
}


@pytest.fixture(scope="module")
def workshop(module_container: Containers, module_volume: Volumes) -> Container:
    """One that gets libraries, and a kernel of the user's own."""
    return module_container(volumes={module_volume(1234, 1234): "/data"}).wait_ready()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "command", "code", "shown"), LIBRARIES.values(), ids=LIBRARIES)
def test_a_user_can_add_a_library(
    workshop: Container, name: str, command: str, code: str, shown: str
) -> None:
    if name != "mine":
        workshop.client().require_kernel(name)
    if command:
        done = workshop.client().terminal(command, 300)
        assert done.exit_code == 0, done
    cell = workshop.run_cell(code, name, 300)
    assert cell.status == "ok", cell
    assert shown in cell.text, cell
