// As in the xeus kernels.
#pragma once

#include "cpp_kernel.h"

#include <string>

namespace xeus {

inline std::string base64encode(const std::string &bytes) { return cpp_kernel::base64(bytes); }

// Up to the first character that is none of base64's.
inline std::string base64decode(const std::string &text) {
    std::string bytes;
    unsigned long group = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 26
                          : c >= '0' && c <= '9' ? c - '0' + 52
                          : c == '+'             ? 62
                          : c == '/'             ? 63
                                                 : -1;
        if (value < 0) {
            break;
        }
        group = (group << 6 | static_cast<unsigned long>(value)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(group >> bits & 0xff);
        }
    }
    return bytes;
}

} // namespace xeus
