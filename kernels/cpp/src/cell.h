// A cell as text: where its statements begin and end. Knows C++'s tokens, not its grammar.
#pragma once

#include "statement.h"

#include <string>
#include <string_view>
#include <vector>

namespace cell {

// A stretch of a cell that is one declaration, statement or directive; at least, that never cuts
// one in two.
struct Chunk {
    std::size_t begin;
    std::size_t end;
    unsigned line;           // of its first token, from 1
    unsigned column;         // likewise
    std::vector<Word> words; // its tokens
};

enum class State { complete, incomplete, invalid };

struct Split {
    std::vector<Chunk> chunks;
    State state;
    std::size_t open_brackets; // at the end
};

Split split(const std::string &code);

} // namespace cell
