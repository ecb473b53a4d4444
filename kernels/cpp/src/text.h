// Positions in UTF-8. Jupyter counts characters (code points), the compiler bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace text {

// The number of bytes that the first `characters` take.
std::size_t bytes_of(std::string_view code, std::size_t characters);

std::size_t characters_of(std::string_view code);

} // namespace text
