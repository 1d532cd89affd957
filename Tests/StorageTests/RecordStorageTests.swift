import Domain
import Testing

@testable import Storage

@Suite("Records in the store")
struct RecordStorageTests {
  /// Stores records of every resource that link to each other; what was stored, by key.
  func fill(_ store: Store, seed: UInt64, order: [Resource]) throws -> [RemoteKey: Record] {
    var generator = RecordGenerator(random: SeededRandom(state: seed))
    var keys: [Resource: [RemoteKey]] = [:]
    for resource in Resource.allCases {
      keys[resource] = (1...3).map {
        let id =
          [.billPayments, .bankTransactions].contains(resource) ? "\($0):\($0 + 50)" : "\($0)"
        return RemoteKey(.buildium, resource, id)
      }
    }
    var stored: [RemoteKey: Record] = [:]
    for resource in order {
      for key in keys[resource] ?? [] {
        let record = generator.record(resource, links: keys)
        stored[key] = record
        try store.writeSync { records throws(StorageError) in
          let id = try records.store(RemoteRecord(key: key, record: record, source: "{}"))
          try records.sync.agree(
            key, localID: id, base: "{}", hash: "x", updatedAt: nil, run: 1, at: records.now)
        }
      }
    }
    try store.writeSync { records throws(StorageError) in _ = try records.resolveLinks() }
    return stored
  }

  @Test(
    "a record is read back as it was written, in whatever order parents and children came",
    arguments: [1, 2, 3, 4, 5] as [UInt64])
  func roundTrip(_ seed: UInt64) throws {
    let test = try TestStore()
    var random = SeededRandom(state: seed)
    let order = Resource.allCases.shuffled(using: &random)
    let stored = try fill(test.store, seed: seed, order: order)
    for (key, record) in stored {
      let read = try test.store.readSync { state throws(StorageError) in
        guard let row = try state.source(key) else { return nil as Record? }
        return try state.record(key.resource, row.localID)
      }
      #expect(read?.json == record.json, "seed \(seed), \(key)")
    }
    #expect(
      try test.store.read { connection throws(StorageError) in
        try connection.row("SELECT COUNT(*) FROM unresolved_references") {
          row throws(StorageError) in row.int(0)
        }
      } == 0)
  }

  @Test("storing the same records again leaves the same rows")
  func repeated() throws {
    let test = try TestStore()
    _ = try fill(test.store, seed: 7, order: Resource.allCases)
    let before = try counts(test.store)
    _ = try fill(test.store, seed: 7, order: Resource.allCases)
    let after = try counts(test.store)
    #expect(after.filter { before[$0.key] != $0.value }.isEmpty, "\(before)")
  }

  func counts(_ store: Store) throws -> [String: Int] {
    try store.read { connection throws(StorageError) in
      let tables = try connection.rows(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
      ) { row throws(StorageError) in row.text(0) }
      var result: [String: Int] = [:]
      for table in tables {
        result[table] = try connection.row("SELECT COUNT(*) FROM \"\(table)\"") {
          row throws(StorageError) in row.int(0)
        }
      }
      return result
    }
  }

  @Test("a secret is not on disk in clear")
  func sealing() throws {
    let test = try TestStore()
    let key = RemoteKey(.buildium, .tenants, "1")
    try test.store.writeSync { records throws(StorageError) in
      _ = try records.store(
        RemoteRecord(key: key, record: Record(.tenants, ["tax_id": .text("123-45-6789")])))
    }
    let stored = try test.store.read { connection throws(StorageError) in
      try connection.row("SELECT tax_id FROM tenants") { row throws(StorageError) in row.blob(0) }
    }
    #expect(stored != nil && !String(decoding: stored ?? [], as: UTF8.self).contains("6789"))
  }
}

@Suite("Postings")
struct PostingTests {
  func ledger() throws -> TestStore {
    let test = try TestStore()
    try test.store.writeSync { records throws(StorageError) in
      func put(_ resource: Resource, _ id: String, _ fields: FieldValues) throws(StorageError) {
        let key = RemoteKey(.buildium, resource, id)
        let local = try records.store(RemoteRecord(key: key, record: Record(resource, fields)))
        try records.sync.agree(
          key, localID: local, base: "{}", hash: "", updatedAt: nil, run: 1, at: records.now)
      }
      for (id, name, type) in [
        ("1", "Accounts Receivable", "Asset"), ("2", "Accounts Payable", "Liability"),
        ("3", "Rent Income", "Income"), ("4", "Undeposited Funds", "Asset"),
        ("10", "Operating Trust", "Asset"), ("11", "Repairs", "Expense"),
      ] {
        try put(
          .glAccounts, id,
          ["name": .text(name), "type": .text(type), "default_account_name": .text(name)])
      }
      try put(
        .bankAccounts, "1", ["gl_account": .reference(RemoteKey(.buildium, .glAccounts, "10"))])
      try put(
        .properties, "7",
        ["operating_bank_account_id": .reference(RemoteKey(.buildium, .bankAccounts, "1"))])
    }
    return test
  }

  func line(_ account: String, _ cents: Int64, cash: Bool) -> FieldValues {
    [
      "gl_account_id": .reference(RemoteKey(.buildium, .glAccounts, account)),
      "source_amount": .money(Money(minorUnits: cents)), "is_cash_posting": .boolean(cash),
      "entity_type": .text("Rental"), "entity_id": .integer(7),
      "property_id": .reference(RemoteKey(.buildium, .properties, "7")),
    ]
  }

  @Test(
    "the leg Buildium leaves out is added, and the transaction balances in each basis",
    arguments: [
      ("Charge", "3", false, "Accounts Receivable Debit 100"),
      ("Payment", "3", true, "Undeposited Funds Debit 100"),
      ("Bill", "11", false, "Accounts Payable Credit 100"),
      ("Check", "11", true, "Operating Trust Credit 100"),
      ("ReversePayment", "3", true, "Operating Trust Credit 100"),
    ])
  func missingLeg(_ type: String, _ account: String, _ isCash: Bool, _ expected: String) throws {
    let test = try ledger()
    try store(test, type, [line(account, 100, cash: isCash)])
    #expect(try legs(test) == [expected])
    #expect(try state(test) == "posted")
  }

  @Test("a transaction of a type that is not known is set apart, and so is a half-known one")
  func quarantine() throws {
    let test = try ledger()
    try store(test, "Mystery", [line("3", 100, cash: false)])
    #expect(try state(test) == "quarantined")
    try store(test, "Charge", [line("99", 100, cash: false)])
    #expect(try state(test) == "quarantined")
    try store(test, "Charge", [line("3", 100, cash: false)])
    #expect(try state(test) == "posted")
  }

  @Test("a journal entry that balances gets no leg")
  func journal() throws {
    let test = try ledger()
    try store(
      test, "GeneralJournalEntry", [line("10", 500, cash: false), line("3", 500, cash: false)])
    #expect(try legs(test).isEmpty)
    #expect(try state(test) == "posted")
  }

  @Test("the database refuses to post what does not balance, and to change what is posted")
  func refusals() throws {
    let test = try ledger()
    try store(test, "Charge", [line("3", 100, cash: false)])
    for statement in [
      "UPDATE transaction_lines SET amount = 99 WHERE is_derived = 1",
      "DELETE FROM transaction_lines",
      "INSERT INTO transaction_lines (transaction_id, position) SELECT id, 9 FROM transactions",
      """
      INSERT INTO transactions (id, provider, posting_state, created_at, updated_at)
      VALUES ('x', 'rentbook', 'posted', '', '')
      """,
    ] {
      let error = #expect(throws: StorageError.self) {
        try test.store.write { transaction throws(StorageError) in
          try transaction.connection.run(statement)
        }
      }
      #expect(error?.kind == .constraint)
    }
    #expect(throws: StorageError.self) {
      try test.store.write { transaction throws(StorageError) in
        try transaction.connection.run("UPDATE transactions SET posting_state = 'unposted'")
        try transaction.connection.run("DELETE FROM transaction_lines WHERE is_derived = 1")
        try transaction.connection.run("UPDATE transactions SET posting_state = 'posted'")
      }
    }
  }

  func store(_ test: TestStore, _ type: String, _ lines: [FieldValues]) throws {
    let key = RemoteKey(.buildium, .transactions, "500")
    try test.store.writeSync { records throws(StorageError) in
      let id = try records.store(
        RemoteRecord(
          key: key, record: Record(.transactions, ["transaction_type": .text(type)], lines: lines)))
      try records.sync.agree(
        key, localID: id, base: "{}", hash: "", updatedAt: nil, run: 1, at: records.now)
    }
  }

  func legs(_ test: TestStore) throws -> [String] {
    try test.store.read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT a.name || ' ' || l.posting_type || ' ' || l.amount FROM transaction_lines l
        JOIN gl_accounts a ON a.id = l.gl_account_id WHERE l.is_derived = 1
        """
      ) { row throws(StorageError) in row.text(0) }
    }
  }

  func state(_ test: TestStore) throws -> String? {
    try test.store.read { connection throws(StorageError) in
      try connection.row("SELECT posting_state FROM transactions") { row throws(StorageError) in
        row.text(0)
      }
    }
  }
}
