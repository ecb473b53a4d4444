#include "processes.h"

#include "checkpoint.h"
#include "shared.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace processes {
namespace {

std::vector<pid_t> children() {
    std::vector<pid_t> found;
    const auto self = std::to_string(getpid());
    std::ifstream listed("/proc/self/task/" + self + "/children");
    for (pid_t child; listed >> child;) {
        found.push_back(child);
    }
    return found;
}

void unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

void start(const std::function<int()> &interpret) {
    const pid_t supervisor = getpid();
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != supervisor) {
            _exit(1);
        }
        checkpoint::close_wake();
        signal(SIGINT, SIG_IGN); // until cells can be interrupted
        unblock_signals();
        _exit(interpret());
    }
    shared->interpreter = child;
}

void end_all() {
    for (auto left = children(); !left.empty(); left = children()) {
        for (const pid_t child : left) {
            kill(child, SIGKILL);
        }
        while (waitpid(-1, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

void bound_stack() {
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    constexpr rlim_t most = 64 << 20;
    if (limit.rlim_cur == RLIM_INFINITY) {
        limit.rlim_cur = most;
        setrlimit(RLIMIT_STACK, &limit);
    }
}

} // namespace processes
