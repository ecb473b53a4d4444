// Parsed once when an interpreter starts: how the value of a cell's last expression is shown. C++11.
//
// A type is shown by, in this order: `mime_bundle(value)`, found by argument-dependent lookup, a map from MIME type to
// text; for the standard's containers, pairs, tuples, strings, characters and pointers, as below; its `operator<<`; if
// it can be iterated over, its elements; its address.
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

extern "C" void cpp_kernel_show(const char *type, std::size_t type_size, const char *text, std::size_t text_size);

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

// --- the language's and the library's own types ----------------------------------------------------------------

// Of exactly that type: what merely converts to it is something else.
template <class T, class... U> struct is_any : std::false_type {};
template <class T, class U, class... V>
struct is_any<T, U, V...> : std::integral_constant<bool, std::is_same<T, U>::value || is_any<T, V...>::value> {};
template <class T, class... U> using only = typename std::enable_if<is_any<T, U...>::value>::type;

template <class T> only<T, bool> show(std::ostream &out, T value, first) { out << (value ? "true" : "false"); }
template <class T> only<T, char> show(std::ostream &out, T value, first) { print_quoted(out, &value, 1, '\''); }
template <class T> only<T, signed char, unsigned char> show(std::ostream &out, T value, first) {
    out << static_cast<int>(value);
}
template <class T> only<T, wchar_t, char16_t, char32_t> show(std::ostream &out, T value, first) {
    out << static_cast<unsigned long>(value);
}
#ifdef __cpp_char8_t
template <class T> only<T, char8_t> show(std::ostream &out, T value, first) { out << static_cast<int>(value); }
#endif
template <class T> only<T, std::nullptr_t> show(std::ostream &out, T, first) { out << "nullptr"; }
template <class T> only<T, std::string> show(std::ostream &out, const T &value, first) {
    print_quoted(out, value.data(), value.size(), '"');
}
template <class T> only<T, char *, const char *> show(std::ostream &out, T value, first) {
    value ? print_quoted(out, value, std::char_traits<char>::length(value), '"') : void(out << "nullptr");
}
// `std::cout << x` has shown itself.
template <class T>
auto show(std::ostream &, const T &, first) -> typename std::enable_if<std::is_base_of<std::ios_base, T>::value>::type {
}
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
auto show(std::ostream &out, T value, rank<8>) -> typename std::enable_if<std::is_floating_point<T>::value>::type {
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
auto show_from(std::ostream &, const Tuple &) -> typename std::enable_if<I == std::tuple_size<Tuple>::value>::type {}
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

template <class T> void show(std::ostream &out, const std::unique_ptr<T> &value, rank<8>) { print(out, value.get()); }
template <class T> void show(std::ostream &out, const std::shared_ptr<T> &value, rank<8>) { print(out, value.get()); }

// --- whatever else ---------------------------------------------------------------------------------------------

template <class T> auto show(std::ostream &out, const T &value, rank<5>) -> decltype(out << value, void()) {
    out << value;
}

template <class T>
auto show(std::ostream &out, const T &value, rank<4>) -> typename std::enable_if<std::is_enum<T>::value>::type {
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
auto show(std::ostream &out, const T &value, rank<3>) -> decltype(std::begin(value) != std::end(value), void()) {
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

// --- what the kernel puts around a cell's last expression --------------------------------------------------------

inline void publish(const std::string &type, const std::string &text) {
    cpp_kernel_show(type.data(), type.size(), text.data(), text.size());
}

template <class T> std::string as_text(const T &value) {
    std::ostringstream out;
    print(out, value);
    return out.str();
}

template <class T> auto publish_value(const T &value, rank<1>) -> decltype(mime_bundle(value), void()) {
    bool has_text = false;
    for (const auto &entry : mime_bundle(value)) {
        has_text = has_text || entry.first == "text/plain";
        publish(entry.first, entry.second);
    }
    if (!has_text) {
        publish("text/plain", as_text(value));
    }
}
template <class T> void publish_value(const T &value, rank<0>) {
    const auto text = as_text(value);
    if (!text.empty()) {
        publish("text/plain", text);
    }
}

struct shown {};
// A comma, because the built-in one also takes an expression of type void: nothing is shown then.
template <class T> void operator,(T &&value, shown) { publish_value(value, rank<1>()); }

// Once, in a module that works: a later one that fails would take the symbol with it that all exceptions need.
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
