// As in the xeus kernels: the identifier of a display.
#pragma once

#include <random>
#include <string>

namespace xeus {

using xguid = std::string;

inline xguid new_xguid() {
    std::random_device random;
    std::string text;
    for (int i = 0; i < 32; ++i) {
        text += "0123456789abcdef"[random() & 15];
    }
    return text;
}

} // namespace xeus
