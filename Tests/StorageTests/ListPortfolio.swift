import Domain

@testable import Storage

/// A small portfolio in which everything occurs: ties, missing values, rows that are gone, names that
/// mean something in patterns.
struct ListPortfolio {
  let test: TestStore
  let reader: ListReader
  static let transactions = 300

  init(seed: UInt64) throws {
    test = try TestStore()
    try Self.fill(test.store, seed)
    reader = try ListReader(test.store)
  }

  /// Inserts a row; nil is NULL.
  private static func insert(
    _ connection: Connection, _ table: String, _ values: [(String, SQLValue?)]
  ) throws(StorageError) {
    let columns = values.map(\.0).joined(separator: ", ")
    let places = values.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    try connection.run(
      "INSERT INTO \(table) (\(columns)) VALUES (\(places))", arguments: values.map(\.1))
  }

  private static func fill(_ store: Store, _ seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    let now = SQLValue.instant(TestStore.now)
    let stamps: [(String, SQLValue?)] = [("created_at", now), ("updated_at", now)]
    func maybe(_ value: SQLValue) -> SQLValue? {
      Int.random(in: 0..<6, using: &random) == 0 ? nil : value
    }
    func word() -> SQLValue {
      .text(
        ["Oak", "oakley", "Pine 100%", "a_b", "Élan", "élan", "Maple \"Court\"", ""].randomElement(
          using: &random) ?? "")
    }
    func amount() -> SQLValue { .integer(Int64.random(in: -5...5, using: &random) * 12_345) }
    func day() -> SQLValue {
      .date(CalendarDate(daysSince1970: 20_000 + Int.random(in: 0..<60, using: &random)))
    }
    func flag() -> SQLValue { .bool(Bool.random(using: &random)) }
    func choice() -> SQLValue {
      .text(["Payment", "Charge", "Check"].randomElement(using: &random) ?? "")
    }
    func one(_ letter: String, of count: Int) -> SQLValue {
      .text("\(letter)\(Int.random(in: 0..<count, using: &random))")
    }
    func gone() -> SQLValue? { Int.random(in: 0..<8, using: &random) == 0 ? now : nil }
    try store.write { transaction throws(StorageError) in
      let db = transaction.connection
      for number in 0..<6 {
        try insert(
          db, "gl_accounts",
          [
            ("id", .text("a\(number)")), ("account_number", .text("\(1000 + number)")),
            ("name", word()), ("type", choice()), ("is_active", maybe(flag())),
            ("parent_gl_account_id", number == 0 ? nil : maybe(.text("a0"))),
          ] + stamps)
      }
      for number in 0..<3 {
        try insert(
          db, "bank_accounts",
          [
            ("id", .text("k\(number)")), ("name", word()), ("buildium_balance", maybe(amount())),
            ("gl_account", .text("a\(number)")), ("is_active", flag()),
          ] + stamps)
      }
      for number in 0..<8 {
        try insert(
          db, "properties",
          [
            ("id", .text("p\(number)")), ("name", maybe(word())), ("city", maybe(word())),
            ("total_units", maybe(.integer(Int64.random(in: 0..<4, using: &random)))),
            ("reserve", maybe(amount())), ("rental_sub_type", maybe(choice())),
            ("is_active", maybe(flag())), ("deleted_at", number == 7 ? now : nil),
          ] + stamps)
        try insert(
          db, "owners",
          [
            ("id", .text("o\(number)")), ("first_name", maybe(word())),
            ("last_name", maybe(word())),
            ("management_agreement_start_date", maybe(day())), ("is_active", flag()),
          ] + stamps)
        try insert(
          db, "ownership",
          [
            ("id", .text("s\(number)")), ("owner_id", one("o", of: number + 1)),
            ("property_id", .text("p\(number)")), ("effective_to", nil),
            ("ownership_percentage", .text("50")),
          ] + stamps)
        try insert(
          db, "vendors",
          [("id", .text("v\(number)")), ("name", maybe(word())), ("is_active", flag())] + stamps)
      }
      for number in 0..<30 {
        try insert(
          db, "units",
          [
            ("id", .text("u\(number)")), ("buildium_unit_id", .int(number)),
            ("property_id", maybe(one("p", of: 8))),
            ("unit_number", .text("\(number / 2)A")), ("market_rent", maybe(amount())),
            ("is_unit_occupied", maybe(flag())), ("deleted_at", gone()),
          ] + stamps)
        try insert(
          db, "tenants",
          [
            ("id", .text("t\(number)")), ("first_name", maybe(word())),
            ("last_name", maybe(word())),
            ("email", maybe(word())), ("deleted_at", gone()),
          ] + stamps)
        try insert(
          db, "leases",
          [
            ("id", .int(number)), ("buildium_lease_id", maybe(.int(900 + number))),
            ("\"propertyId\"", maybe(one("p", of: 8))),
            ("\"unitId\"", maybe(one("u", of: number + 1))),
            ("unit_number", maybe(word())), ("\"startDate\"", maybe(day())), ("status", choice()),
            ("rent", maybe(amount())), ("\"depositAmt\"", amount()), ("\"createdAt\"", now),
            ("\"updatedAt\"", now), ("deleted_at", gone()),
          ])
        try insert(
          db, "lease_tenants",
          [
            ("lease_id", .int(number)), ("tenant_id", one("t", of: number + 1)),
            ("is_current", flag()),
          ])
        try insert(
          db, "tasks",
          [
            ("id", .text("k\(number)")), ("property_id", maybe(one("p", of: 8))),
            ("subject", maybe(word())), ("due_date", maybe(day())), ("status", maybe(choice())),
            ("deleted_at", gone()),
          ] + stamps)
        try insert(
          db, "work_orders",
          [
            ("id", .text("w\(number)")), ("vendor_id", maybe(one("v", of: 8))),
            ("property_id", maybe(one("p", of: 8))), ("task_id", maybe(one("k", of: number + 1))),
            ("subject", maybe(word())), ("actual_cost", maybe(amount())),
            ("due_date", maybe(day())),
          ] + stamps)
      }
      for number in 0..<60 {
        try insert(
          db, "bills",
          [
            ("id", .text("b\(number)")), ("buildium_bill_id", .int(5000 + number)),
            ("vendor_id", maybe(one("v", of: 8))), ("property_id", maybe(one("p", of: 8))),
            ("date", maybe(day())), ("due_date", maybe(day())), ("amount", maybe(amount())),
            ("description", maybe(word())), ("reference_number", maybe(word())),
            ("deleted_at", gone()),
          ] + stamps)
        try insert(
          db, "bill_lines",
          [
            ("bill_id", .text("b\(number)")), ("position", 0), ("gl_account_id", one("a", of: 6)),
            ("amount", amount()),
          ])
      }
      for number in 0..<Self.transactions {
        try insert(
          db, "transactions",
          [
            ("id", .text("x\(number)")), ("buildium_transaction_id", .int(number)),
            ("date", maybe(day())), ("transaction_type", maybe(choice())),
            ("total_amount", maybe(amount())), ("memo", maybe(word())),
            ("payee_name", maybe(word())), ("reference_number", maybe(word())),
            ("property_id", maybe(one("p", of: 8))), ("unit_id", maybe(one("u", of: 30))),
            ("lease_id", maybe(.int(Int.random(in: 0..<30, using: &random)))),
            ("bill_id", maybe(one("b", of: 60))), ("deleted_at", gone()),
          ] + stamps)
        for position in 0..<2 {
          try insert(
            db, "transaction_lines",
            [
              ("transaction_id", .text("x\(number)")), ("position", .int(position)),
              ("gl_account_id", one("a", of: 6)), ("source_amount", amount()),
            ])
        }
      }
      for number in 0..<20 {
        try insert(
          db, "bill_approval_audit",
          [
            ("bill_id", one("b", of: 60)), ("at", .instant(TestStore.now)), ("actor", word()),
            ("action", choice()), ("prev_hash", ""), ("hash", .text("h\(number)")),
          ])
        try transaction.append(.info, "message \(number)", hint: "", key: nil)
        try insert(
          db, number % 2 == 1 ? "buildium_api_log" : "airtable_api_log",
          [
            ("id", .text("c\(number)")), ("endpoint", .text("/v1/bills/\(5000 + number)")),
            ("method", "GET"), ("response_status", maybe(.int(200 + number % 3))),
            ("duration_ms", .int(number % 4)), ("created_at", now),
          ])
        try insert(
          db, "jobs",
          [
            ("kind", "pull"), ("service", "buildium"), ("resource", .text("r\(number)")),
            ("state", "done"), ("priority", 0), ("created_at", now),
          ])
        try insert(
          db, "reconciliation_differences",
          [
            ("id", .text("buildium/units/\(number) rent")), ("resource", "units"),
            ("record_key", .text("buildium/units/\(number)")), ("title", "Unit A"),
            ("field", "rent"), ("left_value", "1"), ("right_value", "2"), ("standing", "differs"),
            ("reason", "unknown"), ("note", "changed"), ("found_at", now),
          ])
      }
    }
  }
}
