"""What is asked of the kernels of JavaScript, Python, Racket and TypeScript."""

from tests.container.language import PNG, SVG, Language

PYTHON = Language(
    kernel="python3",
    name="python",
    extension=".py",
    hello='print("hello, world")',
    stderr='import sys; print("oops", file=sys.stderr)',
    value=("6 * 7", "42"),
    lines='for i in range(%d): print("line", i)',
    slow_lines='import time\nprint("first", flush=True)\ntime.sleep(3)\nprint("last")',
    fails='x = 1\nraise ValueError("boom")',
    fails_line=2,
    does_not_compile="import = 7q",
    loop='print("loops", flush=True)\nwhile True: pass',
    sleep='import time\nprint("loops", flush=True)\ntime.sleep(1000)',
    lock="""import threading
lock = threading.Lock()
lock.acquire()
print("loops", flush=True)
lock.acquire()""",
    reads='print("got", input("name? "))',
    complete=("1", "x = 5"),
    incomplete=("def f(x):", "x = [1,", "'''abc"),
    invalid=("import = 7q",),
    completes=("import math; math.sq", "sqrt"),
    inspects=("zip", "iterables"),
    between='print("between")',
    setup=f'from IPython.display import *\nimport base64\npng = base64.b64decode("{PNG}")',
    displays={
        "text/html": 'display(HTML("<b>x</b>"))',
        "text/markdown": 'display(Markdown("**x**"))',
        "text/latex": 'display(Latex("$x$"))',
        "image/svg+xml": f"display(SVG('{SVG}'))",
        "image/png": "display(Image(png))",
    },
    updates='h = display(HTML("old"), display_id=True)\nh.update(HTML("new"))',
    clears='print("old")\nclear_output()\nprint("new")',
    pages="zip?",
    repeats='print("TEXT" * COUNT, end="")',
    mixed="""import sys
for i in range(COUNT): print("o", i); print("e", i, file=sys.stderr)""",
    prints_bytes='import os\nlength = os.write(1, b"a\\xffb")',
    allocates='kept = []\nwhile True: kept.append(b"x" * (1 << 24))',
    exits="import os\nos._exit(3)",
    comment="#",
)


def _script(kernel: str, name: str, extension: str, allocates: str) -> Language:
    return Language(
        kernel=kernel,
        name=name,
        extension=extension,
        hello="console.log('hello, world')",
        stderr="console.error('oops')",
        value=("6 * 7", "42"),
        lines="for (let i = 0; i < %d; i++) console.log('line', i)",
        slow_lines="""console.log('first');
await new Promise(done => setTimeout(done, 3000));
console.log('last');""",
        fails="let x1 = 1;\nthrow new Error('boom');",
        fails_line=2,
        does_not_compile="let = )",
        loop="console.log('loops');\nwhile (true) {}",
        sleep="console.log('loops');\nawait new Promise(done => setTimeout(done, 1000000));",
        lock="""console.log('loops');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);""",
        reads="console.log('got', prompt('name? '))",
        complete=("1 + 2", "let y1 = 5"),
        incomplete=("function f() {", "let z1 = [1,", "`abc"),
        invalid=("let = )",),
        completes=("Math.ab", "abs"),
        inspects=("Math.abs", "abs"),
        between="console.log('between');",
        setup="import * as tslab from 'tslab';",
        displays={
            # As `const { html } = tslab.display` calls it: without its object.
            "text/html": "(0, tslab.display.html)('<b>x</b>');",
            "text/markdown": "tslab.display.markdown('**x**');",
            "text/latex": "tslab.display.latex('$x$');",
            "image/svg+xml": f"tslab.display.svg('{SVG}');",
            "image/png": f"tslab.display.png(Buffer.from('{PNG}', 'base64'));",
        },
        updates="const d1 = tslab.newDisplay();\nd1.html('old');\nd1.html('new');",
        clears="console.log('old');\ntslab.clearOutput();\nconsole.log('new');",
        repeats="process.stdout.write('TEXT'.repeat(COUNT));",
        mixed="""for (let i = 0; i < COUNT; i++) {
    console.log('o', i); console.error('e', i);
}""",
        prints_bytes="process.stdout.write(Buffer.from([97, 255, 98]));",
        allocates=allocates,
        exits="process.exit(3);",
    )


# In V8's heap, which has a limit of its own, and beside it.
TYPESCRIPT = _script(
    "tslab",
    "typescript",
    ".ts",
    "const kept: number[][] = [];\nwhile (true) kept.push(new Array(1 << 20).fill(1.5));",
)


JAVASCRIPT = _script(
    "jslab",
    "javascript",
    ".js",
    "const kept = [];\nwhile (true) kept.push(Buffer.alloc(1 << 24, 1));",
)


RACKET = Language(
    kernel="racket",
    name="racket",
    extension=".rkt",
    hello='(displayln "hello, world")',
    stderr='(eprintf "oops\\n")',
    value=("(* 6 7)", "42"),
    lines='(for ([i %d]) (printf "line ~a\\n" i))',
    slow_lines='(displayln "first")\n(sleep 3)\n(displayln "last")',
    fails="(define x1 1)\n(car x1)",
    fails_line=2,
    does_not_compile="(if)",
    loop='(displayln "loops")\n(let loop () (loop))',
    sleep='(displayln "loops")\n(sleep 1000)',
    lock='(displayln "loops")\n(semaphore-wait (make-semaphore))',
    reads='(printf "got ~a\\n" (read-line))',
    complete=("(+ 1 2)", "(define x2 5)"),
    incomplete=("(define (f x)", '"abc', "(list 1"),
    invalid=(")",),
    completes=("(string-app", "string-append"),
    inspects=("string-append", "string-append"),
    between='(displayln "between")',
    setup="(require pict)",
    displays={
        "text/html": '(display-html "<b>x</b>")',
        "text/markdown": '(display-markdown "**x**")',
        "text/latex": '(display-latex "$x$")',
        "image/svg+xml": "(display-value (circle 10))",
        "image/png": "(display-value (pict->bitmap (circle 10)))",
    },
    updates='(display-html "old" #:id "a")\n(display-html "new" #:id "a" #:update? #t)',
    clears='(displayln "old")\n(clear-output)\n(displayln "new")',
    repeats='(for ([i COUNT]) (display "TEXT"))',
    mixed='(for ([i COUNT]) (printf "o ~a\\n" i) (eprintf "e ~a\\n" i))',
    prints_bytes='(void (write-bytes #"a\\377b"))',
    allocates="(let loop ([kept (list)]) (loop (cons (make-bytes (expt 2 24) 1) kept)))",
    exits="(exit 3)",
    comment=";",
    nesting=("(list ", ")"),
)
