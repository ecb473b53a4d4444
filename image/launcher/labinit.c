/* Starts PID 1. The interpreter takes some 10 ms to run its first instruction: until then, the kernel would drop a SIGTERM
 * for PID 1, and the environment of the container would act on an interpreter that runs as root. Hence, in this order:
 *
 *   1. block all signals: a blocked signal stays pending across execve(2), and for PID 1 too (signal(7));
 *   2. make descriptors 0, 1 and 2 exist;
 *   3. put the environment, byte for byte, into a memfd for labinit to hand on, and start Python without it.
 *
 * The same in Python, for where this program is not: labinit/init/prelude.py. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

/* The three, the environment, and what Python and labinit open at the same time. */
enum { NEEDED_DESCRIPTORS = 8, EX_OSERR = 71 };

static void fail(const char *problem, const char *hint) {
    dprintf(2, "labinit: error: %s: %s; %s\n", problem, strerror(errno), hint);
    _exit(EX_OSERR);
}

/* By system call, because the C library keeps some signals to itself. */
static void block_signals(void) {
    const uint64_t all = ~UINT64_C(0);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
}

static void claim_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR);
}

/* To be had from 3 on, so that it cannot take the place of one that was closed. */
static int keep(char **environment) {
    int fd = memfd_create("environ", MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) /* Linux before 6.3 */
        fd = memfd_create("environ", 0);
    if (fd < 0)
        fail("keep the environment", "start the container with --entrypoint to see what its kernel lacks");
    for (; *environment; environment++) {
        const char *rest = *environment;
        size_t left = strlen(rest) + 1;
        while (left > 0) {
            ssize_t written = write(fd, rest, left);
            if (written < 0)
                fail("keep the environment", "give the container more --memory or --ulimit fsize");
            rest += written;
            left -= (size_t)written;
        }
    }
    return fd;
}

int main(int argc, char **argv, char **environment) {
    block_signals();
    claim_standard_descriptors();

    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < NEEDED_DESCRIPTORS) {
        errno = EMFILE;
        fail("start", "raise --ulimit nofile to 8 or more");
    }

    char mark[32];
    snprintf(mark, sizeof mark, "LABINIT_ENVIRON=%d", keep(environment));
    char *own_environment[] = {
        "LC_ALL=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYDANTIC_DISABLE_PLUGINS=__all__",
        mark,
        NULL,
    };

    char **command = calloc((size_t)argc + 5, sizeof *command);
    if (!command)
        fail("start", "give the container more memory");
    command[0] = PYTHON;
    command[1] = "-I";
    command[2] = "-S";
    command[3] = MAIN;
    for (int i = 1; i < argc; i++)
        command[i + 3] = argv[i];
    execve(PYTHON, command, own_environment);
    fail("start " PYTHON, "the image is incomplete: build it again");
}
