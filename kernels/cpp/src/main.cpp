// The C++ interpreter of the kernel.
#include "kernel.h"
#include "supervisor.h"
#include "wire.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <vector>

namespace {

bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

} // namespace

int main(int count, char **values) {
    if (count >= 4) {
        wire::requests = std::atoi(values[1]);
        wire::events = std::atoi(values[2]);
        wire::input = std::atoi(values[3]);
    }
    if (!is_open(wire::requests) || !is_open(wire::events) || !is_open(wire::input)) {
        std::fputs("usage: cpp-interpreter REQUESTS EVENTS INPUT [COMPILER ARGUMENT...]\n"
                   "Started by the kernel, which gives it three open descriptors.\n",
                   stderr);
        return 64;
    }
    std::vector<std::string> arguments{"-resource-dir", CLANG_RESOURCE_DIRECTORY};
    arguments.insert(arguments.end(), values + 4, values + count);
    return supervisor::run([&] { return kernel::serve(arguments); });
}
