// What the kernel gets of a value: text and, where its type has that, a bundle by MIME type. C++11.
//
// Found by argument-dependent lookup, `mime_bundle_repr(value)` in place of the text, and
// `mime_bundle(value)` beside it: a JSON object (of any library with `dump()`) or a map from MIME
// type to text.
#pragma once

#include "text.h"

extern "C" {
void cpp_kernel_add_text(const char *type, std::size_t type_size, const char *text,
                         std::size_t text_size);
void cpp_kernel_add_bundle(const char *json, std::size_t size);
}

namespace cpp_kernel {

inline void add_text(const std::string &type, const std::string &text) {
    cpp_kernel_add_text(type.data(), type.size(), text.data(), text.size());
}

// A JSON object; where it can, it puts up with text that is no UTF-8.
template <class Json>
auto add_bundle(const Json &bundle, rank<2>)
    -> decltype(bundle.dump(-1, ' ', false, Json::error_handler_t::replace), void()) {
    const std::string text = bundle.dump(-1, ' ', false, Json::error_handler_t::replace);
    cpp_kernel_add_bundle(text.data(), text.size());
}
template <class Json>
auto add_bundle(const Json &bundle, rank<1>) -> decltype(std::string(bundle.dump()), void()) {
    const std::string text = bundle.dump();
    cpp_kernel_add_bundle(text.data(), text.size());
}
// From MIME type to text.
template <class Map> void add_bundle(const Map &bundle, rank<0>) {
    for (const auto &entry : bundle) {
        add_text(entry.first, entry.second);
    }
}

template <class T> struct Always : std::true_type {};

template <class Fresh, class T>
auto add_value(const T &value, rank<2>) ->
    typename std::enable_if<Always<Fresh>::value, decltype(mime_bundle_repr(value), void())>::type {
    add_bundle(mime_bundle_repr(value), rank<2>());
}
template <class Fresh, class T>
auto add_value(const T &value, rank<1>) ->
    typename std::enable_if<Always<Fresh>::value, decltype(mime_bundle(value), void())>::type {
    add_text("text/plain", as_text<Fresh>(value));
    add_bundle(mime_bundle(value), rank<2>());
}
template <class Fresh, class T> void add_value(const T &value, rank<0>) {
    const auto text = as_text<Fresh>(value);
    if (!text.empty()) {
        add_text("text/plain", text);
    }
}

// What the kernel puts around a cell's last expression. A comma, because the built-in one also
// takes an expression of type void: nothing is shown then.
template <int Cell> struct Shown {};
template <class T, int Cell> void operator,(const T &value, Shown<Cell>) {
    add_value<Shown<Cell>>(value, rank<2>());
}

} // namespace cpp_kernel
