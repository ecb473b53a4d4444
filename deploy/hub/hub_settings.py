"""What `.env` and secrets/ say: read and checked, each mistake in one line. Starts nothing.

`python3 -m hub_settings FILE` checks a configuration of the hub, and what it needs of the engine.
"""

import os
import re
import sys
from importlib.metadata import entry_points
from pathlib import Path

import docker
import docker.errors
import requests

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_BAD_SETTINGS = 78  # sysexits.h: EX_CONFIG, as labinit's own
_PULL_S = 600


class Reader:
    """Reads settings, collects what is wrong with them, and says all of it at once."""

    # Where they are, and how a secret is made, for whoever corrects them.
    settings = ".env"
    secrets = Path("/run/secrets")
    secret_name = "secrets/{}"  # noqa: S105 - no password
    new_secret = "openssl rand -hex 24 >secrets/{}"  # noqa: S105

    def __init__(self) -> None:
        self._problems: list[str] = []

    def stop_if_wrong(self) -> None:
        """End the program where something is wrong, with a line for each problem."""
        if self._problems:
            for problem in self._problems:
                sys.stderr.write(f"labinit: error: {problem}\n")
            raise SystemExit(_BAD_SETTINGS)

    def choice(self, name: str, *values: str) -> str:
        """Return one of these values; the first is the default."""
        value = os.environ.get(name) or values[0]
        if value not in values:
            self._wrong(name, value, f"one of {', '.join(values)}")
        return value

    def number(self, name: str, default: str, minimum: float) -> float:
        """Return a number that is not too small."""
        value = os.environ.get(name) or default
        if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII) and float(value) >= minimum:
            return float(value)
        self._wrong(name, value, f"a number of at least {minimum:g}, such as {default}")
        return float(default)

    def whole(self, name: str, default: str, minimum: int) -> int:
        """Return a whole number that is not too small."""
        number = self.number(name, default, minimum)
        if not number.is_integer():
            self._wrong(name, f"{number:g}", f"a whole number, such as {default}")
        return int(number)

    def size(self, name: str, default: str, minimum: str) -> int:
        """Return a size.

        Units: bytes
        """
        value = os.environ.get(name) or default
        size = _bytes(value)
        if size is None or size < (_bytes(minimum) or 0):
            self._wrong(name, value, f"a size of at least {minimum}, such as {default} or 512M")
        return size or 0

    def authenticator(self, name: str) -> str:
        """Return the name of an authenticator that is installed, or the path of its class."""
        value = os.environ.get(name) or "shared-password"
        known = sorted(entry_points(group="jupyterhub.authenticators").names)
        if value not in known and "." not in value:
            self._wrong(name, value, f"one of {', '.join(known)}")
        return value

    def names(self, name: str) -> set[str]:
        """Return names of people, which commas or blanks keep apart."""
        return set(os.environ.get(name, "").replace(",", " ").split())

    def secret(self, name: str, length: int) -> str:
        """Return the text of a secret."""
        file, make_one = self.secret_name.format(name), self.new_secret.format(name)
        try:
            secret = (self.secrets / name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            self.wrong(f"{file} cannot be read: {error}; make one: {make_one}")
            return ""
        if len(secret) < length:
            self.wrong(
                f"{file} has {len(secret)} of at least {length} characters; make one: {make_one}"
            )
        return secret

    def image(self, name: str) -> str:
        """Return the users' image, which the engine has now; another registry's is fetched."""
        image = os.environ.get(name) or "labinit:latest"
        try:
            engine = docker.from_env(timeout=_PULL_S)
            try:
                engine.images.get(image)
            except docker.errors.ImageNotFound:
                self._fetch(engine, image)
        except (docker.errors.DockerException, requests.RequestException) as error:
            why = getattr(error, "explanation", None) or error
            self.wrong(f"{name}={image}: the engine at /var/run/docker.sock says: {one_line(why)}")
        return image

    def wrong(self, problem: str) -> None:
        """Note what is wrong, and what to do."""
        self._problems.append(problem)

    def _wrong(self, name: str, value: str, but: str) -> None:
        self.wrong(f"{name}={value!r}: invalid value; give {but}, in {self.settings}")

    def _fetch(self, engine: docker.DockerClient, image: str) -> None:
        if "/" in image:
            sys.stderr.write(f"labinit: fetching {image}\n")
            engine.images.pull(image)
        else:
            self.wrong(
                f"there is no image {image} on this machine; run: make image, or set IMAGE in .env"
            )


def _bytes(text: str) -> int | None:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", text.upper(), re.ASCII)
    return int(float(match[1]) * _UNITS[match[2]]) if match else None


def one_line(why: object) -> str:
    """Return what an engine or a cluster says without its line breaks."""
    return " ".join(str(why).split())


if __name__ == "__main__":
    from traitlets.config.loader import PyFileConfigLoader

    PyFileConfigLoader(sys.argv[1]).load_config()
