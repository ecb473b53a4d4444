// How values are shown as text: what a type can do is tried from the most exact to the least.
// C++11.
//
// For the standard's containers, pairs, tuples, strings, characters and pointers, as below; by the
// type's `operator<<`; if it can be iterated over, by its elements; by its address.
#pragma once

#include "standard_types.h"

namespace cpp_kernel {

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

template <class T> std::string as_text(const T &value) {
    std::ostringstream out;
    print(out, value);
    return out.str();
}

} // namespace cpp_kernel
