"""A hub for a class or a lab on one machine: each user gets a container of labinit's image.

What is usually changed stands at the top. After a change: docker compose restart hub
"""

import os

from hub_common import keep_servers, let_log_in, stop_idle_servers
from hub_settings import Reader
from labinit_hub import LabSpawner

c = get_config()  # noqa: F821 - JupyterHub provides it
read = Reader()  # of .env and secrets/; the second word of each is the default

# --- who may log in ------------------------------------------------------------------------------
# "shared-password": any name, with the one password of secrets/hub_password; enough for a workshop,
#   no protection of people from each other.
# "native": people sign up with a password of their own, and an administrator lets them in at
#   /hub/authorize. The administrators sign up first, under the names of HUB_ADMINS.
# OAuth: the name of a class of `oauthenticator`, which is installed, such as "github"; README.md
#   says which lines to add below.
AUTHENTICATOR = read.authenticator("HUB_AUTHENTICATOR")
ADMINS = read.names("HUB_ADMINS")

# --- what each user gets -------------------------------------------------------------------------
IMAGE = read.image("IMAGE")
MEMORY = read.size("USER_MEMORY", "2G", minimum="128M")
CPUS = read.number("USER_CPUS", "1", minimum=0.1)
PROCESSES = read.whole("USER_PROCESSES", "512", minimum=64)
SHARED_MEMORY = read.size("USER_SHM", "256M", minimum="1M")
# "none", or "nopasswd": root of the own container, for `apt-get install`; it lasts until the stop.
SUDO = read.choice("USER_SUDO", "none", "nopasswd")
# "lab": everybody is `lab` inside. "name": everybody is who they are in the hub, where an account
# can have that name; others are refused.
ACCOUNT = read.choice("USER_ACCOUNT", "lab", "name")
# A server that nobody has used for so long is stopped; its files stay. 0: never.
IDLE_S = read.whole("IDLE_SECONDS", "3600", minimum=0)

# --- the hub -------------------------------------------------------------------------------------
c.JupyterHub.hub_ip = "0.0.0.0"  # noqa: S104 - of its container
c.JupyterHub.hub_connect_ip = "hub"
keep_servers(c, "http://proxy-api:8001")
c.ConfigurableHTTPProxy.auth_token = read.secret("proxy_token", 16)
let_log_in(c, read, AUTHENTICATOR, ADMINS)
read.stop_if_wrong()

# --- a container for each user -------------------------------------------------------------------
c.JupyterHub.spawner_class = LabSpawner
c.DockerSpawner.image = IMAGE
c.DockerSpawner.pull_policy = "ifnotpresent"
c.DockerSpawner.network_name = os.environ["USERS_NETWORK"]
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.prefix = os.environ["USERS_PREFIX"]
c.DockerSpawner.name_template = "{prefix}-{username}"
# A new container at each start has the newest image and settings; files are on the volumes.
c.DockerSpawner.remove = True
c.DockerSpawner.volumes = {
    "{prefix}-{username}-data": "/data",
    "{prefix}-{username}-home": "/home/lab",
}
c.DockerSpawner.environment = {
    "LABSUDO": SUDO,
    "LABUSER": "lab" if ACCOUNT == "lab" else lambda spawner: spawner.user.name,
    "LABHOME": "/home/lab",
    "TZ": os.environ.get("TZ", "Etc/UTC"),
}
c.DockerSpawner.mem_limit = MEMORY
c.DockerSpawner.cpu_limit = CPUS
c.DockerSpawner.extra_host_config = {
    # No swap beside it. A container that has ended stays, with its log, until the next start.
    "memswap_limit": MEMORY,
    "auto_remove": False,
    "pids_limit": PROCESSES,
    "shm_size": SHARED_MEMORY,
    "log_config": {"type": "local", "config": {"max-size": "10m", "max-file": "2"}},
}
if SUDO == "none":
    # What the set-up needs, and nobody can gain more: docs/hardening.md.
    c.DockerSpawner.extra_host_config |= {
        "cap_drop": ["ALL"],
        "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
        "security_opt": ["no-new-privileges"],
    }
# The first boot of a large volume takes longer than the hub's usual half minute.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120

stop_idle_servers(c, IDLE_S)
