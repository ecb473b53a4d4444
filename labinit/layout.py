"""Where everything is: each path and each PATH once. Values, nothing else.

PID 1 imports this module: standard library only, and nothing of it.
"""

# What root's programs are looked up in, whatever PATH the container has.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The same, and the image's own commands before it: what the user finds, for sudo and hooks, too.
LAB_PATH = f"/opt/lab/bin:{SYSTEM_PATH}"

# The lab user's, unless his account has another one that can be logged in with.
SHELL = "/bin/bash"

# What describes this container, for root only.
STATE_DIRECTORY = "/var/lib/labinit"
RECORD = f"{STATE_DIRECTORY}/boot.json"
SETTINGS_CACHE = f"{STATE_DIRECTORY}/settings.json"

# What the running server needs, and the report of this boot.
RUN_DIRECTORY = "/run/labinit"
REPORT_NAME = "report.json"
TOKEN_NAME = "token"  # noqa: S105 - the name of a file
# A directory of the server's configuration, and what is in it: the password of the page.
PAGE_NAME = "page"
PAGE_CONFIGURATION = f"{PAGE_NAME}/jupyter_server_config.json"

SKELETON = "/etc/skel"
SUDOERS = "/etc/sudoers.d/labinit"

# The tools that change several account files one after the other work on copies: see `apply`.
ACCOUNT_COPIES = "/etc/.labinit"
# What those copies are, first what means nothing without the others.
ACCOUNT_FILES = ("gshadow", "shadow", "group", "passwd")

# The owner shown for files whose real owner is unknown here: NFS, and user namespaces. Source:
# user_namespaces(7).
NOBODY = 65534
