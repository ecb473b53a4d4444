"""What each kernel is asked in the tests: the same deeds in every language's own words."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Language:
    """One kernel's words.

    Shape: `lines` prints the lines `line 0` to `line N-1` for a `%d`; `fails` raises in line
    `fails_line` of its cell; `loop` and `sleep` print `loops` and never end in the time of a test;
    `reads` asks for a line and prints it after `got `; `between` prints that word, once `setup` has
    been run; `displays` maps a MIME type to a statement that then shows it.
    """

    kernel: str
    name: str
    extension: str
    hello: str
    stderr: str
    value: tuple[str, str]
    lines: str
    slow_lines: str
    fails: str
    fails_line: int
    does_not_compile: str
    loop: str
    sleep: str
    reads: str
    complete: tuple[str, ...]
    incomplete: tuple[str, ...]
    invalid: tuple[str, ...]
    completes: tuple[str, str]
    inspects: tuple[str, str]
    between: str
    setup: str
    displays: dict[str, str] = field(default_factory=dict)
    updates: str = ""
    clears: str = ""
    pages: str = ""
    # A cell and the exact text of its result, where that is not `value`.
    exact: tuple[str, str] | None = None
    # Prints TEXT, COUNT times, without a newline; and `o N` and `e N` on the two streams, COUNT
    # times each.
    repeats: str = ""
    mixed: str = ""
    # Takes memory until there is none.
    allocates: str = ""
    # Starts a comment that ends with its line; opens and closes one more level around `1`.
    comment: str = "//"
    nesting: tuple[str, str] = ("(", ")")


_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

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
    reads='print("got", input("name? "))',
    complete=("1", "x = 5"),
    incomplete=("def f(x):", "x = [1,", "'''abc"),
    invalid=("import = 7q",),
    completes=("import math; math.sq", "sqrt"),
    inspects=("zip", "iterables"),
    between='print("between")',
    setup=f'from IPython.display import *\nimport base64\npng = base64.b64decode("{_PNG}")',
    displays={
        "text/html": 'display(HTML("<b>x</b>"))',
        "text/markdown": 'display(Markdown("**x**"))',
        "text/latex": 'display(Latex("$x$"))',
        "image/svg+xml": f"display(SVG('{_SVG}'))",
        "image/png": "display(Image(png))",
    },
    updates='h = display(HTML("old"), display_id=True)\nh.update(HTML("new"))',
    clears='print("old")\nclear_output()\nprint("new")',
    pages="zip?",
    repeats='print("TEXT" * COUNT, end="")',
    mixed="""import sys
for i in range(COUNT): print("o", i); print("e", i, file=sys.stderr)""",
    allocates='kept = []\nwhile True: kept.append(b"x" * (1 << 24))',
    comment="#",
)

GO = Language(
    kernel="gophernotes",
    name="go",
    extension=".go",
    hello='import "fmt"\nfmt.Println("hello, world")',
    stderr='import "os"\nos.Stderr.WriteString("oops\\n")',
    value=("6 * 7", "42"),
    lines='import "fmt"\nfor i := 0; i < %d; i++ { fmt.Println("line", i) }',
    slow_lines="""import ("fmt"; "time")
fmt.Println("first")
time.Sleep(3 * time.Second)
fmt.Println("last")""",
    fails='x := 1\n_ = x\npanic("boom")',
    fails_line=3,
    does_not_compile="var y int = undefinedName",
    loop='import "fmt"\nfmt.Println("loops")\nfor {}',
    sleep='import ("fmt"; "time")\nfmt.Println("loops")\ntime.Sleep(1000 * time.Second)',
    reads='import "fmt"\nvar name string\nfmt.Scan(&name)\nfmt.Println("got", name)',
    complete=("1 + 2", "x := 5"),
    incomplete=("func f() int {", "if true {", "x := []int{1,"),
    invalid=("func := )",),
    completes=('import "strings"\nstrings.ToUp', "ToUpper"),
    inspects=("fmt.Println", "Println"),
    between='fmt.Println("between")',
    setup='import "fmt"',
    displays={
        "text/html": 'Display(display.HTML("<b>x</b>"))',
        "text/markdown": 'Display(display.Markdown("**x**"))',
        "text/latex": 'Display(display.Latex("$x$"))',
        "image/svg+xml": f"Display(display.SVG(`{_SVG}`))",
        "image/png": 'import "image"\nDisplay(image.NewGray(image.Rect(0, 0, 2, 2)))',
    },
    updates='display.ShowAs("h", display.HTML("old"))\ndisplay.Update("h", display.HTML("new"))',
    clears='fmt.Println("old")\ndisplay.Clear(false)\nfmt.Println("new")',
    repeats='import ("fmt"; "strings")\nfmt.Print(strings.Repeat("TEXT", COUNT))',
    mixed="""import ("fmt"; "os")
for i := 0; i < COUNT; i++ { fmt.Println("o", i); fmt.Fprintln(os.Stderr, "e", i) }""",
    allocates="""import "bytes"
var kept [][]byte
for { kept = append(kept, bytes.Repeat([]byte("x"), 1<<24)) }""",
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
        reads="console.log('got', prompt('name? '))",
        complete=("1 + 2", "let y1 = 5"),
        incomplete=("function f() {", "let z1 = [1,", "`abc"),
        invalid=("let = )",),
        completes=("Math.ab", "abs"),
        inspects=("Math.abs", "abs"),
        between="console.log('between');",
        setup="import * as tslab from 'tslab';",
        displays={
            "text/html": "tslab.display.html('<b>x</b>');",
            "text/markdown": "tslab.display.markdown('**x**');",
            "text/latex": "tslab.display.latex('$x$');",
            "image/svg+xml": f"tslab.display.svg('{_SVG}');",
            "image/png": f"tslab.display.png(Buffer.from('{_PNG}', 'base64'));",
        },
        updates="const d1 = tslab.newDisplay();\nd1.html('old');\nd1.html('new');",
        clears="console.log('old');\ntslab.clearOutput();\nconsole.log('new');",
        repeats="process.stdout.write('TEXT'.repeat(COUNT));",
        mixed="""for (let i = 0; i < COUNT; i++) {
    console.log('o', i); console.error('e', i);
}""",
        allocates=allocates,
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

CPP = Language(
    kernel="xcpp17",
    name="c++",
    extension=".cpp",
    hello='#include <iostream>\nstd::cout << "hello, world" << std::endl;',
    stderr='#include <iostream>\nstd::cerr << "oops" << std::endl;',
    value=("6 * 7", "42"),
    lines="""#include <iostream>
for (int i = 0; i < %d; i++) std::cout << "line " << i << std::endl;""",
    slow_lines="""#include <iostream>
#include <unistd.h>
std::cout << "first" << std::endl;
sleep(3);
std::cout << "last" << std::endl;""",
    fails='#include <stdexcept>\nint x1 = 1;\nthrow std::runtime_error("boom");',
    fails_line=3,
    does_not_compile="int y1 = undefined_name;",
    loop="""#include <iostream>
std::cout << "loops" << std::endl;
for (volatile int i = 0;; i = i + 1) {}""",
    sleep="""#include <iostream>
#include <unistd.h>
std::cout << "loops" << std::endl;
sleep(1000);""",
    reads="""#include <iostream>
#include <string>
std::string name;
std::cin >> name;
std::cout << "got " << name << std::endl;""",
    complete=("1", "int x2 = 5;"),
    incomplete=("int f() {", "/* abc", 'R"(abc'),
    invalid=("int = 5);",),
    completes=("#include <vector>\nstd::vector<int> v1;\nv1.push_b", "push_back"),
    inspects=("std::string", "string"),
    between='std::cout << "between" << std::endl;',
    setup="""#include "xcpp/xdisplay.hpp"
#include <iostream>
#include <string>
struct Shown { std::string mime, text; };
nlohmann::json mime_bundle_repr(const Shown &shown) {
    auto bundle = nlohmann::json::object();
    bundle[shown.mime] = shown.text;
    return bundle;
}""",
    displays={
        "text/html": 'xcpp::display(Shown{"text/html", "<b>x</b>"});',
        "text/markdown": 'xcpp::display(Shown{"text/markdown", "**x**"});',
        "text/latex": 'xcpp::display(Shown{"text/latex", "$x$"});',
        "image/svg+xml": f'xcpp::display(Shown{{"image/svg+xml", R"({_SVG})"}});',
        "image/png": f'xcpp::display(Shown{{"image/png", "{_PNG}"}});',
    },
    updates="""xcpp::display(Shown{"text/html", "old"}, "id1");
xcpp::display(Shown{"text/html", "new"}, "id1", true);""",
    clears="""std::cout << "old" << std::endl;
xcpp::clear_output();
std::cout << "new" << std::endl;""",
    pages="?std::string",
    repeats='#include <iostream>\nfor (int i = 0; i < COUNT; i++) std::cout << "TEXT";',
    mixed="""#include <iostream>
for (int i = 0; i < COUNT; i++) {
    std::cout << "o " << i << "\\n"; std::cerr << "e " << i << "\\n";
}""",
    allocates="#include <cstring>\nfor (;;) std::memset(new char[1 << 24], 1, 1 << 24);",
)

JAVA = Language(
    kernel="java",
    name="java",
    extension=".jshell",
    hello='System.out.println("hello, world");',
    stderr='System.err.println("oops");',
    value=("6 * 7", "42"),
    lines='for (int i = 0; i < %d; i++) System.out.println("line " + i);',
    slow_lines="""System.out.println("first");
Thread.sleep(3000);
System.out.println("last");""",
    fails='int x1 = 1;\nthrow new RuntimeException("boom");',
    fails_line=2,
    does_not_compile="int y1 = undefinedName;",
    loop='System.out.println("loops");\nwhile (true) {}',
    sleep='System.out.println("loops");\nThread.sleep(1_000_000);',
    reads='System.out.println("got " + new java.util.Scanner(System.in).nextLine());',
    complete=("1 + 2", "int x2 = 5;"),
    incomplete=("int f() {", "/* abc"),
    invalid=("int = 5);",),
    completes=("Math.ab", "abs"),
    inspects=("Math.abs(", "abs"),
    between='System.out.println("between");',
    setup="import java.awt.image.BufferedImage;",
    displays={
        "text/html": 'display("<b>x</b>", "text/html");',
        "text/markdown": 'display("**x**", "text/markdown");',
        "text/latex": 'display("$x$", "text/latex");',
        "image/svg+xml": f'display("""\n{_SVG}""", "image/svg+xml");',
        "image/png": "display(new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB));",
    },
    updates="""String id1 = display("old", "text/html");
updateDisplay(id1, "new", "text/html");""",
    clears='System.out.println("old");\nclearOutput();',
    repeats='System.out.print("TEXT".repeat(COUNT));',
    mixed="""for (int i = 0; i < COUNT; i++) {
    System.out.println("o " + i); System.err.println("e " + i);
}""",
    allocates="""var kept = new java.util.ArrayList<byte[]>();
while (true) kept.add(new byte[1 << 24]);""",
)

SCALA = Language(
    kernel="scala",
    name="scala",
    extension=".scala",
    hello='println("hello, world")',
    stderr='System.err.println("oops")',
    value=("6 * 7", "42"),
    lines='for i <- 0 until %d do println(s"line $i")',
    slow_lines='println("first")\nThread.sleep(3000)\nprintln("last")',
    fails='val x1 = 1\nthrow new RuntimeException("boom")',
    fails_line=2,
    does_not_compile="val y1: Int = undefinedName",
    loop='println("loops")\nwhile true do ()',
    sleep='println("loops")\nThread.sleep(1000000)',
    reads='println("got " + scala.io.StdIn.readLine())',
    complete=("1 + 2", "val x2 = 5"),
    incomplete=("def f = {", "val z1 = List(1,"),
    invalid=("val = )",),
    completes=("List(1).mkStr", "mkString"),
    exact=("val six = 6 * 7", "val six: Int = 42"),
    inspects=("List.range", "range"),
    between='println("between")',
    setup="import java.awt.image.BufferedImage",
    displays={
        "text/html": 'kernel.publish.html("<b>x</b>")',
        "text/markdown": 'Markdown("**x**").display()',
        "text/latex": 'Latex("$x$").display()',
        "image/svg+xml": f'Svg("""{_SVG}""").display()',
        "image/png": "display(BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB))",
    },
    updates='kernel.publish.html("old", "id1")\nkernel.publish.updateHtml("new", "id1")',
    clears='println("old")\nkernel.publish.clearOutput()',
    repeats='print("TEXT" * COUNT)',
    mixed='for i <- 0 until COUNT do { println(s"o $i"); System.err.println(s"e $i") }',
    allocates="""val kept = scala.collection.mutable.ArrayBuffer[Array[Byte]]()
while true do kept += new Array[Byte](1 << 24)""",
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
    allocates="(let loop ([kept (list)]) (loop (cons (make-bytes (expt 2 24) 1) kept)))",
    comment=";",
    nesting=("(list ", ")"),
)

LANGUAGES = (PYTHON, GO, TYPESCRIPT, JAVASCRIPT, CPP, JAVA, SCALA, RACKET)
