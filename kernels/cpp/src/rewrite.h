// A cell as the compiler gets it: statements in functions, the last value on display, new
// definitions in namespaces.
#pragma once

#include "cell.h"
#include "session.h"

#include <set>
#include <string>
#include <vector>

struct Rewrite {
    bool shows_value = false;
    std::set<unsigned> shadowing;   // chunks that define something anew
    std::vector<Location> hidden;   // what they replace
    std::set<std::string> borrowed; // names of namespace xcpp that the cell uses without saying so
    unsigned padding = 0;           // moves everything to other offsets

    // Take in what a try has told of redefinitions and of names that nobody has declared. False
    // where that changes nothing, or is of no use.
    bool learn(const Verdict &verdict, const class Cell &cell);
};

class Cell {
  public:
    // Shape: `name` is what the compiler calls it, `serial` is its own for as long as the session
    // lasts.
    Cell(std::string code, std::string name, unsigned serial);

    bool may_show_value() const;
    bool probably_shows_value() const;

    // `int j = 5`, as cling takes it.
    Cell with_semicolon() const;

    // What is in `extern "C"` has to stay where it is.
    bool may_shadow(unsigned chunk) const;

    Source source(const Rewrite &rewrite) const;

  private:
    std::string in_function(unsigned chunk, const std::string &body) const;
    std::string in_namespace(const std::string &body) const;
    std::string inside_namespace(const std::string &body) const;
    std::string with_comment(const cell::Chunk &chunk, std::size_t begin) const;
    std::string place(unsigned line, unsigned column) const;

    std::string code_;
    std::string name_;
    unsigned serial_;
    cell::Split split_;
};
