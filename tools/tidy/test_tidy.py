"""What each check finds in a made-up tree, and what it leaves alone: a check that finds nothing any more fails here."""

import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import source_text
import tidy
from tree import Tree

ARCHITECTURE = """\
    # Parts
    <!-- layers -->
    | modules | what |
    | --- | --- |
    | `Upper` | a |
    | `Middle` `Aside` | b |
    | `Lower` | c |

    <!-- folders -->
    | module | folders |
    | --- | --- |
    | `Middle` | `Build` `Read` |
    """


def target(name, *dependencies, kind="regular"):
    return {"name": name, "type": kind, "dependencies": [{"byName": [each, None]} for each in dependencies]}


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def tree(self, files, targets=()):
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(textwrap.dedent(text))
        return Tree(self.root, files, {"targets": list(targets)})

    def found(self, check, files, targets=()):
        """Findings of one check as `FILE:LINE name`."""
        return [f"{each.path}:{each.line} {each.name}" for each in tidy.findings(self.tree(files, targets), check)]

    # Imports

    def test_an_import_has_to_be_declared(self):
        files = {
            "Sources/Upper/A.swift": "import Lower\nimport Middle\n@testable import struct Aside.B\n"
            "import Synchronization\n// import Nothing\n"
        }
        targets = [target("Upper", "Middle"), target("Middle"), target("Lower"), target("Aside")]
        self.assertEqual(self.found("import", files, targets), ["Sources/Upper/A.swift:1 Lower", "Sources/Upper/A.swift:3 Aside"])

    def test_a_header_of_another_module_is_an_import(self):
        files = {"Sources/CLow/include/Low.h": "int low(void);\n", "Sources/CHigh/High.c": '#include "Low.h"\n#include <stdio.h>\n'}
        self.assertEqual(self.found("import", files, [target("CLow"), target("CHigh")]), ["Sources/CHigh/High.c:1 CLow"])
        self.assertEqual(self.found("import", files, [target("CLow"), target("CHigh", "CLow")]), [])

    def test_a_dependency_that_nothing_imports_is_found(self):
        files = {"Sources/Upper/A.swift": "\n", "Package.swift": '\n.target(name: "Upper"),\n'}
        self.assertEqual(self.found("import", files, [target("Upper", "Lower"), target("Lower")]), ["Package.swift:2 Upper Lower"])

    def test_a_board_has_no_foundation(self):
        files = {
            "Sources/swiftlet/M.swift": "import Lower\n",
            "Sources/Lower/A.swift": "import Foundation\n",
            "Sources/nestc/N.swift": "import Foundation\n",
        }
        targets = [target("swiftlet", "Lower", kind="executable"), target("Lower"), target("nestc")]
        self.assertEqual(self.found("import", files, targets), ["Sources/Lower/A.swift:1 Foundation"])

    # Layers

    def layered(self, **sources):
        files = {
            "ARCHITECTURE.md": ARCHITECTURE,
            "Sources/Middle/Build/B.swift": "struct Built {}\n",
            "Sources/Middle/Read/R.swift": "struct Reader {}\n",
        }
        return files | {f"Sources/{name}/A.swift": text for name, text in sources.items()}

    everything = [target("Upper", "Middle", "Lower"), target("Middle", "Lower"), target("Aside", "Middle"), target("Lower", "Upper")]

    def test_nothing_looks_up_or_beside(self):
        files = self.layered(Upper="import Middle\nimport Lower\n", Lower="import Upper\n", Aside="import Middle\n")
        self.assertEqual(self.found("layer", files, self.everything), ["Sources/Aside/A.swift:1 Middle", "Sources/Lower/A.swift:1 Upper"])

    def test_every_module_has_a_layer_and_every_layer_is_there(self):
        targets = [target("Upper"), target("Middle"), target("Aside"), target("New"), target("NewTests", kind="test")]
        self.assertEqual(self.found("layer", self.layered(), targets), ["ARCHITECTURE.md:7 Lower", "Package.swift:1 New"])

    def test_without_a_table_nothing_is_right(self):
        self.assertEqual(self.found("layer", {"ARCHITECTURE.md": "# Parts\n"}), ["ARCHITECTURE.md:1 table"])
        self.assertEqual(self.found("layer", {"README.md": ""}), ["ARCHITECTURE.md:1 table"])

    def test_folders_of_a_module_have_a_direction(self):
        files = self.layered()
        files["Sources/Middle/Build/B.swift"] = "struct Built { var reader: Reader }\nfunc build() {}\n"
        self.assertEqual(self.found("layer", files, self.everything), [])
        files["Sources/Middle/Read/R.swift"] = (
            "struct Reader {\n    let built: Built\n    let build: Int\n    func f() { build() } // Built\n}\n"
        )
        self.assertEqual(
            self.found("layer", files, self.everything), ["Sources/Middle/Read/R.swift:2 Built", "Sources/Middle/Read/R.swift:4 build"]
        )

    # Lengths

    def test_functions_over_seventy_lines(self):
        body = "    x()\n"
        files = {
            "A.swift": "func long(\n    _ a: Int\n) -> Int {\n"
            + body * 67
            + "}\nfunc short() {\n"
            + body * 68
            + "}\nprotocol P { func required() }\ninit() {\n"
            + body * 69
            + "}\n",
            "B.c": "int fine(void) {\n" + body * 68 + "}\n\nstatic int many(int a,\n                int b) {\n" + body * 68 + "}\n",
            "C.py": "def fine():\n" + body * 69 + "\ndef many():\n" + body * 70,
            "D.sh": "many() {\n" + body * 69 + "}\n",
        }
        self.assertEqual(
            self.found("function", files), ["A.swift:1 long", "A.swift:143 init", "B.c:72 many", "C.py:72 many", "D.sh:1 many"]
        )

    def test_braces_in_strings_and_comments_are_none(self):
        text = (
            'func a() {\n    let s = "{ \\(f("}")) {"\n    // {\n    let t = """\n    {{{\n    """\n    let u = #"\\{"#\n}\nfunc b() {\n'
            + "\n" * 70
            + "}\n"
        )
        self.assertEqual(self.found("function", {"A.swift": text}), ["A.swift:9 b"])

    def test_lines_over_140_columns(self):
        self.assertEqual(self.found("columns", {"A.swift": "ä" * 140 + "\n" + "x" * 141 + "\n", "B.md": "x" * 200}), ["A.swift:2 2"])

    # Declarations

    def test_what_nothing_uses_is_dead(self):
        files = {
            "Sources/Mod/A.swift": """\
            public struct Used {
                var taken = 1
                public func gone() {}
            }
            func caller() -> Int { Used().taken } // gone caller
            @_cdecl("entry") func entry() {}
            enum Kind {
                case one, two(Int), three
            }
            enum Raw: String {
                case never
            }
            func kinds() { [Kind.one, .two(1)]; print("\\(caller())") }
            """,
            "Tests/T/B.swift": """\
            @Test(arguments: [(1)]) func testThing() {}
            @Test(arguments: [
                f(1),
            ])
            func testMore() {}
            @Suite struct Some {
                func helper() { kinds() }
            }
            struct ThingTests {}
            func twoOnly() { Raw.self }
            """,
        }
        self.assertEqual(
            self.found("dead", files),
            ["Sources/Mod/A.swift:3 gone", "Sources/Mod/A.swift:8 three", "Tests/T/B.swift:7 helper", "Tests/T/B.swift:10 twoOnly"],
        )

    def test_a_function_of_c_that_nobody_calls(self):
        files = {
            "Sources/C/include/c.h": "int used(void);\nint gone(void);\n",
            "Sources/C/c.c": "int used(void) { return 0; }\nint gone(void) { return 0; }\n",
            "Sources/Mod/A.swift": "let x = used(), y = x, z = y, w = z + w\n",
        }
        self.assertEqual(self.found("dead", files), ["Sources/C/c.c:2 gone", "Sources/C/include/c.h:2 gone"])

    def test_public_declarations_have_a_comment(self):
        files = {
            "Sources/Mod/A.swift": """\
            public struct Bare {
                public var stored = 1
            }
            /// Said.
            @frozen
            public struct Told {
                public var stored = 1
                public var computed: Int { 1 }
                public init(stored: Int) { self.stored = stored }
                public init(text: String) { stored = text.count }
                /// Said.
                public func told() {}
                public func bare() {}
                public func required() {}
                func internally() {}
            }
            /// Said.
            public protocol P {
                /// Said.
                func required()
                func silent()
            }
            """
        }
        self.assertEqual(
            self.found("comment", files),
            [
                "Sources/Mod/A.swift:1 Bare",
                "Sources/Mod/A.swift:2 stored",
                "Sources/Mod/A.swift:8 computed",
                "Sources/Mod/A.swift:10 init",
                "Sources/Mod/A.swift:13 bare",
                "Sources/Mod/A.swift:21 silent",
            ],
        )

    # Documents

    def test_what_documents_name_is_there(self):
        files = {
            "README.md": """\
            [there](docs/a.md) [gone](docs/b.md) [web](https://example.org)
            `Sources/Mod/A.swift` `Sources/Mod/B.swift` `Mod/A.swift` `Mod/C.swift` `A.swift` `D.swift`
            `Sources/Mod/NAME.swift` `Sources/N/NAME.swift`
            `SomeType` `SomeType.part` `OtherType` `someName(at:)` `otherName` `--some-option 3`
            `--other-option` `make it` `make that BOARD=x`
            """,
            "docs/a.md": "[up](../README.md) [away](../NOTES.md)\n",
            "Makefile": "it: ## works\n\ttrue --some-option\n",
            "Sources/Mod/A.swift": "struct SomeType { var someName = 1 } // otherName\n// tools/gone.sh makes it, tools/here.sh too\n",
            "tools/here.sh": "# --some-option\n",
        }
        self.assertCountEqual(
            [each.split(" ", 1)[1] for each in self.found("document", files) if each.startswith("README")],
            [
                "docs/b.md",
                "D.swift",
                "Mod/C.swift",
                "Sources/Mod/B.swift",
                "Sources/N/NAME.swift",
                "--other-option",
                "OtherType",
                "make that BOARD=x",
                "otherName",
            ],
        )
        self.assertEqual(
            [each for each in self.found("document", files) if not each.startswith("README")],
            ["Sources/Mod/A.swift:2 tools/gone.sh", "docs/a.md:1 ../NOTES.md"],
        )

    # Scripts

    def test_scripts_are_named_alike_and_hold_one_language(self):
        shell = "# python3 - is no use\npython3 tool.py --count 3\npython3 - \"$1\" << 'END'\nx | python3 -c 'print()'\n"
        files = {"a-b.sh": shell, "a_b.sh": "", "c_d.py": "", "c-d.py": "", "e-f.py": "", "__init__.py": "", "_x.py": ""}
        tree = self.tree(files)
        (self.root / "e-f.py").chmod(0o755)
        found = [f"{each.path}:{each.line}" for each in tidy.findings(tree, "script")]
        self.assertEqual(found, ["_x.py:1", "a-b.sh:3", "a-b.sh:4", "a_b.sh:1", "c-d.py:1"])

    # Exceptions

    def test_exceptions_need_a_reason_and_something_to_except(self):
        long = "x" * 150 + "\n"
        files = {
            "A.swift": long + long,
            tidy.EXCEPTIONS: "# CHECK\tFILE\tNAME\tREASON\ncolumns\tA.swift\t1\ta table\n"
            "columns\tA.swift\t2\t\ncolumns\tB.swift\t1\tgone\n",
        }
        self.assertEqual(
            self.found("columns", files),
            ["A.swift:2 2", f"{tidy.EXCEPTIONS}:3 columns\tA.swift\t2\t", f"{tidy.EXCEPTIONS}:4 columns B.swift 1"],
        )

    # The command

    def test_the_command_ends_with_one_where_something_is_found(self):
        self.assertEqual(set(tidy.CHECKS), {"import", "layer", "function", "columns", "dead", "document", "script", "comment"})
        help_text = subprocess.run([sys.executable, tidy.__file__, "--help"], capture_output=True, text=True)
        self.assertEqual(help_text.returncode, 0)
        finding = tidy.findings(self.tree({"A.swift": "x" * 141}), "columns")
        self.assertEqual([str(each) for each in finding], ["A.swift:1: 141 columns, 140 at most"])

    def test_strings_and_comments_keep_their_length(self):
        text = 'let a = "b\\(c /* d */ + "e")" /* f /* g */ */ + 1 // h\n'
        for strings in (False, True):
            self.assertEqual(len(source_text.swift(text, strings=strings)), len(text))
        self.assertEqual(source_text.swift(text).split(), ["let", "a", "=", '"', "\\(c", "+", '"', '")"', "+", "1"])
        self.assertEqual(source_text.c("int a = '\"'; // b\n"), "int a = ' ';     \n")


if __name__ == "__main__":
    unittest.main()
