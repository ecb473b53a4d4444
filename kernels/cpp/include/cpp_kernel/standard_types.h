// How the language's and the library's own types are shown as text. C++11.
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

} // namespace cpp_kernel
