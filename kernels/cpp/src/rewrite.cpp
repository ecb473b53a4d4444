#include "rewrite.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace {

// `display(x);` works without a word more, and yet a cell may give these names a meaning of its
// own.
const std::set<std::string> borrowable{"display", "clear_output"};

// In a declaration, a lambda may not say `[&]`, and need not: all it can name is global.
void drop_capture_defaults(std::string &code, const cell::Chunk &chunk) {
    const auto text = [&](std::size_t i) -> std::string_view {
        return i < chunk.words.size() ? std::string_view(chunk.words[i].text) : "";
    };
    int open = 0;
    std::size_t at = chunk.begin;
    for (std::size_t i = 0; i < chunk.words.size(); ++i) {
        const auto word = text(i);
        open += word == "{" ? 1 : word == "}" ? -1 : 0;
        at = code.find(word, at);
        const bool is_default = open == 0 && i > 0 && text(i - 1) == "[" && text(i + 1) == "]" &&
                                (word == "&" || word == "=");
        if (is_default) {
            code[at] = ' ';
        }
        at += word.size();
    }
}

} // namespace

bool Rewrite::learn(const Verdict &verdict, const Cell &cell) {
    const auto known = [this] {
        return shadowing.size() + hidden.size() + borrowed.size() + padding;
    };
    const auto before = known();
    padding += verdict.mistook_place ? 1 : 0;
    for (const unsigned chunk : verdict.redefining) {
        if (!cell.may_shadow(chunk)) {
            return false;
        }
        shadowing.insert(chunk);
    }
    for (const auto location : verdict.redefined) {
        if (std::find(hidden.begin(), hidden.end(), location) == hidden.end()) {
            hidden.push_back(location);
        }
    }
    std::set_intersection(verdict.undeclared.begin(), verdict.undeclared.end(), borrowable.begin(),
                          borrowable.end(), std::inserter(borrowed, borrowed.end()));
    return known() > before;
}

Cell::Cell(std::string code, std::string name, unsigned serial)
    : code_(std::move(code)), name_(std::move(name)), serial_(serial), split_(cell::split(code_)) {
    for (const auto &chunk : split_.chunks) {
        if (!cell::is_statement(chunk.words)) {
            drop_capture_defaults(code_, chunk);
        }
    }
}

bool Cell::may_show_value() const {
    return !split_.chunks.empty() && split_.chunks.back().words.back().text != ";";
}

bool Cell::probably_shows_value() const {
    return may_show_value() && split_.chunks.back().words.back().text != "}";
}

Cell Cell::with_semicolon() const { return {code_ + "\n;", name_, serial_}; }

bool Cell::may_shadow(unsigned chunk) const {
    static const std::set<std::string> fixed{"extern", "#"};
    return chunk < split_.chunks.size() &&
           fixed.count(split_.chunks[chunk].words.front().text) == 0;
}

Source Cell::source(const Rewrite &rewrite) const {
    Source source{std::string(serial_ + rewrite.padding, ' '), {}};
    for (const auto &name : rewrite.borrowed) {
        source.text += "using ::xcpp::" + name + ";";
    }
    std::size_t last_end = 0;
    for (unsigned i = 0; i < split_.chunks.size(); ++i) {
        const auto &chunk = split_.chunks[i];
        const auto text = place(chunk.line, chunk.column) +
                          code_.substr(chunk.begin, chunk.end - chunk.begin) + "\n";
        if (rewrite.shows_value && i + 1 == split_.chunks.size()) {
            source.text += in_function(i, "(" + text + "), ::cpp_kernel::Shown<" +
                                              std::to_string(serial_) + ">{};");
        } else if (rewrite.shadowing.count(i) != 0) {
            source.text += chunk.words.front().text == "namespace"
                               ? inside_namespace(text)
                               : in_namespace(with_comment(chunk, last_end));
        } else if (cell::is_statement(chunk.words)) {
            source.text += in_function(i, text);
        } else {
            source.text += with_comment(chunk, last_end);
        }
        source.chunk_ends.push_back(source.text.size());
        last_end = chunk.end;
    }
    source.text +=
        "\n" + code_.substr(last_end); // a comment without an end, for the compiler to complain of
    return source;
}

// Outside of functions, clang 19 crashes on lambdas (they have no name to mangle) and forgets some
// destructors.
std::string Cell::in_function(unsigned chunk, const std::string &body) const {
    const auto name = "__cell_" + std::to_string(serial_) + "_" + std::to_string(chunk) + "()";
    return "static void " + name + " {" + body + "}\n" + name + ";\n";
}

// Other names for the linker, so that the old and the new one never meet; the same ones for the
// cells.
std::string Cell::in_namespace(const std::string &body) const {
    return "inline namespace cell_" + std::to_string(serial_) + " {" + body + "}\n";
}

// A named namespace stays where it is; what is in it moves.
std::string Cell::inside_namespace(const std::string &body) const {
    const auto begin = body.find('{');
    const auto end = body.rfind('}');
    if (begin == std::string::npos || end == std::string::npos) {
        return body; // an alias
    }
    return body.substr(0, begin + 1) + in_namespace(body.substr(begin + 1, end - begin - 1)) +
           body.substr(end);
}

// With what stands above it, which is what inspection tells.
std::string Cell::with_comment(const cell::Chunk &chunk, std::size_t begin) const {
    const auto comment = code_.substr(begin, chunk.begin - begin);
    const auto lines = static_cast<unsigned>(std::count(comment.begin(), comment.end(), '\n'));
    const auto column = lines > 0 ? 1 : chunk.column - static_cast<unsigned>(comment.size());
    return place(chunk.line - lines, column) + code_.substr(begin, chunk.end - begin) + "\n";
}

// Line and column as they are in the cell.
std::string Cell::place(unsigned line, unsigned column) const {
    return "\n#line " + std::to_string(line) + " \"" + name_ + "\"\n" +
           std::string(column - 1, ' ');
}
