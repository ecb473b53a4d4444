"""Go: what notebooks of gonb write, and what is Go's all the same."""

import pytest

from tests.container.containers import Containers
from tests.container.engine import CHECKOUT
from tests.container.kernel_messages import bundles, kind, text_of
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
    ('%ls\nstrings.ToUpper("no import")', "ok", "NO IMPORT"),
    ("%%bash\nif [[ a < b ]]; then echo from bash; fi", "ok", "from bash\n"),
    ("%%writefile -a /data/written.txt\ntwo $words", "ok", ""),
    ("!cat written.txt", "ok", "two $words\n"),
    ('%capture /data/captured.txt\nfmt.Print("seen")', "ok", "seen"),
    ("!cat captured.txt; \\\n echo .", "ok", "seen.\n"),
    ('var size = flag.Int("size", 1, "")\n%% --size 7\n*size', "ok", "7"),
    ('var size = flag.Int("size", 1, "")\n%% --size 8\n*size', "ok", "8"),
    ("func TestTwice(t *testing.T) { t.Log(twice(4)) }\n%test", "ok", "--- PASS: TestTwice"),
    ('func TestBad(t *testing.T) { t.Fatal("bad") }\n%test', "error", "--- FAIL: TestBad"),
    ("%exec hello a\nfunc hello() { fmt.Println(os.Args[1:]) }", "ok", "[a]\n"),
    ("%rm twice\ntwice(4)", "error", "undefined: twice"),
    ('import "github.com/janpfeifer/gonb/gonbui/widgets"', "error", "connection from the page"),
)

# gonb's own package, on our displays.
GONBUI = """import "github.com/janpfeifer/gonb/gonbui"
%%
gonbui.DisplayMarkdown("**x**")
gonbui.UpdateHTML("a", "old")
gonbui.UpdateHTML("a", "new")
gonbui.DisplayImage(image.NewGray(image.Rect(0, 0, 2, 2)))
gonbui.RequestInput("pin", true)
var pin int
fmt.Scan(&pin)
fmt.Println("got", pin)
"""


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


def test_cells_of_gonbui_show_and_ask(lab: Container) -> None:
    with lab.client().kernel("gophernotes") as kernel:
        request = kernel.begin(GONBUI, allow_stdin=True)
        seen = []
        for message in kernel.messages(request):
            seen.append(message)
            if kind(message) == "input_request":
                assert message["content"] == {"prompt": "pin", "password": True}
                kernel.answer("42")
    shown = [set(data) - {"text/plain"} for data in bundles(seen, "display_data")]
    assert shown == [{"text/markdown"}, {"text/html"}, {"image/png"}]
    assert bundles(seen, "update_display_data")[0]["text/html"] == "new"
    assert text_of(seen) == "got 42\n"


def test_gophernotes_that_cannot_be_had_ends_the_build_with_a_line(lab: Container) -> None:
    build = lab.exec(["sh", "-c", INSTALL])
    assert build.exit_code == 1
    assert "GO_KERNEL" in build.stderr.splitlines()[-1]
    assert "GOPROXY" in build.stderr.splitlines()[-1]


def test_an_unknown_go_kernel_is_refused(lab: Container) -> None:
    wrong = lab.exec(["sh", "-c", "GO_KERNEL=yaegi /installers/go/install packages"])
    assert wrong.exit_code == 1
    assert "yaegi" in wrong.stderr
