#include "cell.h"

#include <algorithm>
#include <array>
#include <clang/Basic/LangOptions.h>
#include <clang/Basic/SourceLocation.h>
#include <clang/Lex/Lexer.h>

namespace cell {
namespace {

using clang::Token;
namespace tok = clang::tok;

clang::LangOptions language() {
    clang::LangOptions options;
    options.CPlusPlus = options.CPlusPlus11 = options.CPlusPlus14 = options.CPlusPlus17 = true;
    options.CPlusPlus20 = options.LineComment = options.RawStringLiterals = options.Bool = true;
    return options;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// After the brace that closes a function or a block nothing of these can follow.
bool continues_after_brace(std::string_view next) {
    return is_one_of(next, {".",  ",",  ";",   "[",  "(",  "?",  ":",  "+",  "-",    "*",
                            "/",  "%",  "<",   ">",  "=",  "&",  "|",  "^",  "==",   "!=",
                            "<=", ">=", "<=>", "&&", "||", "<<", ">>", "->", "catch"});
}

// `#pragma omp parallel for`, `#pragma unroll`: they have to stand where the statement stands.
bool is_about_next_statement(const std::vector<Word> &words) {
    const auto has = [&](std::string_view word) {
        return std::any_of(words.begin(), words.end(),
                           [&](const Word &one) { return one.text == word; });
    };
    const bool is_openmp =
        words.size() > 2 && words[2].text == "omp" && !has("declare") && !has("threadprivate");
    return words.size() > 2 && words[1].text == "pragma" &&
           (is_openmp || has("unroll") || has("nounroll") || has("loop") || has("ivdep"));
}

class Splitter {
  public:
    explicit Splitter(const std::string &code)
        : code_(code), options_(language()), lexer_(clang::SourceLocation(), options_, code.data(),
                                                    code.data(), code.data() + code.size()) {}

    Split run() {
        advance();
        while (token_.isNot(tok::eof)) {
            if (token_.is(tok::hash) && token_.isAtStartOfLine()) {
                take_preprocessor_line();
            } else {
                take_token();
            }
        }
        close_chunk();
        return {std::move(chunks_), state(), depth_.size()};
    }

  private:
    void advance() {
        lexer_.LexFromRawLexer(token_);
        offset_ = static_cast<std::size_t>(lexer_.getBufferLocation() - code_.data()) -
                  token_.getLength();
        if (token_.is(tok::eof)) {
            offset_ = code_.size();
        }
        word_ = code_.substr(offset_, token_.is(tok::eof) ? 0 : token_.getLength());
    }

    void open_chunk() {
        if (!open_) {
            const auto line_start = code_.rfind('\n', offset_ == 0 ? 0 : offset_ - 1);
            const bool is_first = line_start == std::string::npos || offset_ == 0;
            current_ = {offset_,
                        offset_,
                        line_at(offset_),
                        static_cast<unsigned>(is_first ? offset_ : offset_ - line_start - 1) + 1,
                        {}};
            open_ = true;
            at_head_ = true;
            ends_at_semicolon_ = false;
            previous_word_.clear();
        }
    }

    unsigned line_at(std::size_t offset) const {
        return 1 + static_cast<unsigned>(
                       std::count(code_.begin(), code_.begin() + static_cast<long>(offset), '\n'));
    }

    void extend_chunk() {
        current_.end = last_end_ = offset_ + word_.size();
        current_.words.push_back({kind(), word_});
    }

    WordKind kind() const {
        return token_.is(tok::raw_identifier)     ? WordKind::name
               : tok::isLiteral(token_.getKind()) ? WordKind::literal
                                                  : WordKind::other;
    }

    void close_chunk() {
        if (open_) {
            chunks_.push_back(current_);
            open_ = false;
        }
    }

    void take_preprocessor_line() {
        const bool was_open = open_;
        open_chunk();
        const auto words_before = current_.words.size();
        do {
            extend_chunk();
            advance();
        } while (token_.isNot(tok::eof) && !token_.isAtStartOfLine());
        if (was_open) {
            return;
        }
        if (is_about_next_statement(current_.words) && token_.isNot(tok::eof)) {
            current_.words.resize(words_before);
        } else {
            close_chunk();
        }
    }

    void take_token() {
        open_chunk();
        if (token_.is(tok::unknown)) {
            note_unknown();
        }
        const bool closes_brace = token_.is(tok::r_brace);
        const bool ends = token_.is(tok::semi);
        track_nesting();
        extend_chunk();
        note_declaration();
        step();
        const bool goes_on =
            word_ == "else" || (word_ == "while" && current_.words.front().text == "do");
        const bool ends_at_brace =
            closes_brace && !ends_at_semicolon_ && !continues_after_brace(word_);
        if (depth_.empty() && !goes_on && (ends || ends_at_brace)) {
            close_chunk();
        }
    }

    // To the next token, past a template's parameters: their `class` declares none.
    void step() {
        const bool is_template = at_head_ && word_ == "template";
        advance();
        if (!is_template || token_.isNot(tok::less)) {
            return;
        }
        int open = 0;
        do {
            open += token_.is(tok::less)             ? 1
                    : token_.is(tok::greater)        ? -1
                    : token_.is(tok::greatergreater) ? -2
                                                     : 0;
            extend_chunk();
            advance();
        } while (open > 0 && token_.isNot(tok::eof));
    }

    // `struct S { } s;` and `auto f = [] { };` go on after their brace.
    void note_declaration() {
        if (!depth_.empty()) {
            return;
        }
        if (token_.is(tok::equal) && previous_word_ != "operator") {
            ends_at_semicolon_ = true;
        }
        if (at_head_ &&
            !is_one_of(word_, {"template", "static", "const", "constexpr", "inline", "extern"})) {
            at_head_ = false;
            ends_at_semicolon_ = is_one_of(word_, {"struct", "class", "union", "enum", "typedef"});
        }
        previous_word_ = word_;
    }

    void track_nesting() {
        constexpr std::array opening{tok::l_paren, tok::l_square, tok::l_brace};
        constexpr std::array closing{tok::r_paren, tok::r_square, tok::r_brace};
        if (std::find(opening.begin(), opening.end(), token_.getKind()) != opening.end()) {
            depth_.push_back(word_[0]);
        } else if (std::find(closing.begin(), closing.end(), token_.getKind()) != closing.end()) {
            const char opened = word_[0] == ')' ? '(' : word_[0] == ']' ? '[' : '{';
            if (depth_.empty() || depth_.back() != opened) {
                is_invalid_ = true;
            } else {
                depth_.pop_back();
            }
        }
    }

    // A raw string without an end, or a quote that the end of the line cuts off.
    void note_unknown() { (word_.find("R\"") < 3 ? is_unfinished_ : is_invalid_) = true; }

    // To the lexer the end of the text ends a comment too. After the last token there is nothing
    // but comments.
    bool ends_in_comment() const {
        for (std::size_t at = last_end_; (at = code_.find('/', at)) != std::string::npos;) {
            const bool is_line = code_.compare(at, 2, "//") == 0;
            const auto end = code_.find(is_line ? "\n" : "*/", at + 2);
            if (end == std::string::npos) {
                return !is_line;
            }
            at = end + (is_line ? 1 : 2);
        }
        return false;
    }

    State state() const {
        if (is_invalid_) {
            return State::invalid;
        }
        const auto last = code_.find_last_not_of(" \t\n");
        const bool goes_on = last != std::string::npos && code_[last] == '\\';
        return is_unfinished_ || ends_in_comment() || goes_on || !depth_.empty() ? State::incomplete
                                                                                 : State::complete;
    }

    const std::string &code_;
    clang::LangOptions options_;
    clang::Lexer lexer_;
    Token token_;
    std::size_t offset_ = 0;
    std::size_t last_end_ = 0;
    std::string word_;
    std::vector<char> depth_;
    std::vector<Chunk> chunks_;
    Chunk current_{};
    bool open_ = false;
    bool at_head_ = true; // before the word that says what is declared
    bool ends_at_semicolon_ = false;
    std::string previous_word_;
    bool is_invalid_ = false;
    bool is_unfinished_ = false;
};

} // namespace

Split split(const std::string &code) { return Splitter(code).run(); }

} // namespace cell
