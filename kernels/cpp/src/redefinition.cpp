#include "redefinition.h"

#include <algorithm>
#include <clang/AST/DeclContextInternals.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/SourceManager.h>
#include <map>
#include <set>

namespace redefinition {
namespace {

using Visit = llvm::function_ref<void(clang::NamedDecl *)>;

// Rather than of a header: cells have no file.
bool is_of_a_cell(const clang::Decl *declaration) {
    const auto &manager = declaration->getASTContext().getSourceManager();
    const auto place = declaration->getLocation();
    return place.isValid() &&
           !manager.getFileEntryRefForID(manager.getFileID(manager.getExpansionLoc(place)));
}

void visit_declarations(clang::DeclContext *context, Visit visit) {
    for (auto *declaration : context->decls()) {
        auto *space = llvm::dyn_cast<clang::NamespaceDecl>(declaration);
        if (space) {
            if (is_of_a_cell(space)) {
                visit_declarations(space, visit);
            }
        } else if (llvm::isa<clang::LinkageSpecDecl>(declaration)) {
            visit_declarations(llvm::cast<clang::DeclContext>(declaration), visit);
        } else if (auto *named = llvm::dyn_cast<clang::NamedDecl>(declaration)) {
            visit(named);
            const auto *enumeration = llvm::dyn_cast<clang::EnumDecl>(named);
            if (enumeration && !enumeration->isScoped()) {
                std::for_each(enumeration->enumerator_begin(), enumeration->enumerator_end(),
                              visit);
            }
        }
    }
}

// --- hiding ----------------------------------------------------------------------------------

clang::StoredDeclsList *entry_of(clang::DeclContext *context, const clang::NamedDecl *declaration) {
    context = context->getPrimaryContext();
    context->lookup(
        declaration->getDeclName()); // makes the table, where nothing has been looked up yet
    auto *table = context->getLookupPtr();
    if (!table) {
        return nullptr;
    }
    const auto entry = table->find(declaration->getDeclName());
    return entry == table->end() ? nullptr : &entry->second;
}

bool is_in(clang::DeclContext *context, const clang::NamedDecl *declaration) {
    auto *entry = entry_of(context, declaration);
    if (!entry || entry->isNull()) {
        return false;
    }
    const auto found = entry->getLookupResult();
    return std::find(found.begin(), found.end(), declaration) != found.end();
}

void remove_from_lookup(clang::DeclContext *context, clang::NamedDecl *declaration) {
    if (is_in(context, declaration)) {
        auto *entry = entry_of(context, declaration);
        entry->remove(declaration);
        if (entry->isNull()) {
            context->getPrimaryContext()->getLookupPtr()->erase(declaration->getDeclName());
        }
    }
}

// Of a default argument that is given again, the compiler tells where the parameter is; of other
// parameters of a template, where one or their list is.
bool is_at(const std::set<Location> &places, clang::NamedDecl *declaration) {
    const auto is_wanted = [&](const clang::Decl *one) {
        return places.count(one->getLocation().getRawEncoding()) != 0;
    };
    const auto *function = declaration->getAsFunction();
    const auto *of_types = declaration->getDescribedTemplateParams();
    return is_wanted(declaration) ||
           (of_types && (places.count(of_types->getTemplateLoc().getRawEncoding()) != 0 ||
                         std::any_of(of_types->begin(), of_types->end(), is_wanted))) ||
           (function && std::any_of(function->param_begin(), function->param_end(), is_wanted));
}

// An inline namespace's names are in its parents' tables as well.
void hide_declaration(clang::NamedDecl *declaration) {
    clang::DeclContext *context = declaration->getDeclContext();
    remove_from_lookup(context, declaration);
    while (context->isTransparentContext() || context->isInlineNamespace()) {
        context = context->getParent();
        remove_from_lookup(context, declaration);
    }
}

// --- finding ---------------------------------------------------------------------------------

// One of those that Cell::in_namespace makes.
bool is_in_cells_namespace(const clang::NamedDecl *declaration) {
    const auto *space = llvm::dyn_cast<clang::NamespaceDecl>(
        declaration->getDeclContext()->getEnclosingNamespaceContext());
    return space && space->isInline() && space->getName().starts_with("cell_");
}

// What a cell calls it: the namespaces that this program has put around it do not count.
using Name = std::pair<const clang::DeclContext *, clang::DeclarationName>;

Name name_of(const clang::NamedDecl *declaration) {
    const clang::DeclContext *context = declaration->getDeclContext();
    while (context->isTransparentContext() || context->isInlineNamespace()) {
        context = context->getParent();
    }
    return {context->getPrimaryContext(), declaration->getDeclName()};
}

bool may_stand_side_by_side(const clang::NamedDecl *one, const clang::NamedDecl *other) {
    const auto *first = llvm::dyn_cast<clang::FunctionDecl>(one);
    const auto *second = llvm::dyn_cast<clang::FunctionDecl>(other);
    return first && second &&
           !first->getASTContext().hasSameType(first->getType(), second->getType());
}

bool is_visible(clang::NamedDecl *declaration) {
    const auto redeclarations = declaration->redecls();
    return std::any_of(redeclarations.begin(), redeclarations.end(), [](clang::Decl *one) {
        return is_in(one->getDeclContext(), llvm::cast<clang::NamedDecl>(one));
    });
}

} // namespace

void hide(clang::ASTContext &context, const std::vector<Location> &definitions) {
    const std::set<Location> wanted(definitions.begin(), definitions.end());
    std::set<clang::NamedDecl *> found;
    for (auto *part = context.getTranslationUnitDecl()->getMostRecentDecl(); part;
         part = part->getPreviousDecl()) {
        visit_declarations(part, [&](clang::NamedDecl *declaration) {
            if (is_at(wanted, declaration)) {
                for (auto *redeclaration : declaration->redecls()) {
                    found.insert(llvm::cast<clang::NamedDecl>(redeclaration));
                }
            }
        });
    }
    for (auto *declaration : found) {
        hide_declaration(declaration);
    }
}

std::vector<Found> find(clang::ASTContext &context) {
    auto *newest = context.getTranslationUnitDecl()->getMostRecentDecl();
    std::vector<clang::NamedDecl *> added;
    std::map<Name, std::vector<clang::NamedDecl *>> earlier;
    visit_declarations(newest, [&](clang::NamedDecl *declaration) {
        added.push_back(declaration);
        earlier[name_of(declaration)];
    });
    for (auto *part = newest->getPreviousDecl(); part; part = part->getPreviousDecl()) {
        visit_declarations(part, [&](clang::NamedDecl *declaration) {
            const auto same_name = earlier.find(name_of(declaration));
            if (same_name != earlier.end() && is_of_a_cell(declaration)) {
                same_name->second.push_back(declaration);
            }
        });
    }
    std::vector<Found> result;
    for (auto *declaration : added) {
        Found found{declaration->getLocation().getRawEncoding(), {}};
        bool is_again = false;
        for (auto *old : earlier[name_of(declaration)]) {
            // Where neither is in another namespace, the compiler complains itself.
            if (is_in_cells_namespace(old) || is_in_cells_namespace(declaration)) {
                is_again = true;
                if (is_visible(old) && !may_stand_side_by_side(old, declaration)) {
                    found.before.push_back(old->getLocation().getRawEncoding());
                }
            }
        }
        if (is_again) {
            result.push_back(std::move(found));
        }
    }
    return result;
}

} // namespace redefinition
