// How values are shown as text: what a type can do is tried from the most exact to the least.
// C++11.
//
// For the standard's containers, pairs, tuples, strings, characters and pointers, as below; by the
// type's `operator<<`; if it can be iterated over, by its elements; by its address.
#pragma once

#include "standard_types.h"

namespace cpp_kernel {

// Functions and lambdas convert to a pointer, and that to bool: `operator<<` would say 1 of each.
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<7>) -> typename std::enable_if<
    std::is_function<typename std::remove_pointer<decltype(+value)>::type>::value>::type {
    const auto address = +value;
    address ? out.stream << '@' << reinterpret_cast<const void *>(address)
            : out.stream << "nullptr";
}
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<7>) ->
    typename std::enable_if<std::is_member_pointer<T>::value>::type {
    out.stream << (value ? "pointer to member" : "nullptr");
}

template <class F, class T>
auto show(Out<F> &out, const T &value, rank<5>) -> decltype(out.stream << value, void()) {
    out.stream << value;
}

template <class F, class T>
auto show(Out<F> &out, const T &value, rank<4>) ->
    typename std::enable_if<std::is_enum<T>::value>::type {
    out.stream << +static_cast<typename std::underlying_type<T>::type>(value);
}

// Its operator<< is the address's: elements first.
template <class F, class T, std::size_t N>
auto show(Out<F> &out, const T (&value)[N], rank<7>) ->
    typename std::enable_if<!is_character<T>::value>::type {
    out.stream << "{ ";
    for (std::size_t i = 0; i < N && i < most_elements; ++i) {
        out.stream << (i == 0 ? "" : ", ");
        cpp_kernel::print(out, value[i]);
    }
    out.stream << (N > most_elements ? ", ... }" : " }");
}

template <class F, class Range> void print_elements(Out<F> &out, Range &range) {
    std::size_t count = 0;
    out.stream << "{";
    for (const auto &element : range) {
        if (count == most_elements) {
            out.stream << ", ...";
            break;
        }
        out.stream << (count++ == 0 ? " " : ", ");
        cpp_kernel::print(out, element);
    }
    out.stream << (count == 0 ? "}" : " }");
}
template <class F, class T>
auto show(Out<F> &out, const T &value, rank<3>)
    -> decltype(std::begin(value) != std::end(value), void()) {
    print_elements(out, value);
}
#ifdef __cpp_lib_ranges
// Some views can be walked through only where they may change: a copy, which costs nothing.
template <class F, class T>
    requires std::ranges::enable_view<T>
auto show(Out<F> &out, const T &value, rank<1>)
    -> decltype(std::ranges::begin(std::declval<T &>()), void()) {
    T copy(value);
    print_elements(out, copy);
}
#endif

template <class F, class T> void show(Out<F> &out, const T &value, rank<0>) {
    out.stream << '@' << static_cast<const void *>(std::addressof(value));
}

template <class F, class T> void print(Out<F> &out, const T &value) { show(out, value, first()); }

template <class Fresh, class T> std::string as_text(const T &value) {
    std::ostringstream stream;
    Out<Fresh> out{stream};
    cpp_kernel::print(out, value);
    return stream.str();
}

} // namespace cpp_kernel
