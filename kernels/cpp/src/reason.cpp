#include "reason.h"

#include "shared.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/wait.h>

void give_reason(std::string_view name, std::string_view value) noexcept {
    if (shared->reason[0] != '\0') {
        return;
    }
    char *end = shared->reason + sizeof shared->reason - 1;
    char *at = std::copy_n(name.data(), std::min<std::size_t>(name.size(), 128), shared->reason);
    *at++ = '\n';
    at = std::copy_n(value.data(), std::min<std::size_t>(value.size(), end - at), at);
    *at = '\0';
}

namespace {

std::string reason_of(int wait_status) {
    if (shared->killed_by_us) {
        return "KeyboardInterrupt\ninterrupted";
    }
    if (shared->reason[0] != '\0') {
        return shared->reason;
    }
    if (WIFSIGNALED(wait_status)) {
        const int number = WTERMSIG(wait_status);
        const char *hint =
            number == SIGKILL ? "killed, by somebody else or for want of memory" : "";
        return std::string(strsignal(number)) + "\n" + hint;
    }
    return "Exit\nthe process ended with code " + std::to_string(WEXITSTATUS(wait_status));
}

} // namespace

std::string take_reason(int wait_status) {
    const auto reason = reason_of(wait_status);
    shared->reason[0] = '\0';
    shared->killed_by_us = false;
    return reason;
}
