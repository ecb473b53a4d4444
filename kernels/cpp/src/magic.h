// What a cell says to the kernel rather than to the compiler: `%name`, `%%name`, `!command`,
// `?name`, `#pragma cling`. Knows their form, and does nothing.
#pragma once

#include <string>
#include <vector>

namespace magic {

struct Magic {
    unsigned line;
    std::string name; // "%lib", "%%file", "!", "?", …
    std::string argument;
    std::string body; // of a cell's magic: the lines below it
};

// Take the magics out of a cell, in the order in which they stand. What stays is for the compiler;
// every line of it keeps its number. Throws std::runtime_error.
std::vector<Magic> take(std::string &code);

// `-n 10 -r3 -a name` as a shell would take it: the options, and the rest.
struct Arguments {
    std::vector<std::pair<char, std::string>> options;
    std::string rest;
};

// Shape: `with_value` are the letters of the options that have one. Throws std::runtime_error.
Arguments parse(const std::string &argument, const std::string &letters,
                const std::string &with_value);

// Of completions.
const std::vector<std::string> &names();

// All of them, for a person.
std::string known();

} // namespace magic
