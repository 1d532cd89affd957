import Domain

@testable import Storage

/// A store with a vendor, two properties, accounts, and payments to be applied; nobody is set up as
/// a user, so everybody may do everything but approve their own.
struct BillFixture {
  let test: TestStore
  var store: Store { test.store }

  static let today = TestStore.now.date

  init() throws {
    test = try TestStore()
    let t = "created_at, updated_at) VALUES"
    func account(_ id: String, _ type: String, _ subType: String, _ more: String = "NULL, 0")
      -> String
    {
      """
      INSERT INTO gl_accounts (id, name, type, sub_type, default_account_name, is_bank_account,
        is_default_gl_account, is_active, \(t) ('\(id)', '\(id)', '\(type)', '\(subType)', \(more),
        1, 1, '', '')
      """
    }
    try test.run(
      account("repairs", "Expense", "OperatingExpenses"),
      account("taxes", "Expense", "OperatingExpenses"),
      account("payables", "Liability", "CurrentLiability", "'Accounts Payable', 0"),
      account("undeposited", "Asset", "CurrentAsset", "'Undeposited Funds', 0"),
      account("bank", "Asset", "CurrentAsset", "NULL, 1"),
      "INSERT INTO bank_accounts (id, name, gl_account, \(t) ('b1', 'Trust', 'bank', '', '')",
      "INSERT INTO vendors (id, name, buildium_vendor_id, \(t) ('v', 'Plumber', 7, '', '')",
      "INSERT INTO vendors (id, name, buildium_vendor_id, \(t) ('w', 'Painter', 8, '', '')",
      "INSERT INTO properties (id, name, buildium_property_id, \(t) ('p', 'Elm St', 1, '', '')",
      "INSERT INTO properties (id, name, buildium_property_id, \(t) ('q', 'Oak St', 2, '', '')")
  }

  static func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits) }

  static func draft(_ amounts: [Int64], vendor: String? = "v", reference: String? = nil)
    -> BillDraft
  {
    BillDraft(
      vendor: vendor, date: today, dueDate: today.adding(days: 30), reference: reference,
      lines: amounts.enumerated().map {
        BillDraft.Line(
          property: $0 % 2 == 0 ? "p" : "q", account: "repairs", amount: money($1))
      })
  }

  /// A draft entered by Ann.
  func create(_ amounts: Int64..., reference: String? = nil) throws -> String {
    try store.createBill(Self.draft(amounts, reference: reference), by: "ann").localID
  }

  /// A bill entered by Ann and approved by Bob.
  func approved(_ amounts: Int64...) throws -> String {
    let id = try store.createBill(Self.draft(amounts), by: "ann").localID
    _ = try store.perform(BillRequest(.submit), on: id, by: "ann")
    _ = try store.perform(BillRequest(.approve), on: id, by: "bob")
    return id
  }

  /// Brings a new bill to a state by the ways there are.
  func bill(in state: BillState) throws -> String {
    let id = try create(50_001)
    func step(_ action: BillAction, _ name: String) throws {
      _ = try store.perform(BillRequest(action, reason: "because"), on: id, by: name)
    }
    switch state {
    case .draft: break
    case .pendingApproval: try step(.submit, "ann")
    case .approved, .voided:
      try step(.submit, "ann")
      try step(.approve, "bob")
      if state == .voided { try step(.void, "bob") }
    case .rejected:
      try step(.submit, "ann")
      try step(.reject, "bob")
    }
    return id
  }

  /// A posted payment, credit or receipt of an amount.
  func transaction(
    _ id: String, _ amount: Int64, _ type: String = "Check", payee: Int? = 7,
    lines: [(account: String, side: String)] = []
  ) throws {
    try test.run(
      """
      INSERT INTO transactions (id, transaction_type, total_amount, date, payee_type, payee_id,
        property_id, provider, provider_transaction_id, created_at, updated_at)
      VALUES ('\(id)', '\(type)', \(amount), '\(Self.today)', 'Vendor',
        \(payee.map(String.init) ?? "NULL"), 'p', 'rentbook', '\(id)', '', '')
      """)
    for (position, line) in lines.enumerated() {
      try test.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, property_id)
        VALUES ('\(id)', \(position), '\(line.account)', 0, \(amount), '\(line.side)', 0, 0, 'p')
        """)
    }
    try test.run("UPDATE transactions SET posting_state = 'posted' WHERE id = '\(id)'")
  }

  func reconcile(_ id: String) throws {
    try test.run(
      """
      INSERT INTO bank_register_state (transaction_id, status, updated_at)
      VALUES ('\(id)', 'reconciled', '')
      ON CONFLICT (transaction_id) DO UPDATE SET status = 'reconciled'
      """)
  }

  func row(_ id: String) throws -> BillRow? {
    try store.bills(asOf: Self.today).first { $0.localID == id }
  }
}
