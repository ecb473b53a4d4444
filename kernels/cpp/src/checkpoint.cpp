#include "checkpoint.h"

#include "shared.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace checkpoint {
namespace {

int wake_pipe[2];

int count_threads() {
    std::error_code error;
    int count = 0;
    for (std::filesystem::directory_iterator task("/proc/self/task", error), end; task != end;
         task.increment(error)) {
        ++count;
    }
    return count;
}

// In the checkpoint. Returns when the original has died; ends the process when the supervisor has.
std::string wait_for_death() {
    std::string reason;
    char byte = 0;
    for (;;) {
        const ssize_t got = read(wake_pipe[0], &byte, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            _exit(1);
        }
        if (byte == '\0') {
            return reason;
        }
        reason += byte;
    }
}

} // namespace

bool open_wake() { return pipe2(wake_pipe, O_CLOEXEC) == 0; }

void close_wake() { close(wake_pipe[1]); }

bool wake(const std::string &reason) {
    return write(wake_pipe[1], reason.c_str(), reason.size() + 1) > 0;
}

std::string leave() {
    shared->threads_lost = count_threads() - 1;
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    const pid_t copy = fork();
    if (copy > 0) {
        shared->checkpoint = copy;
    }
    std::string reason;
    if (copy == 0) {
        // Not the parent's death: that is what it is for. The supervisor's closes the pipe.
        reason = wait_for_death();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    sigprocmask(SIG_SETMASK, &before, nullptr);
    return reason;
}

void drop() {
    const pid_t copy = shared->checkpoint.exchange(0);
    if (copy > 0) {
        kill(copy, SIGKILL);
        while (waitpid(copy, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

std::string what_was_kept() {
    std::string text = "the session is as it was before this cell";
    if (shared->threads_lost > 0) {
        text += ", but for the threads that cells had started: they are gone";
    }
    return text;
}

} // namespace checkpoint
