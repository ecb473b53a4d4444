#!/bin/bash
# The peer that most images have: a shell script as entrypoint, with the same settings and the same
# duties.
set -euo pipefail

flag=/var/lib/set-up-done
if [ ! -e "$flag" ]; then
    groupadd --gid "$LABGID" lab
    useradd --uid "$LABUID" --gid "$LABGID" --create-home --shell /bin/bash --no-log-init lab
    printf 'lab:%s\n' "$LABPASSWD" | chpasswd
    chown "$LABUID:$LABGID" /home/lab # of a new volume, it is root's
    touch "$flag"
fi
chown -R "$LABUID:$LABGID" /data
export HOME=/home/lab USER=lab LOGNAME=lab
exec setpriv --reuid "$LABUID" --regid "$LABGID" --init-groups -- "$@"
