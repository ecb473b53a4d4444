#include "text.h"

#include <algorithm>

namespace text {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

} // namespace

std::size_t bytes_of(std::string_view code, std::size_t characters) {
    std::size_t at = 0;
    for (; at < code.size(); ++at) {
        if (begins_character(code[at]) && characters-- == 0) {
            break;
        }
    }
    return at;
}

std::size_t characters_of(std::string_view code) {
    return static_cast<std::size_t>(std::count_if(code.begin(), code.end(), begins_character));
}

} // namespace text
