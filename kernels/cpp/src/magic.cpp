#include "magic.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <stdexcept>

namespace magic {
namespace {

constexpr auto blanks = " \t\r";

std::string trimmed(const std::string &text) {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

void blank(std::string &code, std::size_t begin, std::size_t end) {
    std::replace_if(
        code.begin() + static_cast<long>(begin), code.begin() + static_cast<long>(end),
        [](char c) { return c != '\n'; }, ' ');
}

// `!done` and `!(a && b);` are C++, `!ls -l` is a command. Where both are possible, the compiler
// decides: see kernel.cpp.
bool is_command(const std::string &line) {
    return line.size() > 1 && line[0] == '!' && line[1] != '(' && line[1] != '!' &&
           line.back() != ';';
}

// `.L file`, `.I directory`: no C++ begins so.
bool is_clings_command(const std::string &line) {
    return line.size() > 1 && line[0] == '.' && std::isalpha(static_cast<unsigned char>(line[1]));
}

bool asks_for_help(const std::string &line) {
    static const std::regex before(R"(\?\??\s*[\w:<>, ~]+)"), after(R"([A-Za-z_:][\w:]*\s*\?\??)");
    return std::regex_match(line, before) || std::regex_match(line, after);
}

bool is_source(const std::string &file) {
    static const std::regex source(R"(.*\.(h|hh|hpp|hxx|c|cc|cpp|cxx|C))");
    return std::regex_match(file, source);
}

std::string without_question_marks(std::string line) {
    line.erase(std::remove(line.begin(), line.end(), '?'), line.end());
    return trimmed(line);
}

// The call of cpp_kernel.h that runs `statements` often. It begins on the line of the magic, so
// nothing moves.
std::string timing(const std::string &argument, std::string &statements) {
    const auto arguments = parse(argument, "nrp", "nrp");
    std::string loops = "0", runs = "7", digits = "3";
    for (const auto &[letter, value] : arguments.options) {
        if (value.empty() || value.size() > 9 ||
            !std::all_of(value.begin(), value.end(), ::isdigit)) {
            throw std::runtime_error(std::string("-") + letter + ": \"" + value +
                                     "\" is no number");
        }
        (letter == 'n' ? loops : letter == 'r' ? runs : digits) = value;
    }
    statements = arguments.rest;
    return "::cpp_kernel::timeit(" + loops + ", " + runs + ", " + digits + ", [&] {";
}

class Taker {
  public:
    explicit Taker(std::string &code) : code_(code) {}

    std::vector<Magic> run() {
        while (begin_ < code_.size() && take_line()) {
        }
        // At the beginning of the next line, where no comment swallows it and no line moves.
        for (auto at = closings_.rbegin(); at != closings_.rend(); ++at) {
            code_.insert(*at, *at == code_.size() ? "\n;});" : ";});");
        }
        take_pragmas();
        return std::move(found_);
    }

  private:
    // False where the code for the compiler begins.
    bool take_line() {
        const auto end = std::min(code_.find('\n', begin_), code_.size());
        const auto text = trimmed(code_.substr(begin_, end - begin_));
        ++line_;
        if (text.rfind("%%", 0) == 0) {
            take_rest(text, end);
            return false;
        }
        const bool is_magic = !text.empty() && (text[0] == '%' || is_clings_command(text) ||
                                                is_command(text) || asks_for_help(text));
        if (!text.empty() && !is_magic) {
            return false;
        }
        const auto rest = code_.size() - end;
        if (is_magic) {
            take_text(text, end);
        }
        begin_ = code_.size() - rest + 1;
        return true;
    }

    void take_text(const std::string &text, std::size_t end) {
        if (text[0] == '%' || text[0] == '.') {
            const auto name_end = std::min(text.find_first_of(blanks), text.size());
            const auto name = text.substr(0, name_end);
            const auto argument = trimmed(text.substr(name_end));
            if (name == "%timeit") {
                std::string statement;
                const auto call = at_line([&] { return timing(argument, statement); });
                code_.replace(begin_, end - begin_, call + statement);
                closings_.push_back(
                    std::min(begin_ + call.size() + statement.size() + 1, code_.size()));
                return;
            }
            if (name == ".L" && is_source(argument)) {
                code_.replace(begin_, end - begin_, "#include \"" + argument + "\"");
                return;
            }
            found_.push_back({line_, name, argument, ""});
        } else if (text[0] == '!') {
            found_.push_back({line_, "!", trimmed(text.substr(1)), ""});
        } else {
            found_.push_back({line_, "?", without_question_marks(text), ""});
        }
        blank(code_, begin_, end);
    }

    // A magic for all that follows.
    void take_rest(const std::string &text, std::size_t end) {
        const auto name_end = std::min(text.find_first_of(blanks), text.size());
        const auto name = text.substr(0, name_end);
        const auto argument = trimmed(text.substr(name_end));
        if (name == "%%timeit") {
            std::string statement;
            const auto call = at_line([&] { return timing(argument, statement); });
            code_.replace(begin_, end - begin_, call + statement);
            code_ += "\n;});";
            return;
        }
        const auto body = end < code_.size() ? code_.substr(end + 1) : "";
        found_.push_back({line_, name, argument, body});
        blank(code_, begin_, code_.size());
    }

    template <class Work> std::string at_line(Work work) {
        try {
            return work();
        } catch (const std::runtime_error &problem) {
            throw std::runtime_error("line " + std::to_string(line_) +
                                     ": %timeit: " + problem.what());
        }
    }

    // Cling's own directives, anywhere.
    void take_pragmas() {
        static const std::regex pragma(
            R"re(^[ \t]*#[ \t]*pragma[ \t]+cling[ \t]+(\w+)[ \t]*\(?[ \t]*)re"
            R"re((?:"([^"\n]*)"|(\d+))[^\n]*)re",
            std::regex::multiline);
        std::vector<std::pair<std::size_t, std::size_t>> places;
        for (std::sregex_iterator at(code_.begin(), code_.end(), pragma), end; at != end; ++at) {
            const auto place = static_cast<std::size_t>(at->position());
            const auto line = 1 + std::count(code_.begin(), code_.begin() + at->position(), '\n');
            found_.push_back({static_cast<unsigned>(line), "#pragma cling " + at->str(1),
                              at->str(2) + at->str(3), ""});
            places.emplace_back(place, place + static_cast<std::size_t>(at->length()));
        }
        for (const auto &[begin, end] : places) {
            blank(code_, begin, end);
        }
    }

    std::string &code_;
    std::vector<Magic> found_;
    std::size_t begin_ = 0;
    unsigned line_ = 0;
    std::vector<std::size_t> closings_; // where a timed statement ends
};

} // namespace

std::vector<Magic> take(std::string &code) { return Taker(code).run(); }

Arguments parse(const std::string &argument, const std::string &letters,
                const std::string &with_value) {
    Arguments found;
    auto left = argument;
    while (left.size() > 1 && left[0] == '-' && std::isalpha(static_cast<unsigned char>(left[1]))) {
        const char letter = left[1];
        if (letters.find(letter) == std::string::npos) {
            throw std::runtime_error(std::string("-") + letter + ": no such option");
        }
        left = trimmed(left.substr(2));
        std::string value;
        if (with_value.find(letter) != std::string::npos) {
            const auto end = std::min(left.find_first_of(blanks), left.size());
            value = left.substr(0, end);
            left = trimmed(left.substr(end));
        }
        found.options.emplace_back(letter, value);
    }
    found.rest = left;
    return found;
}

const std::vector<std::string> &names() {
    static const std::vector<std::string> all{"%%file", "%%timeit", "%%writefile", "%include",
                                              "%lib",   "%libpath", "%lsmagic",    "%timeit"};
    return all;
}

std::string known() {
    std::string all;
    for (const auto &name : names()) {
        all += name + " ";
    }
    return all + "!COMMAND ?NAME .L FILE .I DIRECTORY, and #pragma cling with load, "
                 "add_include_path, add_library_path, optimize";
}

} // namespace magic
