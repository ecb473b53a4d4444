// The C++ engine of the kernel: talks with the front by kernels/front/README.md.
#include "kernel.h"
#include "supervisor.h"
#include "wire.h"

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <vector>

namespace {

bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

} // namespace

int main(int count, char **values) {
    if (!is_open(wire::requests) || !is_open(wire::messages)) {
        std::fputs("usage: cpp-engine [COMPILER ARGUMENT...]\n"
                   "Started by a kernel, which sends requests on descriptor 3 and reads messages "
                   "from 4.\n",
                   stderr);
        return 64;
    }
    // Lines are for exceptions, and go before any code is made; comments are for inspection.
    std::vector<std::string> arguments{"-resource-dir", CLANG_RESOURCE_DIRECTORY,
                                       "-gline-tables-only", "-fparse-all-comments"};
    arguments.insert(arguments.end(), values + 1, values + count);
    return supervisor::run([&] { return kernel::serve(arguments); });
}
