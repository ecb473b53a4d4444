"""Go: what notebooks of gonb write, and what is Go's all the same."""

import pytest

from tests.container.containers import Containers
from tests.container.log_warnings import CLIENT_LEFT

pytestmark = pytest.mark.timeout(300)

# In this order: each cell, how it ends, and what it shows.
CELLS = (
    ("!echo from the shell\n!*pwd", "ok", "from the shell\n/data\n"),
    (
        'import "fmt"\nfunc main() { fmt.Println("main", twice(2)) }\nfunc twice(n int) int { return 2 * n }',
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


def test_cells_of_gonb_run(module_container: Containers) -> None:
    client = module_container(expect_warnings=CLIENT_LEFT).wait_ready().client()
    client.require_kernel("gophernotes")
    with client.kernel("gophernotes") as kernel:
        for code, status, shown in CELLS:
            cell = kernel.run(code)
            assert cell.status == status, (code, cell)
            assert shown in cell.text, (code, cell)
