// Rich content: what a cell shows by itself, or with `display`. C++11.
#pragma once

#include "bundle.h"

extern "C" {
void cpp_kernel_show(const char *id, std::size_t id_size, bool update, const char *metadata,
                     std::size_t metadata_size);
void cpp_kernel_clear(bool wait);
}

namespace cpp_kernel {

// Content of one MIME type: binary in base64.
struct Content {
    std::string type;
    std::string data;
};

inline std::map<std::string, std::string> mime_bundle_repr(const Content &content) {
    return {{"text/plain", "<" + content.type + ">"}, {content.type, content.data}};
}

inline std::string base64(const std::string &bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned long group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8 |
                    (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += at + i > bytes.size() ? '=' : digits[group >> (18 - 6 * i) & 63];
        }
    }
    return text;
}

inline Content html(const std::string &text) { return {"text/html", text}; }
inline Content markdown(const std::string &text) { return {"text/markdown", text}; }
inline Content latex(const std::string &text) { return {"text/latex", text}; }
inline Content svg(const std::string &text) { return {"image/svg+xml", text}; }
// Shape: the bytes of such a file.
inline Content png(const std::string &bytes) { return {"image/png", base64(bytes)}; }
inline Content jpeg(const std::string &bytes) { return {"image/jpeg", base64(bytes)}; }

} // namespace cpp_kernel

// The names of the xeus kernels. A cell may use `display` and `clear_output` without the namespace,
// too.
namespace xcpp {

// Show a value now. One with an identifier can be shown again, elsewhere or, as an update, in its
// old place.
template <class T> void display(const T &value) {
    cpp_kernel::add_value<T>(value, cpp_kernel::rank<2>());
    cpp_kernel_show(nullptr, 0, false, nullptr, 0);
}
template <class T> void display(const T &value, const std::string &id, bool update = false) {
    cpp_kernel::add_value<T>(value, cpp_kernel::rank<2>());
    cpp_kernel_show(id.data(), id.size(), update, nullptr, 0);
}

// Take away what the cell has shown; with `wait`, once there is something else to show.
inline void clear_output(bool wait = false) { cpp_kernel_clear(wait); }

} // namespace xcpp
