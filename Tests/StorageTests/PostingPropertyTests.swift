import Domain
import Testing

@testable import Storage

@Suite("Postings of any transaction")
struct PostingPropertyTests {
  /// Accounts, two properties with a bank account each, and a company with neither.
  static func ledger() throws -> TestStore {
    let test = try TestStore()
    try test.store.writeSync { records throws(StorageError) in
      for (id, name, type) in [
        ("1", "Accounts Receivable", "Asset"), ("2", "Accounts Payable", "Liability"),
        ("3", "Rent Income", "Income"), ("4", "Undeposited Funds", "Asset"),
        ("10", "Operating Trust", "Asset"), ("11", "Repairs", "Expense"),
        ("12", "Second Trust", "Asset"), ("13", "Owner Equity", "Equity"),
        ("14", "Depreciation taken", "Asset"),
      ] {
        try put(
          records, .glAccounts, id,
          [
            "name": .text(name), "type": .text(type), "default_account_name": .text(name),
            "is_contra_account": .boolean(id == "14"),
          ])
      }
      for (id, account) in [("1", "10"), ("2", "12")] {
        try put(records, .bankAccounts, id, ["gl_account": link(.glAccounts, account)])
        try put(
          records, .properties, "\(id)0", ["operating_bank_account_id": link(.bankAccounts, id)])
      }
    }
    return test
  }

  static func link(_ resource: Resource, _ id: String) -> FieldValue {
    .reference(RemoteKey(.buildium, resource, id))
  }

  static func put(
    _ records: SyncRecords, _ resource: Resource, _ id: String, _ fields: FieldValues,
    lines: [FieldValues] = []
  ) throws(StorageError) {
    let key = RemoteKey(.buildium, resource, id)
    let local = try records.store(
      RemoteRecord(key: key, record: Record(resource, fields, lines: lines)))
    try records.sync.agree(
      key, localID: local, base: "{}", hash: "", updatedAt: nil, run: 1, at: records.now)
  }

  static func line(
    _ account: String?, _ cents: Int64?, property: String? = "10", cash: Bool = false
  ) -> FieldValues {
    var line: FieldValues = ["is_cash_posting": .boolean(cash)]
    if let account { line["gl_account_id"] = link(.glAccounts, account) }
    if let cents { line["source_amount"] = .money(Money(minorUnits: cents)) }
    // The company and a property may have the same number.
    line["entity_type"] = .text(property == nil ? "Company" : "Rental")
    line["entity_id"] = .integer(property.flatMap { Int64($0) } ?? 10)
    if let property { line["property_id"] = link(.properties, property) }
    return line
  }

  func store(
    _ test: TestStore, _ type: String, _ lines: [FieldValues], id: String = "500",
    bank: String? = nil
  ) throws {
    try test.store.writeSync { records throws(StorageError) in
      var fields: FieldValues = ["transaction_type": .text(type)]
      if let bank { fields["bank_gl_account_id"] = Self.link(.glAccounts, bank) }
      try Self.put(records, .transactions, id, fields, lines: lines)
    }
  }

  func resolve(_ test: TestStore) throws {
    try test.store.writeSync { records throws(StorageError) in _ = try records.resolveLinks() }
  }

  func state(_ test: TestStore) throws -> String {
    try test.rows("SELECT posting_state FROM transactions").joined()
  }

  func derived(_ test: TestStore) throws -> [String] {
    try test.rows(
      """
      SELECT a.name, l.posting_type, l.amount, l.entity_type, l.entity_id FROM transaction_lines l
      JOIN gl_accounts a ON a.id = l.gl_account_id WHERE l.is_derived = 1 ORDER BY l.position
      """)
  }

  @Test(
    "whatever comes, what is posted balances in each basis and what does not balance is set apart",
    arguments: [1, 2, 3, 4] as [UInt64])
  func random(_ seed: UInt64) throws {
    let test = try Self.ledger()
    var random = SeededRandom(state: seed)
    let types = [
      "Charge", "Payment", "Bill", "Check", "Credit", "Refund", "VendorCredit", "ReversePayment",
      "OwnerContribution", "GeneralJournalEntry", "ApplyDeposit", "Other", "Deposit",
      "ElectronicFundsTransfer", "Mystery", "",
    ]
    try test.store.writeSync { records throws(StorageError) in
      try records.sync.remember(
        .buildium, SignConvention.memoryName,
        SignConvention.allCases.randomElement(using: &random)?
          .rawValue ?? "")
      for number in 0..<300 {
        let type = types.randomElement(using: &random) ?? ""
        let lines = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          Self.line(
            ["1", "3", "10", "11", "13", "14", "77", nil].randomElement(using: &random) ?? nil,
            Int.random(in: 0..<8, using: &random) == 0
              ? nil : [0, 1, 100, -100, 250, -250].randomElement(using: &random),
            property: ["10", "20", "99", nil].randomElement(using: &random) ?? nil,
            cash: Bool.random(using: &random))
        }
        try Self.put(
          records, .transactions, "\(number % 200)", ["transaction_type": .text(type)],
          lines: lines)
      }
      // Some accounts come late, and what waited for them is tried again.
      try Self.put(records, .glAccounts, "77", ["name": .text("Late"), "type": .text("Expense")])
      _ = try records.resolveLinks()
    }
    let unbalanced = try test.rows(
      """
      SELECT t.buildium_transaction_id, l.is_cash_posting FROM transactions t
      JOIN transaction_lines l ON l.transaction_id = t.id WHERE t.posting_state = 'posted'
      GROUP BY t.id, l.is_cash_posting
      HAVING SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END) <> 0
      """)
    #expect(unbalanced == [], "seed \(seed)")
    let guessed = try test.rows(
      """
      SELECT t.buildium_transaction_id FROM transactions t WHERE t.posting_state = 'posted' AND (
        t.transaction_type = 'Mystery' OR t.transaction_type IS NULL
        OR EXISTS (SELECT 1 FROM transaction_lines l WHERE l.transaction_id = t.id
          AND l.source_amount IS NOT 0 AND (l.posting_type IS NULL OR l.gl_account_id IS NULL)))
      """)
    #expect(guessed == [], "seed \(seed)")
    // A complete entry takes no leg, and every other posted one has each entity in balance.
    let entities = try test.rows(
      """
      SELECT t.buildium_transaction_id FROM transactions t
      JOIN transaction_lines l ON l.transaction_id = t.id
      WHERE t.posting_state = 'posted' AND t.transaction_type IN
        ('Charge', 'Payment', 'Bill', 'Check', 'Credit', 'Refund', 'VendorCredit')
      GROUP BY t.id, l.is_cash_posting, l.entity_type, l.entity_id
      HAVING SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END) <> 0
      """)
    #expect(entities == [], "seed \(seed)")
    let states = Set(try test.rows("SELECT DISTINCT posting_state FROM transactions"))
    #expect(states == ["posted", "quarantined"], "seed \(seed): nothing was tried")
  }

  @Test("a bill over two properties has a leg for each, also when they cancel out")
  func twoProperties() throws {
    let test = try Self.ledger()
    try store(test, "Bill", [Self.line("11", 300), Self.line("11", 200, property: "20")])
    #expect(
      try derived(test) == [
        "Accounts Payable Credit 300 Rental 10", "Accounts Payable Credit 200 Rental 20",
      ])
    try store(
      test, "Check",
      [Self.line("13", 500, cash: true), Self.line("13", -500, property: "20", cash: true)])
    #expect(
      try derived(test) == [
        "Operating Trust Credit 500 Rental 10", "Second Trust Debit 500 Rental 20",
      ])
    #expect(try state(test) == "posted")
  }

  @Test(
    "a journal entry over two properties balances as a whole, and one that does not is set apart")
  func journal() throws {
    let test = try Self.ledger()
    try store(
      test, "GeneralJournalEntry", [Self.line("11", 500), Self.line("3", 500, property: "20")])
    #expect(try derived(test) == [])
    #expect(try state(test) == "posted")
    try store(test, "GeneralJournalEntry", [Self.line("11", 500)])
    #expect(try derived(test) == [])
    #expect(try state(test) == "quarantined")
  }

  @Test("a journal entry tells by itself which way a contra account is signed", arguments: [1, -1])
  func contra(_ sign: Int64) throws {
    let test = try Self.ledger()
    try store(test, "GeneralJournalEntry", [Self.line("11", 500), Self.line("14", 500 * sign)])
    #expect(try state(test) == "posted")
    #expect(
      try test.rows("SELECT posting_type FROM transaction_lines ORDER BY position")
        == ["Debit", "Credit"])
  }

  @Test(
    "a line about nothing needs no account; a line without an amount or an account is not guessed")
  func partialLines() throws {
    let test = try Self.ledger()
    try store(test, "Charge", [Self.line("3", 100), Self.line(nil, 0)])
    #expect(try state(test) == "posted")
    try store(test, "Charge", [Self.line("3", 100), Self.line("3", nil)])
    #expect(try state(test) == "quarantined")
    try store(test, "Charge", [Self.line("3", 100), Self.line(nil, 100)])
    #expect(try state(test) == "quarantined")
    #expect(
      try test.rows("SELECT COUNT(*) FROM transaction_lines WHERE amount IS NOT NULL") == ["0"])
  }

  @Test("a transaction without lines is posted when its type is known, and not guessed otherwise")
  func empty() throws {
    let test = try Self.ledger()
    try store(test, "Deposit", [])
    #expect(try state(test) == "posted")
    try store(test, "Mystery", [])
    #expect(try state(test) == "quarantined")
  }

  @Test("the company's lines are apart from those of a property of the same number")
  func company() throws {
    let test = try Self.ledger()
    try store(
      test, "Check",
      [Self.line("11", 70, cash: true), Self.line("11", 30, property: nil, cash: true)],
      bank: "12")
    #expect(
      try derived(test) == [
        "Second Trust Credit 70 Rental 10", "Second Trust Credit 30 Company 10",
      ])
    // With two bank accounts it is not known which one is the company's.
    try store(test, "Check", [Self.line("11", 30, property: nil, cash: true)], id: "501")
    #expect(
      try test.rows("SELECT posting_state FROM transactions WHERE buildium_transaction_id = 501")
        == ["quarantined"])
  }

  @Test("what was set apart for want of an account is posted when the account comes")
  func lateAccount() throws {
    let test = try Self.ledger()
    try store(test, "Charge", [Self.line("50", 100)])
    #expect(try state(test) == "quarantined")
    try test.store.writeSync { records throws(StorageError) in
      try Self.put(
        records, .glAccounts, "50", ["name": .text("Late Fees"), "type": .text("Income")])
    }
    try resolve(test)
    #expect(try state(test) == "posted")
    #expect(try derived(test) == ["Accounts Receivable Debit 100 Rental 10"])
  }

  @Test("what was set apart for want of a bank account is posted when its property has one")
  func lateBank() throws {
    let test = try Self.ledger()
    try store(test, "Check", [Self.line("11", 100, property: "30", cash: true)])
    #expect(try state(test) == "quarantined")
    try test.store.writeSync { records throws(StorageError) in
      try Self.put(
        records, .properties, "30", ["operating_bank_account_id": Self.link(.bankAccounts, "2")])
    }
    try resolve(test)
    #expect(try derived(test) == ["Second Trust Credit 100 Rental 30"])
  }

  @Test("a transaction given again with part of its fields keeps its type and its postings")
  func partialRecord() throws {
    let test = try Self.ledger()
    try store(test, "Charge", [Self.line("3", 100)])
    try test.store.writeSync { records throws(StorageError) in
      try Self.put(
        records, .transactions, "500", ["memo": .text("late")], lines: [Self.line("3", 100)])
    }
    #expect(try state(test) == "posted")
  }

  @Test("a reconciled transaction takes a new memo in silence and a new amount with a warning")
  func reconciled() throws {
    let test = try Self.ledger()
    try store(test, "Check", [Self.line("11", 100, cash: true)])
    try test.run(
      """
      INSERT INTO bank_register_state (transaction_id, status, updated_at)
      SELECT id, 'reconciled', '' FROM transactions
      """)
    try test.store.writeSync { records throws(StorageError) in
      try Self.put(
        records, .transactions, "500", ["memo": .text("new")],
        lines: [Self.line("11", 100, cash: true)])
    }
    #expect(
      try test.rows("SELECT memo, is_reconciled, posting_state FROM transactions") == [
        "new 1 posted"
      ])
    #expect(try test.store.messages(limit: 5).isEmpty)
    try store(test, "Check", [Self.line("11", 150, cash: true)])
    #expect(try test.rows("SELECT is_reconciled, posting_state FROM transactions") == ["1 posted"])
    let messages = try test.store.messages(limit: 5)
    #expect(messages.map(\.key) == [RemoteKey(.buildium, .transactions, "500")])
    #expect(try test.store.check() == [])
  }

  @Test("two units of a property may swap their numbers")
  func swappedUnits() throws {
    let test = try Self.ledger()
    for numbers in [("1", "2"), ("2", "1")] {
      try test.store.writeSync { records throws(StorageError) in
        for (id, number) in [("1", numbers.0), ("2", numbers.1)] {
          try Self.put(
            records, .units, id,
            ["property_id": Self.link(.properties, "10"), "unit_number": .text(number)])
        }
      }
    }
    #expect(try test.rows("SELECT unit_number FROM units ORDER BY buildium_unit_id") == ["2", "1"])
  }

  @Test("ten thousand transactions of two lines are stored, posted and balanced")
  func many() throws {
    let test = try Self.ledger()
    let clock = ContinuousClock()
    let took = try clock.measure {
      for page in 0..<100 {
        try test.store.writeSync { records throws(StorageError) in
          for index in 0..<100 {
            try Self.put(
              records, .transactions, "\(page * 100 + index)",
              [
                "transaction_type": .text("Bill"),
                "date": .date(CalendarDate(daysSince1970: 20_000)),
              ],
              lines: [Self.line("11", 100), Self.line("11", 250, property: "20")])
          }
        }
      }
    }
    print("10,000 transactions of two lines stored in \(took)")
    #expect(
      try test.rows("SELECT COUNT(*), posting_state FROM transactions GROUP BY 2") == [
        "10000 posted"
      ])
    #expect(try test.store.check() == [])
  }
}
