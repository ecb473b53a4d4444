"""All kernels that the tests ask."""

from tests.container.compiled_languages import CPP, GO, JAVA, SCALA
from tests.container.dynamic_languages import JAVASCRIPT, PYTHON, RACKET, TYPESCRIPT

LANGUAGES = (PYTHON, GO, TYPESCRIPT, JAVASCRIPT, CPP, JAVA, SCALA, RACKET)
