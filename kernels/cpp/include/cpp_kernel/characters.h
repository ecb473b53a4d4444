// How characters and strings of every kind are shown: as the language writes them. C++11.
#pragma once

#include <cstddef>
#include <iostream>
#include <string>
#include <type_traits>
#if __cplusplus >= 201703L
#include <string_view>
#endif

namespace cpp_kernel {

constexpr std::size_t most_elements = 1000;

// In this order is tried what a type can do.
template <int N> struct rank : rank<N - 1> {};
template <> struct rank<0> {};
using first = rank<9>;

// `Fresh` is another type in every cell: what a type can do is looked up anew.
template <class Fresh> struct Out {
    std::ostream &stream;
};

template <class F, class T> void print(Out<F> &out, const T &value);

// Of exactly that type: what merely converts to it is something else.
template <class T, class... U> struct is_any : std::false_type {};
template <class T, class U, class... V>
struct is_any<T, U, V...>
    : std::integral_constant<bool, std::is_same<T, U>::value || is_any<T, V...>::value> {};
template <class T, class... U> using only = typename std::enable_if<is_any<T, U...>::value>::type;

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

// Two halves of UTF-16 belong together.
template <class Char> std::string as_utf8(const Char *text, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
        auto code = static_cast<unsigned long>(text[i]);
        const auto next = i + 1 < size ? static_cast<unsigned long>(text[i + 1]) : 0;
        if (code >> 10 == 0x36 && next >> 10 == 0x37) {
            code = 0x10000 + ((code & 0x3ff) << 10) + (next & 0x3ff);
            ++i;
        }
        if (code < 0x80) {
            bytes += static_cast<char>(code);
            continue;
        }
        const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        bytes += static_cast<char>((0xff << (7 - more) & 0xff) | (code >> 6 * more & 0x3f));
        for (int left = more - 1; left >= 0; --left) {
            bytes += static_cast<char>(0x80 | (code >> 6 * left & 0x3f));
        }
    }
    return bytes;
}

template <class T> struct prefix {};
template <> struct prefix<wchar_t> {
    static const char *text() { return "L"; }
};
template <> struct prefix<char16_t> {
    static const char *text() { return "u"; }
};
template <> struct prefix<char32_t> {
    static const char *text() { return "U"; }
};

template <class Char>
auto print_text(std::ostream &out, const Char *text, std::size_t size, char quote)
    -> decltype(prefix<Char>::text(), void()) {
    const auto bytes = as_utf8(text, size);
    out << prefix<Char>::text();
    print_quoted(out, bytes.data(), bytes.size(), quote);
}
inline void print_text(std::ostream &out, const char *text, std::size_t size, char quote) {
    print_quoted(out, text, size, quote);
}
#ifdef __cpp_char8_t
inline void print_text(std::ostream &out, const char8_t *text, std::size_t size, char quote) {
    out << "u8";
    print_quoted(out, reinterpret_cast<const char *>(text), size, quote);
}
template <class T> struct is_character : is_any<T, char, wchar_t, char16_t, char32_t, char8_t> {};
#else
template <class T> struct is_character : is_any<T, char, wchar_t, char16_t, char32_t> {};
#endif
template <class T> using if_character = typename std::enable_if<is_character<T>::value>::type;

template <class F, class T> if_character<T> show(Out<F> &out, T value, first) {
    print_text(out.stream, &value, 1, '\'');
}
template <class F, class Char, class Traits, class Allocator>
if_character<Char> show(Out<F> &out, const std::basic_string<Char, Traits, Allocator> &value,
                        first) {
    print_text(out.stream, value.data(), value.size(), '"');
}
#if __cplusplus >= 201703L
template <class F, class Char, class Traits>
if_character<Char> show(Out<F> &out, std::basic_string_view<Char, Traits> value, first) {
    print_text(out.stream, value.data(), value.size(), '"');
}
#endif
template <class F, class Pointer>
auto show(Out<F> &out, const Pointer &value, first) ->
    typename std::enable_if<std::is_pointer<Pointer>::value,
                            if_character<typename std::remove_cv<
                                typename std::remove_pointer<Pointer>::type>::type>>::type {
    using Char = typename std::remove_cv<typename std::remove_pointer<Pointer>::type>::type;
    value ? print_text(out.stream, value, std::char_traits<Char>::length(value), '"')
          : void(out.stream << "nullptr");
}
// Up to the first null, as the language takes it, which need not be there.
template <class F, class T, std::size_t N>
if_character<T> show(Out<F> &out, const T (&value)[N], first) {
    std::size_t size = 0;
    while (size < N && value[size] != T()) {
        ++size;
    }
    print_text(out.stream, value, size, '"');
}

} // namespace cpp_kernel
