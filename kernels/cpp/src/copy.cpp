#include "copy.h"

#include "interrupt.h"
#include "wire.h"

#include <array>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <llvm/Support/raw_ostream.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace copy {
namespace {

constexpr std::array crashes{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

sigjmp_buf before_work;

void on_crash(int) { siglongjmp(before_work, 1); }

[[noreturn]] void work_and_exit(llvm::function_ref<llvm::json::Value()> work, int answer) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); // who waits for the answer ends it
    for (const int number : crashes) {
        signal(number, SIG_DFL);
    }
    std::string text;
    llvm::raw_string_ostream(text) << work();
    for (std::string_view left = text; !left.empty();) {
        const ssize_t written = write(answer, left.data(), left.size());
        if (written <= 0) {
            _exit(1);
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    _exit(0);
}

std::string read_to_end(int descriptor, pid_t writer) {
    std::string text;
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t got = read(descriptor, bytes.data(), bytes.size());
        if (got > 0) {
            text.append(bytes.data(), static_cast<std::size_t>(got));
        } else if (got < 0 && errno == EINTR) {
            if (interrupt::is_wanted()) {
                kill(writer, SIGKILL);
            }
        } else {
            return text;
        }
    }
}

} // namespace

bool survives(llvm::function_ref<void()> work) {
    struct sigaction action{};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_RESETHAND;
    for (const int number : crashes) {
        sigaction(number, &action, nullptr);
    }
    if (sigsetjmp(before_work, 1) != 0) {
        return false;
    }
    work();
    return true;
}

std::optional<llvm::json::Value> run(llvm::function_ref<llvm::json::Value()> work) {
    int answer[2];
    if (pipe2(answer, O_CLOEXEC) != 0) {
        throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    }
    const pid_t child = fork();
    if (child < 0) {
        close(answer[0]);
        close(answer[1]);
        throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    }
    if (child == 0) {
        work_and_exit(work, answer[1]);
    }
    close(answer[1]);
    const auto text = read_to_end(answer[0], child);
    close(answer[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (interrupt::is_wanted()) {
        return std::nullopt;
    }
    auto value = llvm::json::parse(text);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !value) {
        llvm::consumeError(value.takeError());
        throw std::runtime_error(WIFSIGNALED(status) ? std::string("the compiler itself failed: ") +
                                                           strsignal(WTERMSIG(status))
                                                     : "the compiler itself failed");
    }
    return std::move(*value);
}

} // namespace copy
