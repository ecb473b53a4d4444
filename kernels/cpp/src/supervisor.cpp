#include "supervisor.h"

#include "checkpoint.h"
#include "processes.h"
#include "reason.h"
#include "reply.h"
#include "shared.h"
#include "wire.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

Shared *shared = nullptr;

namespace supervisor {
namespace {

constexpr int heed_ms = 450; // from an interrupt to SIGKILL
// Until then, because the first may have come just before a call that blocks.
constexpr int repeat_ms = 100;
// For the destructors of the cells' variables; after 700, the front ends us.
constexpr int farewell_ms = 500;
constexpr int most_restarts = 3; // without a cell between them

constexpr std::array heard{SIGCHLD, SIGTERM, SIGINT};

class Watch {
  public:
    explicit Watch(const std::function<int()> &interpret) : interpret_(interpret) {}

    int run() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int number : heard) {
            sigaddset(&signals, number);
        }
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        processes::start(interpret_);
        while (!done_) {
            wait_for_event();
        }
        processes::end_all();
        return exit_code_;
    }

  private:
    void wait_for_event() {
        // Asked for nothing, poll reports the hang-up alone: the requests themselves are the
        // interpreter's.
        std::array<pollfd, 2> waiting{
            {{closed_ ? -1 : wire::requests, 0, 0}, {signals_, POLLIN, 0}}};
        const int ready = poll(waiting.data(), waiting.size(),
                               deadline_ ? std::min(remaining_ms(), repeat_ms) : -1);
        if (ready == 0) {
            on_time();
        }
        if (ready > 0 && waiting[0].revents != 0) {
            on_closed();
        }
        if (ready > 0 && waiting[1].revents != 0) {
            on_signals();
        }
    }

    static long now_ms() {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
    }

    int remaining_ms() const { return static_cast<int>(std::max(0L, *deadline_ - now_ms())); }

    void on_closed() {
        closed_ = true;
        // First, so that a cell that begins just now sees it, or is seen here.
        shared->is_ending = true;
        // A cell that runs will not read the end of the requests; nobody waits for its result
        // either.
        done_ = shared->running_cell != 0;
        deadline_ = now_ms() + farewell_ms;
    }

    void on_time() {
        const bool is_late = remaining_ms() == 0;
        const bool is_unheeded =
            shared->running_cell != 0 && shared->running_cell == deadline_cell_;
        if (closed_) {
            done_ = is_late;
        } else if (is_unheeded && is_late) {
            end_cell();
        } else if (is_unheeded) {
            kill(shared->interpreter, SIGINT);
        }
        if (is_late || !(closed_ || is_unheeded)) {
            deadline_.reset();
        }
    }

    // Not where the cell has ended meanwhile, and taken its checkpoint away.
    void end_cell() {
        claimed_ = shared->checkpoint.exchange(0);
        if (claimed_ != 0) {
            shared->killed_by_us = true;
            kill(shared->interpreter, SIGKILL);
        }
    }

    void on_signals() {
        const unsigned question = shared->asked;
        signalfd_siginfo info;
        while (read(signals_, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo == SIGINT) {
                on_interrupt();
            } else if (info.ssi_signo == SIGTERM) {
                done_ = true;
            }
        }
        shared->answered = question;
        reap();
    }

    // The front sends the signal to the whole group: what the cell waits for, a command say, hears
    // it too.
    void on_interrupt() {
        const unsigned cell = shared->running_cell;
        if (cell == 0) {
            return;
        }
        shared->interrupted_cell = cell;
        kill(shared->interpreter, SIGINT); // again: the first may have come before the flag
        // Without a checkpoint all would be lost: the front does that when the user insists.
        const bool is_known = deadline_ && deadline_cell_ == cell;
        if (!closed_ && !is_known && shared->checkpoint != 0) {
            deadline_ = now_ms() + heed_ms;
            deadline_cell_ = cell;
        }
    }

    void reap() {
        int status = 0;
        for (pid_t dead; (dead = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (dead == shared->interpreter) {
                on_death(status);
            }
        }
    }

    void on_death(int status) {
        if (shared->is_ending) {
            done_ = true;
            return;
        }
        const auto reason = take_reason(status);
        const pid_t left = shared->checkpoint.exchange(0);
        if (const pid_t copy = std::exchange(claimed_, 0); copy != 0 || left != 0) {
            replace(copy != 0 ? copy : left, reason);
        } else {
            restart(reason);
        }
    }

    void replace(pid_t copy, const std::string &reason) {
        shared->interpreter = copy;
        if (!checkpoint::wake(reason)) {
            kill(shared->interpreter, SIGKILL);
        }
    }

    void restart(const std::string &reason) {
        const unsigned cell = shared->running_cell.exchange(0);
        restarts_ = cell == last_cell_ ? restarts_ + 1 : 0;
        last_cell_ = cell;
        const std::string lost =
            "the C++ process was started anew: all variables and definitions are lost";
        if (shared->request != 0) {
            reply::send(shared->request.exchange(0), reply::death(reason, lost));
        } else {
            auto line = reason;
            std::replace(line.begin(), line.end(), '\n', ' ');
            wire::print(wire::Stream::error, "between two cells: " + line + "; " + lost + "\n",
                        /*is_all=*/true);
        }
        if (restarts_ >= most_restarts) {
            exit_code_ = 1;
            done_ = true;
        } else {
            processes::start(interpret_);
        }
    }

    const std::function<int()> &interpret_;
    int signals_ = -1;
    bool closed_ = false;
    bool done_ = false;
    int exit_code_ = 0;
    std::optional<long> deadline_;
    unsigned deadline_cell_ = 0;
    pid_t claimed_ = 0; // the checkpoint of the cell that is being ended
    unsigned last_cell_ = 0;
    int restarts_ = 0;
};

} // namespace

int run(const std::function<int()> &interpret) {
    void *page =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || !checkpoint::open_wake()) {
        std::perror("cpp-interpreter");
        return 71;
    }
    shared = new (page) Shared{};
    wire::make_lock();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    // The end of the requests says the same, and leaves time to end what cells have started.
    prctl(PR_SET_PDEATHSIG, 0);
    processes::bound_stack();
    return Watch(interpret).run();
}

} // namespace supervisor
