"""What follows from settings alone. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from labinit.settings.secret import Secret


class Derived:
    """Properties of `Settings`, for the model as well as for what the cache gives."""

    if TYPE_CHECKING:
        uid: int | None
        user: str
        home: str | None
        sudo: str | None
        password: Secret | None
        password_hash: Secret | None

    @property
    def home_directory(self) -> str:
        """The home asked for, or the usual one."""
        return self.home or ("/root" if self.uid == 0 else f"/home/{self.user}")

    @property
    def sudo_kind(self) -> str:
        """How the user may use sudo: as asked, or with the password if there is one."""
        return self.sudo or ("password" if self.password_key else "none")

    @property
    def password_key(self) -> str:
        """The password setting as one text, to compare with the last boot's, or ""."""
        # What it is stands first: a password may look like a hash.
        if self.password:
            return f"password:{self.password.get_secret_value()}"
        return f"hash:{self.password_hash.get_secret_value()}" if self.password_hash else ""
