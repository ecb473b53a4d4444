// Tells statements from declarations by their words, as far as that can be done without knowing
// what the names mean.
#pragma once

#include <string>
#include <vector>

namespace cell {

enum class WordKind { name, literal, other };

struct Word {
    WordKind kind;
    std::string text;
};

// Shape: the words of one chunk. A wrong "no" costs little, a wrong "yes" hides a declaration from
// later cells: where both are possible (`a * b;`), no.
bool is_statement(const std::vector<Word> &words);

} // namespace cell
