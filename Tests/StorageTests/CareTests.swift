import Background
import Domain
import Glibc
import Testing

@testable import Storage

@Suite("Care of the store")
struct CareTests {
  let test: TestStore
  var copy: String { test.folder.path + "/copy" }

  init() throws {
    test = try TestStore()
    try test.store.set("name", to: "first")
  }

  @Test("a backup is whole, for its owner alone, and made while others write")
  func whileWriting() throws {
    let (store, findings) = (test.store, ConcurrencyTests.Findings())
    let writer = Worker(name: "writer") {
      for number in 0..<100 { findings.noting { try store.append(.info, "\(number)") } }
    }
    try store.backup(to: copy)
    writer.join()
    #expect(findings.all == [])
    #expect(Files.permissions(copy) == 0o600)
    let opened = try openStore(copy)
    #expect(try opened.check().isEmpty)
    #expect(try opened.setting("name") == "first")
    // Whole transactions only: the messages of a moment, without a gap.
    let texts = try opened.messages(limit: 1000).map(\.text).reversed()
    #expect(Array(texts) == (0..<texts.count).map { "\($0)" })
  }

  @Test("a backup never replaces a file, and one that fails leaves none")
  func refusedBackup() throws {
    try Files.write([1, 2, 3], to: copy)
    #expect(throws: StorageError.self) { try test.store.backup(to: copy) }
    #expect(try Files.bytes(copy) == [1, 2, 3])
    let names = try Files.names(test.folder.path)
    let error = #expect(throws: StorageError.self) {
      try test.store.backup(to: test.folder.path + "/none/copy")
    }
    #expect(error?.kind == .cannotOpen)
    #expect(try Files.names(test.folder.path) == names)
  }

  @Test("restoring puts the copy in place and keeps the old store aside")
  func restore() throws {
    let path = test.folder.path + "/r.sqlite"
    do {
      let store = try openStore(path)
      try store.set("name", to: "old")
      // Not closed in good order, so part of it stands in the log.
    }
    try test.store.backup(to: copy)
    let before = try Files.bytes(copy)
    let kept = try Store.restore(from: copy, to: path)
    #expect(kept == path + ".before-restore-1")
    #expect(try openStore(path).setting("name") == "first")
    #expect(try openStore(kept ?? "").setting("name") == "old")
    #expect(try Files.bytes(copy) == before)
    #expect(Files.permissions(path) == 0o600)
    #expect(try Store.restore(from: copy, to: path) == path + ".before-restore-2")
    #expect(try Store.restore(from: copy, to: test.folder.path + "/new.sqlite") == nil)
  }

  @Test("a store that is open is not replaced")
  func restoreOpen() throws {
    try test.store.backup(to: copy)
    let error = #expect(throws: StorageError.self) {
      _ = try Store.restore(from: copy, to: test.path)
    }
    #expect(error?.kind == .busy)
    try test.store.set("name", to: "second")
    #expect(try openStore(test.path).setting("name") == "second")
  }

  @Test(
    "a copy that cannot be used is refused and the store stays as it was",
    arguments: ["damaged", "foreign", "newer", "text", "missing", "cut off"])
  func refusedCopies(_ what: String) throws {
    let path = test.folder.path + "/r.sqlite"
    do {
      let store = try openStore(path)
      try store.set("name", to: "old")
      store.close()
    }
    for number in 0..<200 { try test.store.append(.info, "message \(number) of the store") }
    try test.store.backup(to: copy)
    switch what {
    case "damaged":
      var bytes = try Files.bytes(copy)
      for index in bytes.count / 2..<bytes.count / 2 + 20_000 { bytes[index] = 0xAA }
      try Files.write(bytes, to: copy)
    case "foreign":
      unlink(copy)
      try sqlite(copy, "CREATE TABLE theirs (a)")
    case "newer": try sqlite(copy, "PRAGMA user_version=99")
    case "text": try Files.write(Array("no store at all".utf8), to: copy)
    case "missing": unlink(copy)
    default: try Files.write(Array(try Files.bytes(copy).prefix(30_000)), to: copy)
    }
    let (bytes, names) = (try Files.bytes(path), try Files.names(test.folder.path))
    let error = #expect(throws: StorageError.self) {
      _ = try Store.restore(from: copy, to: path)
    }
    let kinds: [String: StorageError.Kind] = ["newer": .tooNew, "missing": .cannotOpen]
    #expect(error?.kind == kinds[what] ?? .corrupt, "\(error?.message ?? "")")
    #expect(error?.message.contains(copy) == true, "\(error?.message ?? "")")
    #expect(try Files.bytes(path) == bytes)
    // Reading a file with a log makes SQLite put its index beside it.
    let left = try Files.names(test.folder.path).filter {
      !["copy-wal", "copy-shm"].contains($0)
    }
    #expect(left == names.filter { !["copy-wal", "copy-shm"].contains($0) })
  }

  @Test(
    "the check finds what was planted",
    arguments: [
      (
        "links",
        "PRAGMA foreign_keys=OFF; INSERT INTO units (id, property_id, created_at, updated_at) VALUES ('u', 'none', '', '')"
      ),
      (
        "ledger",
        "DROP TRIGGER transactions_post_update; UPDATE transactions SET posting_state = 'posted'"
      ),
      ("ledger", "UPDATE transactions SET posting_state = 'quarantined' WHERE id = 't'"),
      ("caches", "DELETE FROM owners_list_cache"),
      ("caches", "UPDATE owners_list_cache SET display_name = 'else'"),
      ("caches", "DELETE FROM property_ownerships_cache"),
      ("caches", "UPDATE property_ownerships_cache SET ownership_percentage = '1'"),
      (
        "bank",
        "DROP TRIGGER transactions_is_reconciled; UPDATE transactions SET is_reconciled = 1 WHERE id = 't'"
      ),
      ("bills", "UPDATE bills SET amount = 1"),
      ("bills", "UPDATE transactions SET total_amount = 1 WHERE id = 'c'"),
      (
        "audit",
        """
        INSERT INTO bill_approval_audit (bill_id, at, actor, action, prev_hash, hash)
        VALUES ('b', '', 'eve', 'approve', '', 'h')
        """
      ),
      (
        "bills",
        """
        INSERT INTO bills (id, created_at, updated_at) VALUES ('x', '', '');
        INSERT INTO bill_workflow (bill_id, created_at, updated_at) VALUES ('x', '', '');
        """
      ),
    ])
  func planted(_ rule: String, _ statements: String) throws {
    try test.run(
      "INSERT INTO owners (id, first_name, created_at, updated_at) VALUES ('o', 'Ann', '', '')",
      "INSERT INTO properties (id, created_at, updated_at) VALUES ('p', '', '')",
      "INSERT INTO ownership (id, owner_id, property_id, created_at, updated_at) VALUES ('s', 'o', 'p', '', '')",
      "INSERT INTO transactions (id, created_at, updated_at) VALUES ('t', '', '')",
      """
      INSERT INTO transaction_lines (transaction_id, position, amount, posting_type)
      VALUES ('t', 0, 5, 'Debit')
      """,
      """
      INSERT INTO bills (id, buildium_bill_id, amount, created_at, updated_at)
      VALUES ('b', 1, 500, '', '')
      """,
      """
      INSERT INTO bill_workflow (bill_id, state, approved_at, created_at, updated_at)
      VALUES ('b', 'approved', '', '', '')
      """,
      """
      INSERT INTO transactions (id, transaction_type, total_amount, created_at, updated_at)
      VALUES ('c', 'Check', 500, '', '')
      """, "UPDATE transactions SET posting_state = 'posted' WHERE id = 'c'",
      """
      INSERT INTO bill_applications (id, bill_id, source_transaction_id, source_type,
        applied_amount, applied_at, created_at, updated_at)
      VALUES ('a', 'b', 'c', 'payment', 500, '', '', '')
      """)
    #expect(try test.store.check() == [])
    try sqlite(test.path, statements)
    let findings = try test.store.check()
    #expect(Set(findings.map(\.rule)) == [rule], "\(findings)")
  }
}
