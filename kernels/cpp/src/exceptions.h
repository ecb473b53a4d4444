// The exception that is being handled, in words.
#pragma once

#include <string>

namespace exceptions {

struct Description {
    std::string type;
    std::string what; // empty where it has none
};

Description current();

} // namespace exceptions
