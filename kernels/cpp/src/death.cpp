#include "death.h"

#include "exceptions.h"
#include "interrupt.h"
#include "place.h"
#include "reason.h"
#include "shared.h"
#include "streams.h"

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

namespace death {
namespace {

constexpr std::array fatal{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t own_stack_size = 64 * 1024;
constexpr std::uintptr_t near = 1 << 16;

std::uintptr_t stack_pointer(const void *context) {
    const auto &machine = static_cast<const ucontext_t *>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return machine.sp;
#else
#error "say where this machine keeps its stack pointer"
#endif
}

const char *name_of(int number) {
    switch (number) {
    case SIGSEGV:
        return "Segmentation fault";
    case SIGBUS:
        return "Bus error";
    case SIGILL:
        return "Illegal instruction";
    case SIGFPE:
        return "Arithmetic exception";
    default:
        return "Aborted";
    }
}

// Only if no more is known than the signal: what std::terminate says comes first.
void give_reason_with_place(const char *name, std::string_view value) {
    char text[160];
    std::size_t size = value.copy(text, 64);
    char where[64];
    if (const auto length = place::describe(place::now(), where, sizeof where); length > 0) {
        const char *separator = size > 0 ? ", in " : "in ";
        size += std::string_view(separator).copy(text + size, 8);
        size += std::string_view(where, length).copy(text + size, sizeof where);
    }
    give_reason(name, {text, size});
}

void on_fatal(int number, siginfo_t *info, void *context) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    if (number == SIGSEGV && info->si_code > 0) {
        const auto stack = stack_pointer(context);
        if (address > stack - near && address < stack + near) {
            give_reason("Stack overflow", "the calls are nested too deeply");
        }
        char text[64];
        const int size = std::snprintf(text, sizeof text, "at address %p", info->si_addr);
        give_reason_with_place(name_of(number), {text, static_cast<std::size_t>(size)});
    }
    give_reason_with_place(name_of(number), {});
    streams::rescue();
    signal(number, SIG_DFL);
    raise(number);
}

[[noreturn]] void on_terminate() {
    if (interrupt::is_wanted()) {
        give_reason("KeyboardInterrupt", "interrupted where no exception may pass");
    } else if (std::current_exception()) {
        const auto [type, what] = exceptions::current();
        give_reason("std::terminate", "uncaught " + type + (what.empty() ? "" : ": " + what));
    } else {
        give_reason("std::terminate",
                    "called without an exception; a joinable std::thread was destroyed, perhaps");
    }
    std::abort();
}

} // namespace

void install() {
    stack_t own{};
    own.ss_sp =
        mmap(nullptr, own_stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    own.ss_size = own_stack_size;
    sigaltstack(&own, nullptr);
    struct sigaction action{};
    action.sa_sigaction = on_fatal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (const int number : fatal) {
        sigaction(number, &action, nullptr);
    }
    std::set_terminate(on_terminate);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core); // a notebook's folder is no place for them
}

} // namespace death
