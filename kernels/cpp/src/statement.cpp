#include "statement.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace cell {
namespace {

const std::set<std::string_view> statement_words{
    "for",
    "while",
    "if",
    "do",
    "switch",
    "try",
    "throw",
    "return",
    "goto",
    "new",
    "delete",
    "sizeof",
    "this",
    "static_cast",
    "typeid",
    "true",
    "false",
    "nullptr",
    "break",
    "dynamic_cast",
    "const_cast",
    "co_await",
    "reinterpret_cast",
    "co_yield",
    "co_return",
    "continue",
};

const std::set<std::string_view> declaration_words{
    "alignas",   "asm",       "auto",         "bool",    "char",      "char8_t",
    "char16_t",  "char32_t",  "class",        "concept", "const",     "constexpr",
    "consteval", "constinit", "decltype",     "double",  "enum",      "explicit",
    "export",    "extern",    "float",        "friend",  "import",    "inline",
    "int",       "long",      "module",       "mutable", "namespace", "operator",
    "register",  "requires",  "short",        "signed",  "static",    "static_assert",
    "struct",    "template",  "thread_local", "typedef", "typename",  "union",
    "unsigned",  "using",     "virtual",      "void",    "volatile",  "wchar_t",
    "#",         ";",
};

// Reads along the words of a chunk.
class Reader {
  public:
    explicit Reader(const std::vector<Word> &words) : words_(words) {}

    std::string_view text(std::size_t ahead = 0) const {
        return at_ + ahead < words_.size() ? std::string_view(words_[at_ + ahead].text)
                                           : std::string_view();
    }
    bool is_name(std::size_t ahead = 0) const {
        return at_ + ahead < words_.size() && words_[at_ + ahead].kind == WordKind::name;
    }
    std::string_view last() const { return words_.back().text; }

    // Past `::a::b<c>::d`. False where there is no such thing.
    bool skip_qualified_name() {
        if (text() == "::") {
            ++at_;
        }
        while (is_name()) {
            ++at_;
            skip_template_arguments();
            if (text() != "::") {
                return true;
            }
            ++at_;
        }
        return false;
    }

    // At the bracket of `Name(…) -> Name<…>;`.
    bool is_deduction_guide() const {
        std::size_t at = at_;
        for (int open = 0; at < words_.size(); ++at) {
            open += words_[at].text == "(" ? 1 : words_[at].text == ")" ? -1 : 0;
            if (open == 0) {
                break;
            }
        }
        return at + 3 < words_.size() && words_[at + 1].text == "->" &&
               words_[at + 2].text == words_[at_ - 1].text && words_[at + 3].text == "<";
    }

  private:
    // Where the bracket is never closed, it is an operator.
    void skip_template_arguments() {
        if (text() != "<") {
            return;
        }
        int open = 0;
        for (std::size_t at = at_; at < words_.size(); ++at) {
            const std::string_view word = words_[at].text;
            open += word == "<" || word == "(" || word == "[" || word == "{" ? 1 : 0;
            open -= word == ">" || word == ")" || word == "]" || word == "}" ? 1
                    : word == ">>"                                           ? 2
                                                                             : 0;
            if (open <= 0) {
                at_ = at + 1;
                return;
            }
        }
    }

    const std::vector<Word> &words_;
    std::size_t at_ = 0;
};

// What begins with a name: `a = 1;` `f(1);` `a::b<c>::d();` or `a b;` `a &b = c;` `a::b() { }`.
bool is_expression(Reader reader) {
    if (!reader.skip_qualified_name()) {
        return false;
    }
    if (reader.is_name()) {
        return false;
    }
    const auto next = reader.text();
    if (next == "*" || next == "&" || next == "&&") {
        return !reader.is_name(1) && declaration_words.count(reader.text(1)) == 0;
    }
    if (next == "(") {
        // otherwise the definition of a member
        return reader.last() == ";" && !reader.is_deduction_guide();
    }
    return next != ":" && next != ";" && !next.empty();
}

} // namespace

bool is_statement(const std::vector<Word> &words) {
    if (words.empty()) {
        return false;
    }
    const Reader reader(words);
    const auto first = reader.text();
    if (statement_words.count(first) != 0) {
        return true;
    }
    if (declaration_words.count(first) != 0) {
        return false;
    }
    if (first == "[") {
        return reader.text(1) != "["; // a lambda, not an attribute
    }
    if (first == "::" || reader.is_name()) {
        return is_expression(reader);
    }
    return true; // a literal, an operator, a bracket
}

} // namespace cell
