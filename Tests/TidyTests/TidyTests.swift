import FoundationEssentials
import Glibc
import Testing

/// Properties of the source itself, so that the layout holds without a reviewer remembering it.
@Suite("Source layout")
struct TidyTests {
  struct SourceFile {
    /// From the root of the project: `Sources/Domain/Money.swift`.
    let path: String
    let text: String
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    /// The modules it imports, whatever stands before the keyword.
    var imports: [String] {
      lines.compactMap { line in
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count,
          !line.hasPrefix(" "), !line.hasPrefix("/")
        else { return nil }
        return String(words[place + 1])
      }
    }
  }

  static let root: String = {
    var path = #filePath.split(separator: "/").dropLast(3)
    path = path.prefix(path.count)
    return "/" + path.joined(separator: "/")
  }()

  static func files(under folder: String, suffix: String) -> [SourceFile] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().compactMap { name in
      guard let data = FileManager.default.contents(atPath: "\(root)/\(folder)/\(name)") else {
        return nil
      }
      return SourceFile(path: "\(folder)/\(name)", text: String(decoding: data, as: UTF8.self))
    }
  }

  static let sources = files(under: "Sources", suffix: ".swift")

  /// Who may import whom; SwiftPM lets through a module that is reached by way of another.
  static let allowed: [String: Set<String>] = [
    "Domain": [], "Background": ["CMalloc"], "Terminal": [],
    "NcursesTerminal": ["Terminal", "CTerm"], "Vault": ["CSodium"],
    "HTTP": ["Background", "CCurl"], "WebServer": ["CMicrohttpd"],
    "Reports": ["Domain"],
    "Documents": ["Domain", "Reports", "CXlsxwriter", "CPangoCairo"],
    "Storage": ["Domain", "Background", "Reports", "Vault", "CSQLite"],
    "Sync": ["Domain", "Background", "Vault", "Storage"],
    "Providers": ["Domain", "Background", "HTTP", "Sync"],
    "Sandbox": ["Domain", "Background", "WebServer", "Vault"],
    "Interface": ["Domain", "Reports", "Terminal"],
    "rentbook": [
      "Domain", "Background", "Terminal", "NcursesTerminal", "Vault", "HTTP", "Storage", "Sync",
      "Providers", "Reports", "Documents", "Sandbox", "WebServer", "Interface",
    ],
    "rentbook-bench": [
      "Domain", "Background", "Terminal", "Vault", "HTTP", "WebServer", "Storage", "Sync",
      "Providers", "Reports", "Sandbox", "Interface",
    ],
  ]
  static let libraries = [
    "CTerm", "CSQLite", "CCurl", "CMicrohttpd", "CSodium", "CMalloc", "CXlsxwriter",
    "CPangoCairo",
  ]

  @Test("the source was found")
  func found() { #expect(Self.sources.count > 20) }

  @Test("a target imports only what its layer allows", arguments: allowed.keys.sorted())
  func layers(_ target: String) {
    let ours = Set(Self.allowed.keys).union(Self.libraries)
    for file in Self.sources where file.target == target {
      let forbidden = Set(file.imports).intersection(ours).subtracting(Self.allowed[target] ?? [])
      #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden.sorted())")
    }
  }

  @Test("every target has its place in the layers")
  func everyTarget() {
    for file in Self.sources {
      #expect(Self.allowed[file.target] != nil, "\(file.path) belongs to no layer")
    }
  }

  @Test("each C library is imported by one target", arguments: libraries)
  func oneImporter(_ library: String) {
    let targets = Set(Self.sources.filter { $0.imports.contains(library) }.map(\.target))
    #expect(targets.count == 1, "\(library) is imported by \(targets.sorted())")
  }

  @Test("SQL stands only in Storage")
  func sqlPlace() {
    let openings = [
      "\"SELECT ", "\"INSERT INTO ", "\"DELETE FROM ", "\"UPDATE ", "\"CREATE TABLE ",
      "\"PRAGMA ",
    ]
    for file in Self.sources where file.target != "Storage" {
      for opening in openings {
        #expect(!file.text.contains(opening), "\(file.path) holds SQL: \(opening)")
      }
      let starts = file.lines.contains { line in
        let trimmed = line.drop { $0 == " " }
        return trimmed.hasPrefix("SELECT ") || trimmed.hasPrefix("INSERT INTO ")
          || trimmed.hasPrefix("DELETE FROM ")
      }
      #expect(!starts, "\(file.path) holds SQL in a longer text")
    }
  }

  @Test("the root holds only what it should")
  func rootContents() throws {
    let allowed: Set = ["Package.swift", "Sources", "Tests", "themes", "README.md", "CHANGELOG.md"]
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.root)
    where !name.hasPrefix(".") {
      #expect(allowed.contains(name), "\(name) does not belong in the root")
    }
  }

  @Test("no file is too long to hold in mind")
  func fileLength() {
    // A screen is about 50 lines; twelve of them are what one sitting takes.
    let linesMax = 600
    for file in Self.sources where file.lines.count > linesMax {
      Issue.record("\(file.path) has \(file.lines.count) lines; split it")
    }
  }

  @Test("nothing unfinished, no sleeping, no path of a machine")
  func leftovers() {
    let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "/wo" + "rk/", "/ro" + "ot/"]
    for file in Self.sources + Self.files(under: "Tests", suffix: ".swift") {
      for mark in marks { #expect(!file.text.contains(mark), "\(file.path) holds “\(mark)”") }
      if file.path.hasPrefix("Tests/"), !file.path.hasPrefix("Tests/TidyTests/") {
        for call in ["usleep(", "Thread.sleep(", "Task.sleep(", " sleep("] {
          #expect(!file.text.contains(call), "\(file.path) waits by sleeping")
        }
      }
    }
  }

  @Test("a force unwrap, try! or unchecked promise has its proof in a comment")
  func promises() {
    for file in Self.sources {
      let lines = file.lines
      for (number, line) in lines.enumerated() {
        let code = line.split(separator: "//", maxSplits: 1).first ?? ""
        guard
          code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)")
            || code.contains(" try! ")
        else { continue }
        let near = lines[max(0, number - 6)...min(lines.count - 1, number + 3)]
        #expect(near.contains { $0.contains("//") }, "\(file.path):\(number + 1) has no proof")
      }
    }
  }

  @Test("every test that the tables of promises and faults name is there")
  func namedTests() {
    // A suite, a file of several suites, or a whole target.
    var known: Set<Substring> = ["AppTests"]
    for file in Self.files(under: "Tests", suffix: "Tests.swift") {
      known.insert(file.path.split(separator: "/").last?.dropLast(".swift".count) ?? "")
      for line in file.lines where line.hasPrefix("struct ") || line.hasPrefix("@Suite") {
        let words = line.split { !$0.isLetter && !$0.isNumber }
        if let at = words.firstIndex(of: "struct"), at + 1 < words.count {
          known.insert(words[at + 1])
        }
      }
    }
    let pages = Self.files(under: "Sources/Domain/Documentation.docc", suffix: ".md")
    #expect(pages.contains { $0.path.hasSuffix("Goals.md") })
    for page in pages {
      let words = Set(page.text.split { !$0.isLetter && !$0.isNumber })
      let missing = words.filter { $0.hasSuffix("Tests") && $0 != "Tests" }.subtracting(known)
      #expect(missing.isEmpty, "\(page.path) names \(missing.sorted())")
    }
  }

  @Test("the change log has unreleased changes first, and the reader's data before all else")
  func changeLog() throws {
    let text = try #require(Self.files(under: ".", suffix: "CHANGELOG.md").first).text
    let headings = text.split(separator: "\n").filter { $0.hasPrefix("#") }
    #expect(headings.dropFirst().first == "## Unreleased")
    #expect(headings.dropFirst(2).first == "### Your data")
  }
}
