"""A name may be defined again, and what it was stays out of the way."""

import pytest

AGAIN = {
    "plain": "int plain() { return N; }",
    "preset": "int preset(int n = 0) { return n + N; }",
    "object": "struct Object { int operator()() { return N; } } object;",
    "templated": "template <class T = int> T templated() { return N; }",
    "counted": "enum Counted { none, some } counted_value; int counted() { return N * some; }",
    "nameless": "enum { zero, one, two, three, four, five }; int nameless() { return one * N; }",
    "spaced::inner::deep": (
        "namespace spaced::inner { struct Deep { int n = N; }; int deep() { return Deep().n; } }"
    ),
    "lambda": "auto lambda = [] { return N; };",
    "erased": "#include <functional>\nstd::function<int()> erased = [] { return N; };",
}


@pytest.mark.parametrize("name", AGAIN)
def test_any_kind_of_name_may_be_defined_again_and_again(cpp, name):
    for number in range(1, 5):
        assert cpp.value(f"{AGAIN[name].replace('N', str(number))}\n{name}()") == str(number)
        assert cpp.value(f"{name}()") == str(number)


def test_a_namespace_keeps_what_other_cells_have_put_there(cpp):
    cpp.run("namespace shared { int one() { return 1; } }")
    for number in (2, 3, 4):
        cpp.run(f"namespace shared {{ int two() {{ return one() + {number}; }} }}")
        assert cpp.value("shared::two() + shared::one()") == f"{number + 2}"


def test_main_may_be_defined_again_with_other_parameters(cpp):
    assert cpp.value("int main() { return 1; }\nmain()") == "1"
    assert cpp.value("int main(int, char **) { return 2; }\nmain(0, nullptr)") == "2"
    assert cpp.value("int main() { return 3; }\nmain()") == "3"


def test_a_type_with_another_layout_takes_the_place_of_the_old_one(cpp):
    cpp.run("struct Grows { char a; int size() { return 1; } }; Grows old_one;")
    assert (
        cpp.value(
            "struct Grows { double a[9]; int size() { return 2; } }; Grows new_one; new_one.size()"
        )
        == "2"
    )
    assert cpp.value("old_one.size()") == "1"


def test_a_name_twice_in_one_cell_is_an_error(cpp):
    assert "redefinition of 'double_name'" in cpp.run("int double_name; int double_name;").traceback


def test_an_overload_does_not_hide_the_others(cpp):
    cpp.run("int over(int) { return 1; } int over(double) { return 2; }")
    assert cpp.value("int over(int) { return 3; } over(1)") == "3"
    assert cpp.value("over(1.0)") == "2"
