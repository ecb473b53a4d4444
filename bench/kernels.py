"""What a notebook waits for and keeps: each kernel's first result, and its memory while idle."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from bench.containers import IMAGE, TOKEN, Container, container
from bench.tables import median, table
from tests.container.jupyter import Client
from tests.container.languages import LANGUAGES

if TYPE_CHECKING:
    from tests.container.language import Language

ROUNDS = int(os.environ.get("BENCH_KERNELS_ROUNDS", "3"))
# Longer than any kernel works on after its first result.
_REST_S = 5
_MAKE = ("--publish", "127.0.0.1::8080", "--env", f"JUPYTER_TOKEN={TOKEN}", IMAGE)


class Use(NamedTuple):
    """One kernel. Units: seconds, processor seconds until then, MB of all its processes."""

    result_s: float
    cpu_s: float
    idle_mb: float


def _use(made: Container, client: Client, language: Language) -> Use:
    before = made.pss_mb().keys()
    began, cpu_s = time.monotonic(), made.cpu_s()
    with client.kernel(language.kernel) as kernel:
        cell = kernel.run(language.value[0])
        assert cell.status == "ok", cell
        result_s, cpu_s = time.monotonic() - began, made.cpu_s() - cpu_s
        time.sleep(_REST_S)
        after = made.pss_mb()
    return Use(result_s, cpu_s, sum(mb for pid, mb in after.items() if pid not in before))


def report() -> str:
    """Measure, and return the section."""
    found: dict[str, list[Use]] = {language.name: [] for language in LANGUAGES}
    with container(*_MAKE) as made:
        made.start()
        made.wait_ready()
        client = Client(made.url, TOKEN)
        for _ in range(ROUNDS):
            for language in LANGUAGES:
                found[language.name].append(_use(made, client, language))
    rows = [
        [
            name,
            f"{median([use.result_s for use in uses]):.2f}",
            f"{median([use.cpu_s for use in uses]):.2f}",
            f"{median([use.idle_mb for use in uses]):.0f}",
        ]
        for name, uses in found.items()
    ]
    header = ("", "first result s", "its CPU s", "idle MB")
    about = (
        f"Medians of {ROUNDS} kernels of each language in turn, in one container: from the request "
        "for a kernel to the result of its first cell. Memory is the proportional set size of all "
        f"its processes, {_REST_S} s later."
    )
    return f"## Kernels\n\n{about}\n\n{table(header, rows)}"
