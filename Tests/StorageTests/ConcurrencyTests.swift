import Background
import Domain
import Testing

@testable import Storage

@Suite("Several at once")
struct ConcurrencyTests {
  let folder = TestFolder()
  var path: String { folder.path + "/s.sqlite" }

  /// What threads found, in no order.
  final class Findings: Sendable {
    private let list = Lock<[String]>([])
    func add(_ finding: String) { list.withLock { $0.append(finding) } }
    var all: [String] { list.withLock(\.self) }

    /// Runs `body`, noting an error as a finding.
    func noting(_ body: () throws -> Void) {
      do { try body() } catch { add("\(error)") }
    }
  }

  @Test("four who write and four who read see whole transactions only")
  func wholeTransactions() throws {
    let store = try openStore(path)
    try store.write { transaction throws(StorageError) in
      for name in ["left", "right"] {
        try transaction.connection.run(
          "INSERT INTO settings (name, value) VALUES ($1, '0')", .text(name))
      }
    }
    let (findings, rounds) = (Findings(), 50)
    let writers = (0..<4).map { number in
      Worker(name: "writer \(number)") {
        for _ in 0..<rounds {
          findings.noting {
            try store.write { transaction throws(StorageError) in
              for name in ["left", "right"] {
                try transaction.connection.run(
                  "UPDATE settings SET value = value + 1 WHERE name = $1", .text(name))
              }
            }
          }
        }
      }
    }
    let readers = (0..<4).map { number in
      Worker(name: "reader \(number)") {
        for _ in 0..<(2 * rounds) {
          findings.noting {
            try store.read { connection throws(StorageError) in
              func value(_ name: String) throws(StorageError) -> String? {
                try connection.row("SELECT value FROM settings WHERE name = $1", .text(name)) {
                  row throws(StorageError) in row.text(0)
                }
              }
              let (left, right) = (try value("left"), try value("right"))
              if left != right { findings.add("\(left ?? "") and \(right ?? "")") }
            }
          }
        }
      }
    }
    for worker in writers + readers { worker.join() }
    #expect(findings.all == [])
    #expect(try store.setting("left") == "\(4 * rounds)")
  }

  @Test("two programs on one store both write and read, and lose nothing")
  func twoPrograms() throws {
    let stores = [try openStore(path), try openStore(path)]
    let findings = Findings()
    let workers = stores.enumerated().map { number, store in
      Worker(name: "program \(number)") {
        for index in 0..<50 {
          findings.noting {
            try store.append(.info, "\(number)/\(index)")
            _ = try store.messages(limit: 5)
          }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(findings.all == [])
    for store in stores { #expect(try store.messages(limit: 1000).count == 100) }
  }

  @Test("one program's closing does not take the store from another")
  func closingOne() throws {
    let stores = [try openStore(path), try openStore(path)]
    try stores[0].set("a", to: "1")
    stores[0].close()
    try stores[1].set("a", to: "2")
    #expect(try openStore(path).setting("a") == "2")
  }

  @Test("who cannot write because another program does is told so, and nothing is changed")
  func busy() throws {
    let store = try openStore(path)
    let other = try Connection(path: path, access: .readWrite, busyMilliseconds: 20)
    try store.write { transaction throws(StorageError) in
      try transaction.connection.run("INSERT INTO settings (name, value) VALUES ('a', '1')")
      do throws(StorageError) {
        try other.run("INSERT INTO settings (name, value) VALUES ('b', '1')")
        Issue.record("two wrote at once")
      } catch {
        #expect(error.kind == .busy)
        #expect(error.message.contains("Another program is writing"), "\(error.message)")
      }
      // Reading goes on, of what was there before.
      let count = try other.row("SELECT COUNT(*) FROM settings") { row throws(StorageError) in
        row.int(0)
      }
      #expect(count == 0)
    }
    try other.run("INSERT INTO settings (name, value) VALUES ('b', '1')")
  }

  @Test("every commit is told once to every observer, and a write that failed is not")
  func observers() throws {
    let store = try openStore(path)
    let seen = Lock<[ChangeSet]>([])
    for _ in 0..<2 { store.observe { changes in seen.withLock { $0.append(changes) } } }
    try store.set("a", to: "1")
    try store.append(.info, "text")
    try? store.write { transaction throws(StorageError) in
      transaction.note(.calls)
      try transaction.connection.run("INSERT INTO nowhere VALUES (1)")
    }
    try store.write { _ throws(StorageError) in }
    let topics = seen.withLock { $0.map(\.topics) }
    #expect(topics == [[.settings], [.settings], [.messages], [.messages]])
  }

  @Test("programs that start at the same moment make one store")
  func racingStarts() throws {
    let (findings, path) = (Findings(), path)
    let workers = (0..<6).map { number in
      Worker(name: "start \(number)") {
        findings.noting { try openStore(path).append(.info, "\(number)") }
      }
    }
    for worker in workers { worker.join() }
    #expect(findings.all == [])
    let store = try openStore(path)
    #expect(try store.messages(limit: 10).count == 6)
    #expect(try store.check().isEmpty)
  }

  @Test("programs that start at the same moment on an older store convert it once")
  func racingMigrations() throws {
    do { try openStore(path).close() }
    let (findings, path) = (Findings(), path)
    let workers = (0..<6).map { number in
      Worker(name: "start \(number)") {
        findings.noting {
          let storeGuard = try StoreFile.enter(path)
          let connection = try StoreFile.open(
            path, storeGuard, now: TestStore.now, migrations: MigrationTests.steps())
          let rows = try connection.rows("SELECT a FROM extra") { row throws(StorageError) in
            row.text(0)
          }
          if rows != ["1", "2"] { findings.add("\(rows)") }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(findings.all == [])
    #expect(try Files.names(folder.path).count { $0.hasSuffix(".backup") } == 1)
  }
}
