#include "timing.h"

#include "interrupt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

namespace timing {
namespace {

using Body = void (*)(void *);

constexpr double long_enough_s = 0.1;
constexpr long most_loops = 1'000'000'000;

double seconds_for(long loops, Body body, void *data) {
    const auto begin = std::chrono::steady_clock::now();
    for (long i = 0; i < loops; ++i) {
        body(data);
        interrupt::check();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// 1, 10, 100, …: the first that takes long enough for the clock.
long fitting_loops(Body body, void *data) {
    long loops = 1;
    while (loops < most_loops && seconds_for(loops, body, data) < long_enough_s) {
        loops *= 10;
    }
    return loops;
}

void print(double seconds, int digits) {
    struct Unit {
        double size;
        const char *name;
    };
    for (const auto &unit : {Unit{1, "s"}, Unit{1e-3, "ms"}, Unit{1e-6, "µs"}, Unit{1e-9, "ns"}}) {
        if (seconds >= unit.size || unit.size == 1e-9) {
            std::printf("%.*g %s", digits, seconds / unit.size, unit.name);
            return;
        }
    }
}

void time(long loops, long runs, long digits, Body body, void *data) {
    loops = loops > 0 ? loops : fitting_loops(body, data);
    std::vector<double> each;
    for (long run = 0; run < std::max(1L, runs); ++run) {
        each.push_back(seconds_for(loops, body, data) / static_cast<double>(loops));
    }
    const auto count = static_cast<double>(each.size());
    const double mean = std::accumulate(each.begin(), each.end(), 0.0) / count;
    const double squares =
        std::accumulate(each.begin(), each.end(), 0.0, [mean](double sum, double one) {
            return sum + (one - mean) * (one - mean);
        });
    const int precision = static_cast<int>(std::clamp(digits, 1L, 17L));
    print(mean, precision);
    std::printf(" ± ");
    print(std::sqrt(squares / count), precision);
    std::printf(" per loop (mean ± std. dev. of %zu run%s, %ld loop%s each)\n", each.size(),
                each.size() == 1 ? "" : "s", loops, loops == 1 ? "" : "s");
}

} // namespace

std::pair<std::string_view, void *> function() {
    return {"cpp_kernel_time", reinterpret_cast<void *>(&time)};
}

} // namespace timing
