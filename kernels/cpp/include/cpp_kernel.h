// Parsed once when an interpreter starts: what a cell can show, and what the kernel puts around
// one. C++11.
#pragma once

#include "cpp_kernel/bundle.h"
#include "cpp_kernel/content.h"

extern "C" {
void cpp_kernel_time(long loops, long runs, long digits, void (*body)(void *), void *data);
}

namespace cpp_kernel {

template <class Body> void timeit(long loops, long runs, long digits, Body body) {
    cpp_kernel_time(loops, runs, digits, [](void *data) { (*static_cast<Body *>(data))(); }, &body);
}

// Once, in a module that works: a later one that fails would take the symbol with it that all
// exceptions need.
struct Destroyed {
    ~Destroyed() { std::cout << ""; }
};
inline void warm_up() {
    Destroyed object;
    try {
        throw 1;
    } catch (...) {
    }
}

} // namespace cpp_kernel
