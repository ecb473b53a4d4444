// Parsed once when an interpreter starts: how values are shown. C++11.
//
// A type is shown by, in this order: `mime_bundle_repr(value)` or `mime_bundle(value)`, found by
// argument-dependent lookup, a JSON object (of any library with `dump()`) or a map from MIME type
// to text; for the standard's containers, pairs, tuples, strings, characters and pointers, as
// below; its `operator<<`; if it can be iterated over, its elements; its address.
#pragma once

#include <cstddef>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#if __cplusplus >= 201703L
#include <optional>
#include <string_view>
#include <variant>
#endif

extern "C" {
void cpp_kernel_add_text(const char *type, std::size_t type_size, const char *text,
                         std::size_t text_size);
void cpp_kernel_add_bundle(const char *json, std::size_t size);
void cpp_kernel_show(const char *id, std::size_t id_size, bool update, const char *metadata,
                     std::size_t metadata_size);
void cpp_kernel_clear(bool wait);
void cpp_kernel_time(long loops, long runs, long digits, void (*body)(void *), void *data);
}

namespace cpp_kernel {

constexpr std::size_t most_elements = 1000;

// In this order is tried what a type can do.
template <int N> struct rank : rank<N - 1> {};
template <> struct rank<0> {};
using first = rank<9>;

template <class T> void print(std::ostream &out, const T &value);

inline void print_quoted(std::ostream &out, const char *text, std::size_t size, char quote) {
    out << quote;
    for (std::size_t i = 0; i < size; ++i) {
        const char c = text[i];
        switch (c) {
        case '\n':
            out << "\\n";
            break;
        case '\t':
            out << "\\t";
            break;
        case '\r':
            out << "\\r";
            break;
        case '\0':
            out << "\\0";
            break;
        case '\\':
            out << "\\\\";
            break;
        default:
            c == quote ? out << '\\' << c : out << c;
        }
    }
    out << quote;
}

// --- the language's and the library's own types ----------------------------------------------

// Of exactly that type: what merely converts to it is something else.
template <class T, class... U> struct is_any : std::false_type {};
template <class T, class U, class... V>
struct is_any<T, U, V...>
    : std::integral_constant<bool, std::is_same<T, U>::value || is_any<T, V...>::value> {};
template <class T, class... U> using only = typename std::enable_if<is_any<T, U...>::value>::type;

template <class T> only<T, bool> show(std::ostream &out, T value, first) {
    out << (value ? "true" : "false");
}
template <class T> only<T, char> show(std::ostream &out, T value, first) {
    print_quoted(out, &value, 1, '\'');
}
template <class T> only<T, signed char, unsigned char> show(std::ostream &out, T value, first) {
    out << static_cast<int>(value);
}
template <class T> only<T, wchar_t, char16_t, char32_t> show(std::ostream &out, T value, first) {
    out << static_cast<unsigned long>(value);
}
#ifdef __cpp_char8_t
template <class T> only<T, char8_t> show(std::ostream &out, T value, first) {
    out << static_cast<int>(value);
}
#endif
template <class T> only<T, std::nullptr_t> show(std::ostream &out, T, first) { out << "nullptr"; }
template <class T> only<T, std::string> show(std::ostream &out, const T &value, first) {
    print_quoted(out, value.data(), value.size(), '"');
}
template <class T> only<T, char *, const char *> show(std::ostream &out, T value, first) {
    value ? print_quoted(out, value, std::char_traits<char>::length(value), '"')
          : void(out << "nullptr");
}
// `std::cout << x` has shown itself.
template <class T>
auto show(std::ostream &, const T &, first) ->
    typename std::enable_if<std::is_base_of<std::ios_base, T>::value>::type {}
#if __cplusplus >= 201703L
template <class T> only<T, std::string_view> show(std::ostream &out, T value, first) {
    print_quoted(out, value.data(), value.size(), '"');
}
template <class T> only<T, std::nullopt_t> show(std::ostream &out, T, first) { out << "nullopt"; }
template <class T> only<T, std::monostate> show(std::ostream &out, T, first) { out << "monostate"; }
template <class T> void show(std::ostream &out, const std::optional<T> &value, rank<8>) {
    value ? print(out, *value) : void(out << "nullopt");
}
template <class... T> void show(std::ostream &out, const std::variant<T...> &value, rank<8>) {
    value.valueless_by_exception() ? void(out << "valueless")
                                   : std::visit([&](const auto &held) { print(out, held); }, value);
}
#endif

template <class T>
auto show(std::ostream &out, T value, rank<8>) ->
    typename std::enable_if<std::is_floating_point<T>::value>::type {
    const auto before = out.precision(std::numeric_limits<T>::digits10);
    out << value;
    out.precision(before);
}

template <class A, class B> void show(std::ostream &out, const std::pair<A, B> &value, rank<8>) {
    out << '(';
    print(out, value.first);
    out << ", ";
    print(out, value.second);
    out << ')';
}

template <std::size_t I, class Tuple>
auto show_from(std::ostream &, const Tuple &) ->
    typename std::enable_if<I == std::tuple_size<Tuple>::value>::type {}
template <std::size_t I, class Tuple>
auto show_from(std::ostream &out, const Tuple &value) ->
    typename std::enable_if<(I < std::tuple_size<Tuple>::value)>::type {
    out << (I == 0 ? "" : ", ");
    print(out, std::get<I>(value));
    show_from<I + 1>(out, value);
}
template <class... T> void show(std::ostream &out, const std::tuple<T...> &value, rank<8>) {
    out << '(';
    show_from<0>(out, value);
    out << ')';
}

template <class T> void show(std::ostream &out, const std::unique_ptr<T> &value, rank<8>) {
    print(out, value.get());
}
template <class T> void show(std::ostream &out, const std::shared_ptr<T> &value, rank<8>) {
    print(out, value.get());
}

// --- whatever else ---------------------------------------------------------------------------

// Functions and lambdas convert to a pointer, and that to bool: `operator<<` would say 1 of each.
template <class T>
auto show(std::ostream &out, const T &value, rank<7>) -> typename std::enable_if<
    std::is_function<typename std::remove_pointer<decltype(+value)>::type>::value>::type {
    const auto address = +value;
    address ? out << '@' << reinterpret_cast<const void *>(address) : out << "nullptr";
}
template <class T>
auto show(std::ostream &out, const T &value, rank<7>) ->
    typename std::enable_if<std::is_member_pointer<T>::value>::type {
    out << (value ? "pointer to member" : "nullptr");
}

template <class T>
auto show(std::ostream &out, const T &value, rank<5>) -> decltype(out << value, void()) {
    out << value;
}

template <class T>
auto show(std::ostream &out, const T &value, rank<4>) ->
    typename std::enable_if<std::is_enum<T>::value>::type {
    out << +static_cast<typename std::underlying_type<T>::type>(value);
}

// An array of characters has operator<<, every other one has the address's: elements first.
template <class T, std::size_t N>
auto show(std::ostream &out, const T (&value)[N], rank<7>) ->
    typename std::enable_if<!std::is_same<T, char>::value>::type {
    out << "{ ";
    for (std::size_t i = 0; i < N && i < most_elements; ++i) {
        out << (i == 0 ? "" : ", ");
        print(out, value[i]);
    }
    out << (N > most_elements ? ", ... }" : " }");
}
template <std::size_t N> void show(std::ostream &out, const char (&value)[N], first) {
    show(out, static_cast<const char *>(value), first());
}

template <class T>
auto show(std::ostream &out, const T &value, rank<3>)
    -> decltype(std::begin(value) != std::end(value), void()) {
    std::size_t count = 0;
    out << "{";
    for (const auto &element : value) {
        if (count == most_elements) {
            out << ", ...";
            break;
        }
        out << (count++ == 0 ? " " : ", ");
        print(out, element);
    }
    out << (count == 0 ? "}" : " }");
}

template <class T> void show(std::ostream &out, const T &value, rank<0>) {
    out << '@' << static_cast<const void *>(std::addressof(value));
}

template <class T> void print(std::ostream &out, const T &value) { show(out, value, first()); }

// --- what the kernel gets --------------------------------------------------------------------

template <class T> std::string as_text(const T &value) {
    std::ostringstream out;
    print(out, value);
    return out.str();
}

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

// `Fresh` is another type in every cell: what a type can do is looked up anew.
template <class Fresh, class T>
auto add_value(const T &value, rank<2>) ->
    typename std::enable_if<Always<Fresh>::value, decltype(mime_bundle_repr(value), void())>::type {
    add_bundle(mime_bundle_repr(value), rank<2>());
}
template <class Fresh, class T>
auto add_value(const T &value, rank<1>) ->
    typename std::enable_if<Always<Fresh>::value, decltype(mime_bundle(value), void())>::type {
    add_text("text/plain", as_text(value));
    add_bundle(mime_bundle(value), rank<2>());
}
template <class Fresh, class T> void add_value(const T &value, rank<0>) {
    const auto text = as_text(value);
    if (!text.empty()) {
        add_text("text/plain", text);
    }
}

// What the kernel puts around a cell's last expression. A comma, because the built-in one also
// takes an expression of type void: nothing is shown then.
template <int Cell> struct Shown {};
template <class T, int Cell> void operator,(T &&value, Shown<Cell>) {
    add_value<Shown<Cell>>(static_cast<const typename std::remove_reference<T>::type &>(value),
                           rank<2>());
}

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

// --- rich content ----------------------------------------------------------------------------

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
