// What of a cell compiles: with its last value on display or without, and with what it defines
// anew.
#pragma once

#include "rewrite.h"
#include "session.h"

#include <string>
#include <vector>

// Why a cell cannot go on, for its reply.
struct Failure {
    std::string name;
    std::string value;
    std::vector<std::string> places;
};

namespace compilation {

// Return what compiles for certain, with what it defines anew hidden; its warnings are printed.
// Throws Failure.
std::string compile(Session &session, const Cell &cell);

// Tell whether a cell compiles as it stands. Throws Failure.
bool compiles(Session &session, const Cell &cell);

// Tell whether no declaration of any name could make it compile.
bool is_ungrammatical(Session &session, const std::string &code);

} // namespace compilation
