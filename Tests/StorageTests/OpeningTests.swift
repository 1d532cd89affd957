import Domain
import Glibc
import Testing

@testable import Storage

@Suite("Opening a store")
struct OpeningTests {
  let folder = TestFolder()
  var path: String { folder.path + "/s.sqlite" }

  /// A store with some content, closed in good order.
  func make() throws {
    let store = try openStore(path)
    for number in 0..<200 { try store.append(.info, "message \(number) of the store") }
    store.close()
  }

  /// Expects that the store is refused, in one sentence, and that its bytes stay.
  func expectRefusal(_ kind: StorageError.Kind, _ words: String) throws {
    let before = try Files.bytes(path)
    let error = #expect(throws: StorageError.self) { _ = try openStore(path) }
    #expect(error?.kind == kind)
    let message = error?.message ?? ""
    #expect(message.contains(words), "\(message)")
    #expect(message.contains(path) && !message.contains("\n"), "\(message)")
    #expect(try Files.bytes(path) == before)
  }

  @Test("a store of a newer program is refused and not touched")
  func newer() throws {
    try make()
    try sqlite(path, "PRAGMA user_version=\(Migrations.current + 1)")
    try expectRefusal(.tooNew, "newer Rentbook")
    #expect(try Files.names(folder.path).filter { $0.hasSuffix(".backup") }.isEmpty)
  }

  @Test("another program's database is refused and not touched")
  func foreign() throws {
    try sqlite(path, "CREATE TABLE theirs (a)", "INSERT INTO theirs VALUES (1)")
    try expectRefusal(.corrupt, "no Rentbook store")
  }

  @Test(
    "a file that is no database is refused and not touched",
    arguments: [1, 3, 16, 100, 511, 5000])
  func text(_ count: Int) throws {
    try Files.write(Array(repeating: UInt8(ascii: "x"), count: count), to: path)
    try expectRefusal(.corrupt, "no store")
  }

  @Test("a store that was cut off is refused and not touched")
  func truncated() throws {
    try make()
    let bytes = try Files.bytes(path)
    try Files.write(Array(bytes.prefix(bytes.count / 2)), to: path)
    try expectRefusal(.corrupt, "damaged")
  }

  @Test("after an end that was none every page is read, and a damaged one refuses the store")
  func damagedPage() throws {
    try make()
    try sqlite(path, "UPDATE store_state SET value = 'open'", "PRAGMA journal_mode=DELETE")
    var bytes = try Files.bytes(path)
    let page = try messagesOffset()
    for index in page..<(page + 4096) { bytes[index] = 0xAA }
    try Files.write(bytes, to: path)
    try expectRefusal(.corrupt, "damaged")
  }

  /// Where the first page of the messages stands in the file.
  func messagesOffset() throws -> Int {
    let connection = try Connection(path: path, access: .readOnly)
    let page = try connection.row("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'") {
      row throws(StorageError) in row.int(0)
    }
    return ((page ?? 1) - 1) * 4096
  }

  @Test("a damaged page of a store that was closed is found by the check, and named")
  func foundByCheck() throws {
    try make()
    try sqlite(path, "PRAGMA journal_mode=DELETE")
    var bytes = try Files.bytes(path)
    let page = try messagesOffset()
    for index in page..<(page + 4096) { bytes[index] = 0xAA }
    try Files.write(bytes, to: path)
    let store = try openStore(path)
    let findings = try store.check()
    #expect(!findings.isEmpty && findings.allSatisfy { $0.rule == "file" })
  }

  @Test("an end without closing loses nothing and the next start says so by checking")
  func uncleanEnd() throws {
    do {
      let store = try openStore(path)
      try store.set("name", to: "kept")
    }
    #expect(try openStore(path).setting("name") == "kept")
  }

  @Test("a folder in the store's place is refused")
  func directory() throws {
    mkdir(path, 0o700)
    let error = #expect(throws: StorageError.self) { _ = try openStore(path) }
    #expect(error?.kind == .cannotOpen)
    #expect(try Files.names(path).isEmpty)
  }

  @Test("a file in the place of a folder is refused")
  func fileAsFolder() throws {
    try Files.write([1], to: folder.path + "/file")
    let error = #expect(throws: StorageError.self) {
      _ = try openStore(folder.path + "/file/s.sqlite")
    }
    #expect(error?.kind == .cannotOpen)
  }

  @Test("missing folders are made for their owner alone, and so is the file")
  func permissions() throws {
    let old = umask(0)
    defer { umask(old) }
    let path = folder.path + "/a/b/s.sqlite"
    let store = try openStore(path)
    try store.set("a", to: "b")
    #expect(Files.permissions(folder.path + "/a") == 0o700)
    #expect(Files.permissions(folder.path + "/a/b") == 0o700)
    for suffix in ["", "-wal", "-shm", "-open"] {
      #expect(Files.permissions(path + suffix) == 0o600, "\(suffix)")
    }
  }

  @Test("a file others could read is closed to them when it is opened")
  func tightened() throws {
    try make()
    chmod(path, 0o644)
    let store = try openStore(path)
    #expect(Files.permissions(path) == 0o600)
    withExtendedLifetime(store) {}
  }

  @Test("a store that may not be written says so")
  func readOnly() throws {
    try make()
    let connection = try Connection(path: path, access: .readOnly)
    let error = #expect(throws: StorageError.self) {
      try connection.run("DELETE FROM settings WHERE name = $1", .text("x"))
    }
    #expect(error?.kind == .readOnly)
    #expect(error?.message.contains("may not be written") == true)
    // The superuser may write anything, so only others can try the whole way.
    guard geteuid() != 0 else { return }
    chmod(path, 0o400)
    try expectRefusal(.readOnly, "may not be written")
  }

  @Test(
    "a full disk refuses the write, keeps what was there, and the store goes on when there is room")
  func fullDisk() throws {
    let store = try openStore(path)
    try store.set("before", to: "kept")
    try store.write { transaction throws(StorageError) in
      try transaction.connection.run("PRAGMA max_page_count=1")
    }
    let error = #expect(throws: StorageError.self) {
      try store.set("big", to: String(repeating: "x", count: 1_000_000))
    }
    #expect(error?.kind == .diskFull)
    #expect(error?.message == "No room is left on the disk of \(path); the write did not happen.")
    #expect(try store.setting("before") == "kept")
    #expect(try store.setting("big") == nil)
    try store.write { transaction throws(StorageError) in
      try transaction.connection.run("PRAGMA max_page_count=1000000")
    }
    try store.set("big", to: "there")
    #expect(try store.setting("big") == "there")
    #expect(try store.check().isEmpty)
  }

  @Test("what a first start left that ended at once is taken for a new store")
  func halfMade() throws {
    try Files.write([], to: path)
    #expect(try openStore(path).check().isEmpty)
    let second = folder.path + "/t.sqlite"
    try sqlite(second, "PRAGMA application_id=\(StoreFile.applicationID)")
    #expect(try openStore(second).check().isEmpty)
  }

  @Test("closing leaves one file, and nothing that says the store is open")
  func closing() throws {
    try make()
    #expect(try Files.names(folder.path) == ["s.sqlite"])
  }
}

@Suite("Migrations")
struct MigrationTests {
  let folder = TestFolder()
  var path: String { folder.path + "/s.sqlite" }

  static let next = Migrations.current + 1

  /// The released steps and two more.
  static func steps(second: [String] = ["INSERT INTO extra VALUES (2)"]) -> [Migration] {
    Migrations.all + [
      Migration(
        version: next, name: "more",
        statements: ["CREATE TABLE extra (a INTEGER) STRICT", "INSERT INTO extra VALUES (1)"]),
      Migration(version: next + 1, name: "and more", statements: second),
    ]
  }

  func open(_ migrations: [Migration]) throws(StorageError) -> [String] {
    let storeGuard = try StoreFile.enter(path)
    let connection = try StoreFile.open(
      path, storeGuard, now: TestStore.now, migrations: migrations)
    return try connection.rows("SELECT a FROM extra ORDER BY a") { row throws(StorageError) in
      row.text(0)
    }
  }

  func backups() throws -> [String] {
    try Files.names(folder.path).filter { $0.hasSuffix(".backup") }
  }

  func version(_ path: String) throws -> Int? {
    try Connection(path: path, access: .readOnly).row("PRAGMA user_version") {
      row throws(StorageError) in row.int(0)
    }
  }

  @Test("an older store is copied first, then takes each step once")
  func steps() throws {
    do {
      let store = try openStore(path)
      try store.set("name", to: "old")
      store.close()
    }
    #expect(try open(Self.steps()) == ["1", "2"])
    #expect(try open(Self.steps()) == ["1", "2"])
    let copies = try backups()
    #expect(copies.count == 1)
    let copy = folder.path + "/" + (copies.first ?? "")
    #expect(try version(copy) == Migrations.current)
    #expect(Files.permissions(copy) == 0o600)
    let old = try openStore(copy)
    #expect(try old.setting("name") == "old")
  }

  @Test("a step that fails leaves the store at the step before, whole, and can be tried again")
  func failing() throws {
    do {
      let store = try openStore(path)
      try store.set("name", to: "old")
      store.close()
    }
    let broken = Self.steps(second: [
      "INSERT INTO extra VALUES (2)", "INSERT INTO nowhere VALUES (1)",
    ])
    let error = #expect(throws: StorageError.self) { _ = try open(broken) }
    #expect(error?.message.contains("nowhere") == true)
    #expect(try version(path) == Self.next)
    #expect(try open(Self.steps()) == ["1", "2"])
  }

  @Test("a first step that fails leaves the old version")
  func failingFirst() throws {
    do { try openStore(path).close() }
    let broken =
      Migrations.all + [
        Migration(
          version: Self.next, name: "broken",
          statements: ["CREATE TABLE half (a INTEGER) STRICT", "THIS IS NO SQL"])
      ]
    #expect(throws: StorageError.self) { _ = try open(broken) }
    #expect(try version(path) == Migrations.current)
    let store = try openStore(path)
    #expect(try store.tableCounts().contains { $0.table == "half" } == false)
    #expect(try store.check().isEmpty)
  }

  @Test("a store that another program has open is not converted under it")
  func inUse() throws {
    let store = try openStore(path)
    let error = #expect(throws: StorageError.self) { _ = try open(Self.steps()) }
    #expect(error?.kind == .busy)
    #expect(try version(path) == Migrations.current)
    #expect(try backups().isEmpty)
    store.close()
  }
}
