// How the language's and the library's own types are shown as text. C++11.
#pragma once

#include "characters.h"

#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <tuple>
#include <utility>
#if __cplusplus >= 201703L
#include <optional>
#include <variant>
#endif

namespace cpp_kernel {

template <class F, class T> only<T, bool> show(Out<F> &out, T value, first) {
    out.stream << (value ? "true" : "false");
}
template <class F, class T> only<T, signed char, unsigned char> show(Out<F> &out, T value, first) {
    out.stream << static_cast<int>(value);
}
template <class F, class T> only<T, std::nullptr_t> show(Out<F> &out, T, first) {
    out.stream << "nullptr";
}
// `std::cout << x` has shown itself.
template <class F, class T>
auto show(Out<F> &, const T &, first) ->
    typename std::enable_if<std::is_base_of<std::ios_base, T>::value>::type {}
#if __cplusplus >= 201703L
template <class F, class T> only<T, std::nullopt_t> show(Out<F> &out, T, first) {
    out.stream << "nullopt";
}
template <class F, class T> only<T, std::monostate> show(Out<F> &out, T, first) {
    out.stream << "monostate";
}
template <class F, class T> void show(Out<F> &out, const std::optional<T> &value, rank<8>) {
    value ? cpp_kernel::print(out, *value) : void(out.stream << "nullopt");
}
template <class F, class... T> void show(Out<F> &out, const std::variant<T...> &value, rank<8>) {
    value.valueless_by_exception()
        ? void(out.stream << "valueless")
        : std::visit([&](const auto &held) { cpp_kernel::print(out, held); }, value);
}
// An expected value, of whichever library.
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<8>)
    -> decltype(value.error(), value.has_value(), void()) {
    if (!value.has_value()) {
        out.stream << "unexpected(";
        cpp_kernel::print(out, value.error());
        out.stream << ')';
    } else if constexpr (!std::is_void_v<typename T::value_type>) {
        cpp_kernel::print(out, *value);
    } else {
        out.stream << "void";
    }
}
#endif

template <class F, class T>
auto show(Out<F> &out, T value, rank<8>) ->
    typename std::enable_if<std::is_floating_point<T>::value>::type {
    const auto before = out.stream.precision(std::numeric_limits<T>::digits10);
    out.stream << value;
    out.stream.precision(before);
}

template <class F, class A, class B> void show(Out<F> &out, const std::pair<A, B> &value, rank<8>) {
    out.stream << '(';
    cpp_kernel::print(out, value.first);
    out.stream << ", ";
    cpp_kernel::print(out, value.second);
    out.stream << ')';
}

template <std::size_t I, class F, class Tuple>
auto show_from(Out<F> &, const Tuple &) ->
    typename std::enable_if<I == std::tuple_size<Tuple>::value>::type {}
template <std::size_t I, class F, class Tuple>
auto show_from(Out<F> &out, const Tuple &value) ->
    typename std::enable_if<(I < std::tuple_size<Tuple>::value)>::type {
    out.stream << (I == 0 ? "" : ", ");
    cpp_kernel::print(out, std::get<I>(value));
    show_from<I + 1>(out, value);
}
template <class F, class... T> void show(Out<F> &out, const std::tuple<T...> &value, rank<8>) {
    out.stream << '(';
    show_from<0>(out, value);
    out.stream << ')';
}

// A duration as C++20's own operator writes it, and a point in time as one since its epoch.
inline std::string unit(std::intmax_t num, std::intmax_t den) {
    return den == 1 && num == 1         ? "s"
           : den == 1 && num == 60      ? "min"
           : den == 1 && num == 3600    ? "h"
           : num == 1 && den == 1000    ? "ms"
           : num == 1 && den == 1000000 ? "us"
           : num == 1 && den == 1000000000
               ? "ns"
               : "[" + std::to_string(num) + (den == 1 ? "" : "/" + std::to_string(den)) + "]s";
}
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<2>) -> decltype(value.count(), void(T::period::den)) {
    cpp_kernel::print(out, value.count());
    out.stream << unit(T::period::num, T::period::den);
}
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<2>) -> decltype(value.time_since_epoch(), void()) {
    cpp_kernel::print(out, value.time_since_epoch());
}

template <class F, class T> void show(Out<F> &out, const std::unique_ptr<T> &value, rank<8>) {
    cpp_kernel::print(out, value.get());
}
template <class F, class T> void show(Out<F> &out, const std::shared_ptr<T> &value, rank<8>) {
    cpp_kernel::print(out, value.get());
}

} // namespace cpp_kernel
