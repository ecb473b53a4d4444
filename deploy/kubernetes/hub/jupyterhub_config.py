"""A hub inside the cluster: a pod of labinit's image and a volume for each user, beside the hub.

What is usually changed stands at the top. After a change: kubectl apply --kustomize .
"""

import os
from pathlib import Path

from hub_common import keep_servers, let_log_in, stop_idle_servers
from hub_settings import Reader
from labinit_pods import PodSpawner

c = get_config()  # noqa: F821 - JupyterHub provides it
read = Reader()  # of the environment in hub.yaml and the secret `hub`
read.settings = "hub.yaml"
read.secrets = Path("/etc/hub")
read.secret_name = "the key {} of the secret `hub`"  # noqa: S105 - no password
read.new_secret = "openssl rand -hex 24, and README.md"  # noqa: S105

# --- who may log in ------------------------------------------------------------------------------
# "shared-password": any name, with the one password of the secret `hub`; enough for a workshop, no
# protection of people from each other. "native" and OAuth: ../../hub/README.md.
let_log_in(c, read, read.authenticator("HUB_AUTHENTICATOR"), read.names("HUB_ADMINS"))
read.stop_if_wrong()

# --- what each user gets -------------------------------------------------------------------------
c.KubeSpawner.image = os.environ["LAB_IMAGE"]
c.KubeSpawner.mem_guarantee, c.KubeSpawner.mem_limit = "512M", "2G"
c.KubeSpawner.cpu_guarantee, c.KubeSpawner.cpu_limit = 0.1, 2
c.KubeSpawner.storage_capacity = "10Gi"
# A server that nobody has used for so long is stopped; its files stay. 0: never.
IDLE_S = 3600

# --- the hub -------------------------------------------------------------------------------------
# The Services' addresses, not their names: they do without DNS.
HUB = f"{os.environ['HUB_SERVICE_HOST']}:{os.environ['HUB_SERVICE_PORT']}"
PROXY = f"{os.environ['PROXY_API_SERVICE_HOST']}:{os.environ['PROXY_API_SERVICE_PORT']}"
c.JupyterHub.hub_bind_url = "http://:8081"  # of its pod; the next alone would be bound, too
c.JupyterHub.hub_connect_url = f"http://{HUB}"
keep_servers(c, f"http://{PROXY}")

# --- a pod for each user, which keeps to the standard "restricted" -------------------------------
c.JupyterHub.spawner_class = PodSpawner
c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
c.KubeSpawner.image_pull_policy = "IfNotPresent"
c.KubeSpawner.uid = c.KubeSpawner.gid = c.KubeSpawner.fs_gid = 1000
c.KubeSpawner.allow_privilege_escalation = False
c.KubeSpawner.container_security_context = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
# One second is the default, and beats the pod's own grace: JupyterLab needs up to 6 s to end its
# kernels.
c.KubeSpawner.delete_grace_period = 30
# The image may still have to be pulled.
c.KubeSpawner.start_timeout = 600
c.KubeSpawner.http_timeout = 120
# A service called "jupyter" would set JUPYTER_PORT=tcp://….
c.KubeSpawner.extra_pod_config = {"enableServiceLinks": False}
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
c.KubeSpawner.pvc_name_template = "data-{username}"
c.KubeSpawner.volumes = {
    "data": {"name": "data", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
    "tmp": {"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}},
    "shm": {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
}
c.KubeSpawner.volume_mounts = {
    "data": {"name": "data", "mountPath": "/data"},
    "tmp": {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of its own
    "shm": {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
}
# For `labctl status`.
c.KubeSpawner.environment = {
    "NODE_NAME": {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    "POD_NAMESPACE": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
}

# Not by the Service, which leads nowhere before the hub is ready.
stop_idle_servers(c, IDLE_S, "--url=http://127.0.0.1:8081/hub/api")
