import FoundationEssentials
import Testing

@testable import Storage

@Suite("The table of invariants")
struct InvariantTableTests {
  private static let path =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Sources/Domain/Documentation.docc/Invariants.md"

  private static func rows() throws -> [[String]] {
    let data = try #require(FileManager.default.contents(atPath: path))
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("| I") }
      .map { row in
        row.split(separator: "|").map { cell in
          String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
      }
  }

  @Test("every rule from I1 to I60 stands in it once, with what keeps it")
  func complete() throws {
    let rows = try Self.rows()
    #expect(
      rows.map { $0[0].split(separator: " ").first.map(String.init) } == (1...60).map { "I\($0)" })
    for row in rows { #expect(row.count == 3 && row[1].count + row[2].count > 0, "\(row)") }
  }

  @Test("every trigger it names is in the database, and every trigger on bills is in it")
  func triggers() throws {
    let known = Set(
      try SchemaTests.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'").map { $0[0] })
    var named: Set<String> = []
    for row in try Self.rows() {
      // Names stand between backquotes: every second part.
      let parts = row[1].split(separator: "`", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() where index % 2 == 1 { named.insert(String(part)) }
    }
    #expect(named.subtracting(known) == [])
    let ours = known.filter { name in
      ["bill", "deposit_", "bank_", "transactions_", "vendor_credit"].contains {
        name.hasPrefix($0)
      }
        // What a search finds is no rule.
        && !name.hasPrefix("transactions_words_")
    }
    #expect(ours.subtracting(named).sorted() == [])
  }
}
