"""Every rule of scripts/check-architecture is shown a bad example that it must refuse, and a good one."""

import unittest

import rules
from document import Document
from swift_source import Source, code

DOCUMENT = """
# Architecture

## Targets

Words.

| target | path | may depend on |
|---|---|---|
| `Core` | `Sources/Core` | nothing |
| `Net`, `Disk` | `Sources/Out/…` | `Core`, `NIOPosix` (sockets) |
| `App` | `Sources/App` | `Core`, `Net` |

```links-none-of
App: Disk   # not even through others
```

### Folders

```folders
Core: Top > Middle, Side > Base
```

## Cores

| core | what |
|---|---|
| `Sources/Core` | machines |
| `Sources/Out/Net/Wire*.swift` | values |

### What cores may use all the same

| where | what | why |
|---|---|---|
| `Sources/Core/Base/JSON.swift` | Foundation, lock | JSON |

```kept-inside
Net: Wire_
```

```shared-names
```
"""


def target(path, *dependencies, is_test=False):
    return {"path": path, "dependencies": set(dependencies), "is_test": is_test, "excluded": []}


def package(**changes):
    found = {
        "Core": target("Sources/Core"),
        "Net": target("Sources/Out/Net", "Core", "NIOPosix"),
        "Disk": target("Sources/Out/Disk", "Core"),
        "App": target("Sources/App", "Core", "Net"),
        "AppTests": target("Tests/AppTests", "App", "Disk", "Testing", is_test=True),
    }
    return {**found, **changes}


def files(*sources):
    """Sources by target, as the paths say."""
    found = {name: [] for name in package()}
    for path, text in sources:
        name = next(name for name, target in package().items() if path.startswith(target["path"] + "/"))
        found[name].append(Source(path, text))
    return found


class Reading(unittest.TestCase):
    def test_comments_and_texts_are_not_code_and_lines_stay(self):
        text = 'let a = "Date() // \\(now(Clock())) \\"" // Task {\n/* Mutex /* nested */\n */ let b = #"a"b"#\n"""\n x "y" \n"""'
        stripped = code(text)
        self.assertEqual(stripped.count("\n"), text.count("\n"))
        for gone in ("Date", "Task", "Mutex", "nested", "y"):
            self.assertNotRegex(stripped, rf"\b{gone}\b")
        self.assertIn("Clock", stripped)
        self.assertIn("let b", stripped)

    def test_only_visible_top_level_declarations_count(self):
        source = Source(
            "Sources/Core/A.swift",
            "public struct Seen { enum Inner {} }\nprivate class Hidden {}\nfunc work() { func local() {} }\n"
            "extension Other { struct Added {} }\nfileprivate func quiet() {}\n",
        )
        self.assertEqual(source.types, {"Seen"})
        self.assertEqual(source.functions, {"work"})

    def test_every_form_of_import_is_found(self):
        lines = ["import A", "@testable import B", "public import C", "import struct D.X", "@preconcurrency import E", "// import F"]
        self.assertEqual([module for _, module in Source("a", "\n".join(lines)).imports], list("ABCDE"))

    def test_tables_and_blocks_are_read(self):
        document = Document(DOCUMENT)
        self.assertEqual(document.targets()["Disk"], ("Sources/Out/Disk", {"Core", "NIOPosix"}))
        self.assertEqual(document.folders(), {"Core": [["Top"], ["Middle", "Side"], ["Base"]]})
        self.assertEqual(document.core_exceptions(), {"Sources/Core/Base/JSON.swift": {"Foundation", "lock"}})
        self.assertEqual(document.unreachable(), {"App": {"Disk"}})


class Rule(unittest.TestCase):
    document = Document(DOCUMENT)

    def assertComplains(self, found, *parts):
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])


class Edges(Rule):
    def test_what_the_table_says_is_in_order(self):
        self.assertEqual(rules.edges(package(), self.document), [])

    def test_an_edge_that_the_table_lacks_is_refused(self):
        changed = package(Core=target("Sources/Core", "NIOPosix"))
        self.assertComplains(rules.edges(changed, self.document), "Core may not depend on NIOPosix")

    def test_a_target_that_the_table_lacks_is_refused(self):
        self.assertComplains(rules.edges(package(New=target("Sources/New")), self.document), "New is not in the table")

    def test_a_row_without_a_target_is_refused(self):
        changed = package()
        del changed["Disk"]
        self.assertComplains(rules.edges(changed, self.document), "Disk is not in Package.swift")

    def test_a_wrong_path_is_refused(self):
        changed = package(Disk=target("Sources/Disk", "Core"))
        self.assertComplains(rules.edges(changed, self.document), "Disk is in Sources/Disk, not in Sources/Out/Disk")

    def test_what_must_not_be_linked_is_found_through_others(self):
        document = Document(DOCUMENT.replace("`Core`, `NIOPosix` (sockets)", "`Core`, `NIOPosix`, `Disk`"))
        changed = package(Net=target("Sources/Out/Net", "Disk"))
        self.assertComplains(rules.edges(changed, document), "App links Disk")


class Imports(Rule):
    def test_a_module_that_is_not_declared_is_refused_with_its_line(self):
        found = rules.imports(package(), files(("Sources/App/A.swift", "import Core\n\nimport Disk\nimport Foundation")))
        self.assertComplains(found, "Sources/App/A.swift:3", "imports Disk, which App does not declare")

    def test_tests_declare_what_they_import_too(self):
        found = rules.imports(package(), files(("Tests/AppTests/A.swift", "import Testing\n@testable import Core")))
        self.assertComplains(found, "imports Core, which AppTests does not declare")


class Folders(Rule):
    base = ("Sources/Core/Base/B.swift", "struct Base {}\nfunc help() {}")
    middle = ("Sources/Core/Middle/M.swift", "struct Middle { var base: Base }")
    side = ("Sources/Core/Side/S.swift", "struct Side {}")
    top = ("Sources/Core/Top/T.swift", "struct Top { var middle: Middle }")

    def found(self, *more):
        return rules.folders(package(), self.document, files(self.base, self.middle, self.side, self.top, *more))

    def test_what_looks_down_is_in_order(self):
        self.assertEqual(self.found(("Sources/Core/Top/U.swift", "func run() { help() }")), [])

    def test_what_looks_up_is_refused(self):
        found = self.found(("Sources/Core/Base/C.swift", "struct Low { var top: [Top] }"))
        self.assertComplains(found, "'Base' may not know 'Top'", "Top in C.swift")

    def test_neighbours_do_not_know_each_other(self):
        self.assertComplains(self.found(("Sources/Core/Side/T.swift", "let x = Middle.one")), "'Side' may not know 'Middle'")

    def test_words_in_comments_members_and_own_types_are_no_mention(self):
        text = "// Top\nlet a = other.Top\nenum Own { struct Top {} }\nlet b: Own.Top? = nil"
        self.assertEqual(self.found(("Sources/Core/Base/C.swift", text)), [])

    def test_a_folder_that_is_not_drawn_is_refused(self):
        self.assertComplains(self.found(("Sources/Core/New/N.swift", "struct New {}")), "Core's folder 'New'")

    def test_a_drawn_folder_that_is_gone_is_refused(self):
        found = rules.folders(package(), self.document, files(self.base, self.middle, self.top))
        self.assertComplains(found, "Core has no folder 'Side'")

    def test_a_written_exception_is_allowed_and_one_without_use_refused(self):
        document = Document(DOCUMENT + "\n```folders-allowed\nCore: Base > Top\n```\n")
        low = ("Sources/Core/Base/C.swift", "struct Low { var top: Top }")
        every = (self.base, self.middle, self.side, self.top)
        self.assertEqual(rules.folders(package(), document, files(*every, low)), [])
        self.assertComplains(rules.folders(package(), document, files(*every)), "Core: Base > Top is not needed")


class Cores(Rule):
    json = ("Sources/Core/Base/JSON.swift", "import Foundation\nlet state = Mutex(0)")
    wire = ("Sources/Out/Net/WireValue.swift", "struct Value {}")

    def found(self, *more):
        return rules.cores(self.document, files(self.json, self.wire, *more))

    def test_values_and_written_exceptions_are_in_order(self):
        text = "import NIOCore\nlet a = Int.random(in: 0..<2, using: &random)\nenum Tasks {}\nstruct Dated {}"
        self.assertEqual(self.found(("Sources/Core/A.swift", text)), [])
        self.assertEqual(self.found(("Sources/Out/Net/Socket.swift", "import Foundation\nlet now = Date()")), [])

    def test_each_thing_that_a_core_must_be_given_is_refused(self):
        bad = {
            "Foundation": ["import Foundation", "import struct Foundation.Data", "internal import FoundationEssentials", "import Glibc"],
            "clock": ["let a = Date()", "let a = ContinuousClock.now", "let a = NIODeadline.now()", "let a = Instant.onEventLoop"],
            "task": ["Task { work() }", "Task.detached { }", "func ask() async {}", "actor Room {}", "DispatchQueue.main.async {}"],
            "lock": ["let a = Mutex(0)", "import Synchronization", "let l = NIOLock()", "pthread_mutex_lock(&m)"],
            "randomness": ["let a = Int.random(in: 0..<2)", "let a = list.randomElement()", "var r = SystemRandomNumberGenerator()"],
            "socket": ["import NIOPosix", "let loop: any EventLoop", "import HTTPClient"],
        }  # fmt: skip
        for kind, lines in bad.items():
            for line in lines:
                with self.subTest(line):
                    found = self.found(("Sources/Core/A.swift", "\n" + line))
                    self.assertTrue(any(f"A.swift:2: a core takes no {kind}" in complaint for complaint in found), found)

    def test_a_file_matched_by_a_pattern_is_a_core_and_its_neighbour_is_not(self):
        found = self.found(("Sources/Out/Net/WireTimer.swift", "let a = Date()"))
        self.assertComplains(found, "Sources/Out/Net/WireTimer.swift:1: a core takes no clock")

    def test_an_exception_is_for_the_kinds_it_names(self):
        changed = ("Sources/Core/Base/JSON.swift", "import Foundation\nlet state = Mutex(0)\nlet now = Date()")
        self.assertComplains(rules.cores(self.document, files(changed, self.wire)), "JSON.swift:3: a core takes no clock")

    def test_a_type_named_core_stands_in_a_core(self):
        self.assertComplains(self.found(("Sources/App/A.swift", "struct AppCore {}")), "AppCore is in no core")

    def test_entries_without_a_file_or_use_are_refused(self):
        self.assertComplains(rules.cores(self.document, files(self.json)), "no source file is in the core Sources/Out/Net/Wire*")
        unused = rules.cores(self.document, files(("Sources/Core/Base/JSON.swift", "struct A {}"), self.wire))
        self.assertComplains(unused, "the exception for Sources/Core/Base/JSON.swift is not needed")


class KeptInside(Rule):
    def found(self, text, **generated):
        return rules.kept_inside(self.document, files(("Sources/Out/Net/A.swift", text)), generated)

    def test_what_is_not_public_may_mention_it(self):
        self.assertEqual(
            self.found(
                "package func a(_ b: Wire_B) {}\npublic struct C {\n    var d: Wire_D\n    package init(_ m: Wire_C) {}\n"
                "    public func e() -> Int {\n        let f = Wire_F()\n        return f.g\n    }\n}\n"
                "public enum H {\n    case i\n    init(_ j: Wire_J) {\n        switch j {\n        case Wire_J.a: self = .i\n        }\n    }\n}\n"
                "public protocol K {\n    func l()\n}\n// public var m: Wire_M\nextension C { var n: Wire_N? { nil } }\n"
                "public extension C {\n    package var o: Wire_O? { nil }\n}"
            ),
            [],
        )

    def test_every_way_to_show_it_is_refused_with_its_line(self):
        bad = {
            "public var a: Wire_A?": 1,
            "\npublic private(set) var a: [Wire_A] = []": 2,
            "public struct A {\n    public let b = Wire_B()\n}": 2,
            "public func a(\n    _ b: Int, c: Wire_C\n) {}": 1,
            "public func a(_ b: Int) async throws(C)\n    -> Wire_D\n{\n}": 1,
            "public struct A<B>\nwhere B: Wire_B {}": 1,
            "public enum A {\n    case b\n    case c(Wire_C, d: Int)\n}": 3,
            "public enum A {\n    case c(\n        Wire_C)\n}": 2,
            "public protocol A {\n    func b(\n        _ c: Wire_C)\n}": 2,
            "public extension A {\n    func b() -> Wire_B { Wire_B() }\n}": 2,
            "open class A: Wire_A {}": 1,
            "public typealias A = Wire_A": 1,
        }
        for text, line in bad.items():
            with self.subTest(text):
                self.assertComplains(self.found(text), f"A.swift:{line}:", "Net shows Wire_", "is to stay inside")

    def test_generated_code_that_is_public_is_refused(self):
        self.assertEqual(self.found("", Net={"Net/w.pb.swift": "// public\npackage struct Wire_A {}\n"}), [])
        found = self.found("", Net={"Net/w.pb.swift": "\npackage struct Wire_A {\n  public var b: Int\n}"})
        self.assertComplains(found, "Net/w.pb.swift:3: generated code is public")


class Names(Rule):
    def test_one_name_in_two_targets_is_refused_unless_written_down(self):
        both = files(("Sources/App/A.swift", "struct Twin {}"), ("Sources/Out/Net/B.swift", "public enum Twin {}"))
        found = rules.names(package(), self.document, both)
        self.assertComplains(found, "Twin is declared in Sources/App/A.swift and Sources/Out/Net/B.swift")
        allowed = Document(DOCUMENT.replace("```shared-names\n", "```shared-names\nTwin: a reason\n"))
        self.assertEqual(rules.names(package(), allowed, both), [])
        self.assertComplains(rules.names(package(), allowed, files()), "Twin is shared by no two targets")

    def test_nested_and_private_types_and_tests_may_share_names(self):
        every = files(
            ("Sources/App/A.swift", "struct Twin {}"),
            ("Sources/Out/Net/B.swift", "enum Net { struct Twin {} }\nprivate struct Twin {}"),
            ("Tests/AppTests/C.swift", "struct Twin {}"),
        )
        self.assertEqual(rules.names(package(), self.document, every), [])


if __name__ == "__main__":
    unittest.main()
