"""JupyterLab's extension manager, less what cannot work in this image."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from jupyterlab.extensions.manager import ActionResult
from jupyterlab.extensions.pypi import PyPIExtensionManager
from tornado.web import HTTPError

if TYPE_CHECKING:
    from jupyterlab.extensions.manager import ExtensionPackage


class UserExtensionManager(PyPIExtensionManager):
    """Installs into the user's own directory, and says why where something cannot be done."""

    async def list_packages(
        self, query: str, page: int, per_page: int
    ) -> tuple[dict[str, ExtensionPackage], int | None]:
        """Return the extensions that can be installed.

        Raises: HTTPError 502, where the index cannot be searched: most mirrors have no search.
        """
        try:
            found: tuple[dict[str, ExtensionPackage], int | None] = await super().list_packages(
                query, page, per_page
            )
        except Exception as error:
            self.log.info("The index of extensions cannot be searched: %s", error)
            raise HTTPError(
                502,
                "The index of extensions cannot be searched from here. What you know by name can be"
                " installed in a terminal: pip install NAME, then reload the page.",
            ) from error
        return found

    async def uninstall(self, extension: str) -> ActionResult:
        """Remove an extension that the user has installed; those of the image stay."""
        try:
            directory = str(distribution(extension).locate_file(""))
        except PackageNotFoundError:
            directory = ""
        if directory and not os.access(directory, os.W_OK):
            return ActionResult(
                status="error",
                message=(
                    f"{extension} belongs to the image and cannot be removed. Disable it instead."
                ),
            )
        return await super().uninstall(extension)
