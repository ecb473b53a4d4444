/* Starts what root runs of labinit: PID 1 as /usr/local/bin/labinit, and labctl, which
 * `docker exec` and the health check start. Compiled once for each, with NAME, MAIN and PYTHON;
 * PID 1 with BLOCK_SIGNALS as well. Static, because the loader acts on LD_LIBRARY_PATH, LD_PRELOAD
 * and others of the container, and Python on PYTHON*. Hence, in this order:
 *
 *   1. PID 1 only: block all signals. The interpreter takes some 10 ms to run its first
 *      instruction, until when the kernel would drop a SIGTERM for PID 1; a blocked signal stays
 *      pending across execve(2) (signal(7));
 *   2. PID 1 only: end what an engine may have ignored of the signals that the C library keeps to
 *      itself, because Python cannot;
 *   3. make descriptors 0, 1 and 2 exist;
 *   4. put the environment, byte for byte, into a memfd, and start Python without it.
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

/* The three, the environment, and what Python and what it runs open at the same time. */
enum { NEEDED_DESCRIPTORS = 8, EX_OSERR = 71 };
/* glibc keeps the first two of them to itself, musl all three.
 * Source: signal(7), pthread_sigmask(3). */
enum { FIRST_OF_LIBRARY = 32, LAST_OF_LIBRARY = 34 };

static void fail(const char *problem, const char *hint) {
    dprintf(2, NAME ": error: %s: %s; %s\n", problem, strerror(errno), hint);
    _exit(EX_OSERR);
}

#ifdef BLOCK_SIGNALS
/* By system call, because the C library keeps some signals to itself. */
static void take_signals(void) {
    const uint64_t all = ~UINT64_C(0);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    /* The kernel's own structure is not larger anywhere. All zero is the default disposition. */
    const uint64_t default_disposition[8] = {0};
    for (int signo = FIRST_OF_LIBRARY; signo <= LAST_OF_LIBRARY; signo++)
        syscall(SYS_rt_sigaction, signo, default_disposition, NULL, sizeof all);
}
#endif

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
        fail("keep the environment",
             "start the container with --entrypoint to see what its kernel lacks");
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
#ifdef BLOCK_SIGNALS
    take_signals();
#endif
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
