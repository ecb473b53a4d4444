"""Go: what notebooks of gonb write, and what is Go's all the same."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT
from tests.container.log_warnings import CLIENT_LEFT
from tests.container.running_container import Container

pytestmark = pytest.mark.timeout(300)

# A Go that reaches no proxy, and a retry that does not wait between its tries.
INSTALL = """cp --recursive /installers/go /tmp/go
mkdir /tmp/tools /tmp/out
printf '#!/bin/sh\\nexit 1\\n' >/tmp/tools/go
printf '#!/bin/sh\\n' >/tmp/tools/sleep
chmod 755 /tmp/tools/*
cd /tmp/out
PATH=/tmp/tools:$PATH GO_KERNEL=gophernotes /tmp/go/install build"""

# In this order: each cell, how it ends, and what it shows.
CELLS = (
    ("!echo from the shell\n!*pwd", "ok", "from the shell\n/data\n"),
    (
        (
            'import "fmt"\nfunc main() { fmt.Println("main", twice(2)) }\nfunc twice(n int) int '
            "{ return 2 * n }"
        ),
        "ok",
        "main 4\n",
    ),
    ("twice(4)", "ok", "8"),
    ("type pair struct{ a, b int }\n%%\nfmt.Println(pair{1, 2})", "ok", "{1 2}\n"),
    ('%main --size 3\nimport "os"\nfmt.Println(os.Args[1:])', "ok", "[--size 3]\n"),
    ("ready := false", "ok", ""),
    ("!ready &&\n\ttrue", "ok", "true"),
    ("!exit 3", "error", "exit status 3"),
)


@pytest.fixture(scope="module")
def lab(module_container: Containers) -> Container:
    volumes = {
        str(CHECKOUT / "kernels"): "/installers:ro",
        str(CHECKOUT / "image/build"): "/mnt:ro",
    }
    return module_container(volumes=volumes, expect_warnings=CLIENT_LEFT).wait_ready()


def test_cells_of_gonb_run(lab: Container) -> None:
    client = lab.client()
    client.require_kernel("gophernotes")
    with client.kernel("gophernotes") as kernel:
        for code, status, shown in CELLS:
            cell = kernel.run(code)
            assert cell.status == status, (code, cell)
            assert shown in cell.text, (code, cell)


def test_gophernotes_that_cannot_be_had_ends_the_build_with_a_line(lab: Container) -> None:
    build = lab.exec(["sh", "-c", INSTALL])
    assert build.exit_code == 1
    assert "GO_KERNEL" in build.stderr.splitlines()[-1]
    assert "GOPROXY" in build.stderr.splitlines()[-1]


def test_an_unknown_go_kernel_is_refused(lab: Container) -> None:
    wrong = lab.exec(["sh", "-c", "GO_KERNEL=yaegi /installers/go/install packages"])
    assert wrong.exit_code == 1
    assert "yaegi" in wrong.stderr
