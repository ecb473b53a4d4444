"""Prints `ready`, then each signal it gets, by number.

A signal named in the arguments ends it, with exit code 0.
"""

import _signal  # type: ignore[import-not-found]  # typeshed leaves it out
import os
import sys

catchable = _signal.valid_signals() - {_signal.SIGKILL, _signal.SIGSTOP}
last = {int(word) for word in sys.argv[1:]}
_signal.pthread_sigmask(_signal.SIG_BLOCK, catchable)
os.write(1, b"ready\n")
while True:
    signo = _signal.sigwaitinfo(catchable).si_signo
    os.write(1, b"%d\n" % signo)
    if signo in last:
        break
