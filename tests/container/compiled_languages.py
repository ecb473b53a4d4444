"""What is asked of the kernels of C++, Go, Java and Scala."""

from tests.container.language import PNG, SVG, Language

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
    lock="""import ("fmt"; "sync")
var lock sync.Mutex
lock.Lock()
fmt.Println("loops")
lock.Lock()""",
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
        "image/svg+xml": f"Display(display.SVG(`{SVG}`))",
        "image/png": 'import "image"\nDisplay(image.NewGray(image.Rect(0, 0, 2, 2)))',
    },
    updates='display.ShowAs("h", display.HTML("old"))\ndisplay.Update("h", display.HTML("new"))',
    clears='fmt.Println("old")\ndisplay.Clear(false)\nfmt.Println("new")',
    repeats='import ("fmt"; "strings")\nfmt.Print(strings.Repeat("TEXT", COUNT))',
    mixed="""import ("fmt"; "os")
for i := 0; i < COUNT; i++ { fmt.Println("o", i); fmt.Fprintln(os.Stderr, "e", i) }""",
    prints_bytes='import "fmt"\nfmt.Print("a\\xffb")',
    allocates="""import "bytes"
var kept [][]byte
for { kept = append(kept, bytes.Repeat([]byte("x"), 1<<24)) }""",
    exits='import "os"\nos.Exit(3)',
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
    lock="""#include <iostream>
#include <mutex>
std::mutex lock;
lock.lock();
std::cout << "loops" << std::endl;
lock.lock();""",
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
        "image/svg+xml": f'xcpp::display(Shown{{"image/svg+xml", R"({SVG})"}});',
        "image/png": f'xcpp::display(Shown{{"image/png", "{PNG}"}});',
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
    prints_bytes='#include <iostream>\nstd::cout << "a\\xff" "b";',
    allocates="#include <cstring>\nfor (;;) std::memset(new char[1 << 24], 1, 1 << 24);",
    exits="#include <cstdlib>\nstd::exit(3);",
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
    lock="""var lock = new java.util.concurrent.locks.ReentrantLock();
var holder = new Thread(lock::lock);
holder.start();
holder.join();
{ System.out.println("loops"); lock.lock(); }""",
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
        "image/svg+xml": f'display("""\n{SVG}""", "image/svg+xml");',
        "image/png": "display(new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB));",
    },
    updates="""String id1 = display("old", "text/html");
updateDisplay(id1, "new", "text/html");""",
    clears='System.out.println("old");\nclearOutput();',
    repeats='System.out.print("TEXT".repeat(COUNT));',
    mixed="""for (int i = 0; i < COUNT; i++) {
    System.out.println("o " + i); System.err.println("e " + i);
}""",
    prints_bytes="System.out.write(new byte[] {97, -1, 98}, 0, 3);",
    allocates="""var kept = new java.util.ArrayList<byte[]>();
while (true) kept.add(new byte[1 << 24]);""",
    exits="System.exit(3);",
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
    lock="""val lock = java.util.concurrent.locks.ReentrantLock()
val holder = Thread(() => lock.lock())
holder.start()
holder.join()
println("loops")
lock.lock()""",
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
        "image/svg+xml": f'Svg("""{SVG}""").display()',
        "image/png": "display(BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB))",
    },
    updates='kernel.publish.html("old", "id1")\nkernel.publish.updateHtml("new", "id1")',
    clears='println("old")\nkernel.publish.clearOutput()',
    repeats='print("TEXT" * COUNT)',
    mixed='for i <- 0 until COUNT do { println(s"o $i"); System.err.println(s"e $i") }',
    prints_bytes="System.out.write(Array[Byte](97, -1, 98), 0, 3)",
    allocates="""val kept = scala.collection.mutable.ArrayBuffer[Array[Byte]]()
while true do kept += new Array[Byte](1 << 24)""",
    exits="sys.exit(3)",
)
