"""What each kernel is asked in the tests: the same deeds in every language's own words."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Language:
    """One kernel's words.

    Shape: `lines` prints the lines `line 0` to `line N-1` for a `%d`; `fails` raises in line
    `fails_line` of its cell; `loop`, `sleep` and `lock`, which waits for one that nobody releases,
    print `loops` and never end in the time of a test;
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
    lock: str
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
    # Prints three bytes that are no UTF-8: `a`, 255, `b`.
    prints_bytes: str = ""
    # Takes memory until there is none.
    allocates: str = ""
    # Ends its process with 3.
    exits: str = ""
    # Starts a comment that ends with its line; opens and closes one more level around `1`.
    comment: str = "//"
    nesting: tuple[str, str] = ("(", ")")


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
