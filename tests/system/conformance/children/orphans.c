#define _DEFAULT_SOURCE
/* orphans N: makes N orphans that end at once, prints `done`, and waits for a signal. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int left = argc > 1 ? atoi(argv[1]) : 0;
    while (left-- > 0) {
        pid_t parent = vfork(); /* a copy of nothing: the machine is not what is measured */
        if (parent == 0) {
            pid_t orphan = vfork();
            _exit(orphan < 0);
        }
        int status = 1;
        if (parent < 0 || waitpid(parent, &status, 0) != parent || status != 0) {
            perror("orphans");
            return 1;
        }
    }
    puts("done");
    fflush(stdout);
    pause();
}
